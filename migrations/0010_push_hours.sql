ALTER TABLE `apps` ADD `time_zone` text DEFAULT 'Asia/Shanghai' NOT NULL;--> statement-breakpoint
ALTER TABLE `user_settings` ADD `time_zone` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `user_settings` ADD `push_schedule` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `user_settings` ADD `snooze_until` integer DEFAULT 0 NOT NULL;