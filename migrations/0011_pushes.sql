CREATE TABLE `push_feedback` (
	`app_id` text NOT NULL,
	`result` text NOT NULL,
	`total` integer NOT NULL,
	PRIMARY KEY(`app_id`, `result`)
);
--> statement-breakpoint
ALTER TABLE `push_bindings` ADD `nonce` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `push_bindings` ADD `held_until` integer;--> statement-breakpoint
ALTER TABLE `user_settings` ADD `push_nonce` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `user_settings` ADD `push_bound_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `user_settings` ADD `push_held_until` integer;--> statement-breakpoint
ALTER TABLE `user_settings` ADD `push_session` text;--> statement-breakpoint
CREATE TRIGGER `push_feedback_closed_insert` BEFORE INSERT ON `push_feedback`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `push_feedback_closed_update` BEFORE UPDATE ON `push_feedback`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `push_feedback_closed_delete` BEFORE DELETE ON `push_feedback`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = OLD.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
ALTER TABLE `apps` ADD `time_zone` text DEFAULT 'Asia/Shanghai' NOT NULL;--> statement-breakpoint
ALTER TABLE `user_settings` ADD `time_zone` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `user_settings` ADD `push_schedule` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `user_settings` ADD `snooze_until` integer DEFAULT 0 NOT NULL;