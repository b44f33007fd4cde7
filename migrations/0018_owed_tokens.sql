CREATE TABLE `owed_tokens` (
	`app_id` text NOT NULL,
	`notifier_name` text NOT NULL,
	`device_token` text NOT NULL,
	`user_id` integer NOT NULL,
	`epoch` integer NOT NULL,
	PRIMARY KEY(`app_id`, `notifier_name`, `device_token`, `user_id`)
);
--> statement-breakpoint
CREATE INDEX `owed_tokens_user` ON `owed_tokens` (`user_id`,`epoch`);--> statement-breakpoint
DROP INDEX `owed_signals_taker`;
--> statement-breakpoint
/*
 * A push token that leaves a user who is owed signals is noted with the last of them, by which the hub will know. What the hub has
 * released itself is noted as well where anything is owed: it does no harm.
 */
CREATE TRIGGER `push_bindings_left_delete` AFTER DELETE ON `push_bindings`
WHEN EXISTS (SELECT 1 FROM `owed_signals` WHERE `user_id` = OLD.`user_id`)
BEGIN
  INSERT INTO `owed_tokens` (`app_id`, `notifier_name`, `device_token`, `user_id`, `epoch`)
  SELECT OLD.`app_id`, OLD.`notifier_name`, OLD.`device_token`, OLD.`user_id`, max(`epoch`) FROM `owed_signals` WHERE `user_id` = OLD.`user_id`
  ON CONFLICT (`app_id`, `notifier_name`, `device_token`, `user_id`) DO UPDATE SET `epoch` = excluded.`epoch`;
END;
--> statement-breakpoint
CREATE TRIGGER `push_bindings_left_update` AFTER UPDATE OF `user_id`, `notifier_name`, `device_token` ON `push_bindings`
WHEN (OLD.`user_id` <> NEW.`user_id` OR OLD.`notifier_name` <> NEW.`notifier_name` OR OLD.`device_token` <> NEW.`device_token`)
  AND EXISTS (SELECT 1 FROM `owed_signals` WHERE `user_id` = OLD.`user_id`)
BEGIN
  INSERT INTO `owed_tokens` (`app_id`, `notifier_name`, `device_token`, `user_id`, `epoch`)
  SELECT OLD.`app_id`, OLD.`notifier_name`, OLD.`device_token`, OLD.`user_id`, max(`epoch`) FROM `owed_signals` WHERE `user_id` = OLD.`user_id`
  ON CONFLICT (`app_id`, `notifier_name`, `device_token`, `user_id`) DO UPDATE SET `epoch` = excluded.`epoch`;
END;
--> statement-breakpoint
CREATE TRIGGER `user_settings_left_delete` AFTER DELETE ON `user_settings`
WHEN OLD.`push_token` IS NOT NULL AND EXISTS (SELECT 1 FROM `owed_signals` WHERE `user_id` = OLD.`user_id`)
BEGIN
  INSERT INTO `owed_tokens` (`app_id`, `notifier_name`, `device_token`, `user_id`, `epoch`)
  SELECT OLD.`app_id`, '', OLD.`push_token`, OLD.`user_id`, max(`epoch`) FROM `owed_signals` WHERE `user_id` = OLD.`user_id`
  ON CONFLICT (`app_id`, `notifier_name`, `device_token`, `user_id`) DO UPDATE SET `epoch` = excluded.`epoch`;
END;
--> statement-breakpoint
CREATE TRIGGER `user_settings_left_update` AFTER UPDATE OF `push_token` ON `user_settings`
WHEN OLD.`push_token` IS NOT NULL AND OLD.`push_token` IS NOT NEW.`push_token`
  AND EXISTS (SELECT 1 FROM `owed_signals` WHERE `user_id` = OLD.`user_id`)
BEGIN
  INSERT INTO `owed_tokens` (`app_id`, `notifier_name`, `device_token`, `user_id`, `epoch`)
  SELECT OLD.`app_id`, '', OLD.`push_token`, OLD.`user_id`, max(`epoch`) FROM `owed_signals` WHERE `user_id` = OLD.`user_id`
  ON CONFLICT (`app_id`, `notifier_name`, `device_token`, `user_id`) DO UPDATE SET `epoch` = excluded.`epoch`;
END;
--> statement-breakpoint
CREATE TRIGGER `owed_signals_taken` AFTER DELETE ON `owed_signals`
BEGIN
  DELETE FROM `owed_tokens` WHERE `user_id` = OLD.`user_id` AND `epoch` <= OLD.`epoch`;
END;
--> statement-breakpoint
/* An app that is closed here notes no push tokens here: see the triggers on the tables of users. */
CREATE TRIGGER `owed_tokens_closed_insert` BEFORE INSERT ON `owed_tokens`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
