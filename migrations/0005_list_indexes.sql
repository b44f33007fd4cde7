CREATE TABLE `user_counts` (
	`app_id` text NOT NULL,
	`status` integer NOT NULL,
	`total` integer NOT NULL,
	PRIMARY KEY(`app_id`, `status`)
);
--> statement-breakpoint
DROP INDEX `audit_app`;--> statement-breakpoint
DROP INDEX `audit_subject`;--> statement-breakpoint
CREATE INDEX `audit_caller` ON `audit` (`app_id`,`caller`,`at`) WHERE (caller glob 'admin:*' or caller = 'root');--> statement-breakpoint
CREATE INDEX `audit_operation` ON `audit` (`app_id`,`operation`,`at`) WHERE operation not glob 'session.*';--> statement-breakpoint
CREATE INDEX `audit_app` ON `audit` (`app_id`,`at`);--> statement-breakpoint
CREATE INDEX `audit_subject` ON `audit` (`app_id`,`subject`,`at`);--> statement-breakpoint
CREATE INDEX `bans_app` ON `bans` (`app_id`,`id`);--> statement-breakpoint
CREATE INDEX `users_disabled` ON `users` (`app_id`,`id`) WHERE status = 1;--> statement-breakpoint
CREATE INDEX `users_disabled_until` ON `users` (`app_id`,`disabled_until`) WHERE status = 1 and disabled_until is not null;