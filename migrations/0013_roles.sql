ALTER TABLE `admin_tokens` ADD `role` text DEFAULT 'owner' NOT NULL;--> statement-breakpoint
ALTER TABLE `admin_tokens` ADD `last_used_at` integer;--> statement-breakpoint
/* Of tokens that have the same name the oldest keeps it. */
UPDATE `admin_tokens` SET `name` = substr(`name`, 1, 45) || ' #' || `id`
WHERE `revoked_at` IS NULL AND EXISTS (
	SELECT 1 FROM `admin_tokens` AS `older`
	WHERE `older`.`app_id` = `admin_tokens`.`app_id` AND `older`.`name` = `admin_tokens`.`name`
		AND `older`.`revoked_at` IS NULL AND `older`.`id` < `admin_tokens`.`id`
);
--> statement-breakpoint
CREATE UNIQUE INDEX `admin_tokens_name` ON `admin_tokens` (`app_id`,`name`) WHERE revoked_at is null;