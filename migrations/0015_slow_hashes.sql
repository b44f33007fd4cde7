ALTER TABLE `users` ADD `hash_ms` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `unlisted` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `users_slow` ON `users` (`app_id`,`hash_ms`) WHERE hash_ms > 0;--> statement-breakpoint
/* A user who signs in may have a device from then on. */
CREATE TRIGGER `users_listed_by_token` AFTER INSERT ON `tokens` BEGIN
  UPDATE `users` SET `unlisted` = 0 WHERE `id` = NEW.`user_id` AND `unlisted` = 1;
END;
--> statement-breakpoint
/* So may one whose hub is owed a device. */
CREATE TRIGGER `users_listed_by_signal` AFTER INSERT ON `owed_signals`
WHEN json_extract(NEW.`signal`, '$.kind') = 'device_registered' OR json_array_length(NEW.`signal`, '$.devices') > 0 BEGIN
  UPDATE `users` SET `unlisted` = 0 WHERE `id` = NEW.`user_id` AND `unlisted` = 1;
END;
--> statement-breakpoint
/* So has one whose hub has taken the devices that waited for it. */
CREATE TRIGGER `users_listed_by_arrival` AFTER UPDATE OF `arrival` ON `users`
WHEN OLD.`arrival` IS NOT NULL AND NEW.`arrival` IS NULL AND NEW.`unlisted` = 1 AND json_array_length(OLD.`arrival`, '$.devices') > 0 BEGIN
  UPDATE `users` SET `unlisted` = 0 WHERE `id` = NEW.`id`;
END;
