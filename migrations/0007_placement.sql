CREATE TABLE `closings` (
	`app_id` text PRIMARY KEY NOT NULL,
	`move_id` integer NOT NULL,
	`state` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `moves` (
	`app_id` text PRIMARY KEY NOT NULL,
	`id` integer NOT NULL,
	`source` integer NOT NULL,
	`target` integer NOT NULL,
	`phase` text NOT NULL,
	`place` text,
	`copied` integer DEFAULT 0 NOT NULL,
	`audit_until` integer DEFAULT 0 NOT NULL,
	`open_at` integer,
	`started_at` integer NOT NULL,
	`closed_at` integer,
	`opened_at` integer,
	`ended_at` integer
);
--> statement-breakpoint
CREATE INDEX `moves_by_end` ON `moves` (`ended_at`,`started_at`);--> statement-breakpoint
ALTER TABLE `apps` ADD `database` integer DEFAULT 0 NOT NULL;