CREATE TABLE `generations` (
	`is_current` integer NOT NULL,
	CONSTRAINT "hub_is_current" CHECK("generations"."is_current" = 1)
);
--> statement-breakpoint
ALTER TABLE `users` ADD `hub_generation` integer DEFAULT 0 NOT NULL;