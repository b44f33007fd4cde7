CREATE TABLE `databases` (
	`number` integer PRIMARY KEY NOT NULL,
	`size` integer DEFAULT 0 NOT NULL,
	`signals_at` integer DEFAULT 0 NOT NULL,
	`swept_at` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE `apps` ADD `tag` text DEFAULT '' NOT NULL;--> statement-breakpoint
UPDATE `apps` SET `tag` = lower(hex(randomblob(6)));--> statement-breakpoint
CREATE UNIQUE INDEX `apps_tag` ON `apps` (`tag`) WHERE tag <> '';--> statement-breakpoint
ALTER TABLE `moves` ADD `failures` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `moves` ADD `fault` text DEFAULT '' NOT NULL;--> statement-breakpoint
/* Code that knows of no tags makes apps until the new one serves. */
CREATE TRIGGER `apps_tag_insert` AFTER INSERT ON `apps` WHEN NEW.`tag` = ''
BEGIN UPDATE `apps` SET `tag` = lower(hex(randomblob(6))) WHERE `app_id` = NEW.`app_id`; END;
