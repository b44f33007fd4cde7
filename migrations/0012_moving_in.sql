ALTER TABLE `users` ADD `external_id` text;--> statement-breakpoint
ALTER TABLE `users` ADD `arrival` text;--> statement-breakpoint
CREATE UNIQUE INDEX `users_external` ON `users` (`app_id`,`external_id`) WHERE external_id is not null;
--> statement-breakpoint
CREATE TABLE `kept_answers` (
	`app_id` text NOT NULL,
	`caller` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`request_id` text NOT NULL,
	`at` integer NOT NULL,
	`answer` text,
	PRIMARY KEY(`app_id`, `caller`, `key`)
);
--> statement-breakpoint
CREATE INDEX `kept_answers_age` ON `kept_answers` (`at`);
--> statement-breakpoint
/* An app that is closed here keeps no answers here: see the triggers on the tables of users. */
CREATE TRIGGER `kept_answers_closed_insert` BEFORE INSERT ON `kept_answers`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `kept_answers_closed_update` BEFORE UPDATE ON `kept_answers`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `kept_answers_closed_delete` BEFORE DELETE ON `kept_answers`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = OLD.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
