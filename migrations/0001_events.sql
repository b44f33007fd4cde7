CREATE TABLE `webhook_events` (
	`id` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`type` text NOT NULL,
	`data` text NOT NULL,
	`created_at` integer NOT NULL,
	`queued_at` integer,
	`dead_at` integer,
	`last_error` text DEFAULT '' NOT NULL
);
--> statement-breakpoint
CREATE INDEX `webhook_events_waiting` ON `webhook_events` (`queued_at`,`created_at`);--> statement-breakpoint
CREATE INDEX `webhook_events_dead` ON `webhook_events` (`app_id`,`dead_at`);--> statement-breakpoint
ALTER TABLE `apps` ADD `device_ttl` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `apps` ADD `webhook_url` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `apps` ADD `webhook_secret` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `audit` ADD `device_sn` integer;--> statement-breakpoint
ALTER TABLE `audit` ADD `reason` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `audit` ADD `event_key` text;--> statement-breakpoint
CREATE INDEX `audit_subject` ON `audit` (`app_id`,`subject`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `audit_event` ON `audit` (`event_key`);