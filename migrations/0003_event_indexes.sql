DROP INDEX `webhook_events_waiting`;--> statement-breakpoint
DROP INDEX `webhook_events_dead`;--> statement-breakpoint
CREATE INDEX `webhook_events_of_app` ON `webhook_events` (`app_id`,`queued_at`,`created_at`) WHERE dead_at is null;--> statement-breakpoint
CREATE INDEX `webhook_events_dead_age` ON `webhook_events` (`dead_at`) WHERE dead_at is not null;--> statement-breakpoint
CREATE INDEX `webhook_events_waiting` ON `webhook_events` (`queued_at`,`created_at`) WHERE dead_at is null;--> statement-breakpoint
CREATE INDEX `webhook_events_dead` ON `webhook_events` (`app_id`,`id`) WHERE dead_at is not null;