CREATE TABLE `seen_devices` (
	`user_id` integer NOT NULL,
	`device` text NOT NULL,
	`app_id` text NOT NULL,
	`seen_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `device`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `seen_devices_device` ON `seen_devices` (`device`,`seen_at`);--> statement-breakpoint
CREATE INDEX `seen_devices_age` ON `seen_devices` (`seen_at`);
--> statement-breakpoint
/* An app that is closed here notes no devices here: see the triggers on the tables of users. */
CREATE TRIGGER `seen_devices_closed_insert` BEFORE INSERT ON `seen_devices`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `seen_devices_closed_update` BEFORE UPDATE ON `seen_devices`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `seen_devices_closed_delete` BEFORE DELETE ON `seen_devices`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = OLD.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
