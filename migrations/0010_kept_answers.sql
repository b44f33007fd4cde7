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