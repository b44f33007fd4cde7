ALTER TABLE `users` ADD `external_id` text;--> statement-breakpoint
ALTER TABLE `users` ADD `arrival` text;--> statement-breakpoint
CREATE UNIQUE INDEX `users_external` ON `users` (`app_id`,`external_id`) WHERE external_id is not null;