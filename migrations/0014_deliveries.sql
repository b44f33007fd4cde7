CREATE TABLE `webhook_deliveries` (
	`app_id` text NOT NULL,
	`at` integer NOT NULL,
	`id` text NOT NULL,
	`event_id` text NOT NULL,
	`type` text NOT NULL,
	`try` integer NOT NULL,
	`delivered` integer DEFAULT false NOT NULL,
	`status` integer NOT NULL,
	`error` text DEFAULT '' NOT NULL,
	`ms` integer NOT NULL,
	PRIMARY KEY(`app_id`, `at`, `id`)
);
--> statement-breakpoint
CREATE INDEX `webhook_deliveries_age` ON `webhook_deliveries` (`at`);--> statement-breakpoint
CREATE INDEX `webhook_events_dead_of_app` ON `webhook_events` (`app_id`,`dead_at`) WHERE dead_at is not null;
--> statement-breakpoint
/* An app that is closed here keeps no tries here: see the triggers on the tables of users. */
CREATE TRIGGER `webhook_deliveries_closed_insert` BEFORE INSERT ON `webhook_deliveries`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `webhook_deliveries_closed_update` BEFORE UPDATE ON `webhook_deliveries`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `webhook_deliveries_closed_delete` BEFORE DELETE ON `webhook_deliveries`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = OLD.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
