/* The triggers stand before the users are counted: who registers in between is in the count, and is counted once. */
CREATE TRIGGER `users_counted_in` AFTER INSERT ON `users` BEGIN
  INSERT INTO `user_counts` (`app_id`, `status`, `total`) VALUES (NEW.`app_id`, NEW.`status`, 1)
  ON CONFLICT (`app_id`, `status`) DO UPDATE SET `total` = `total` + 1;
END;
--> statement-breakpoint
CREATE TRIGGER `users_counted_out` AFTER DELETE ON `users` BEGIN
  UPDATE `user_counts` SET `total` = `total` - 1 WHERE `app_id` = OLD.`app_id` AND `status` = OLD.`status`;
END;
--> statement-breakpoint
CREATE TRIGGER `users_counted_over` AFTER UPDATE OF `status`, `app_id` ON `users`
WHEN OLD.`status` <> NEW.`status` OR OLD.`app_id` <> NEW.`app_id` BEGIN
  UPDATE `user_counts` SET `total` = `total` - 1 WHERE `app_id` = OLD.`app_id` AND `status` = OLD.`status`;
  INSERT INTO `user_counts` (`app_id`, `status`, `total`) VALUES (NEW.`app_id`, NEW.`status`, 1)
  ON CONFLICT (`app_id`, `status`) DO UPDATE SET `total` = `total` + 1;
END;
--> statement-breakpoint
/* The count is set, not added to what the triggers have counted meanwhile. WHERE tells SQLite that ON CONFLICT is no join. */
INSERT INTO `user_counts` (`app_id`, `status`, `total`)
SELECT `app_id`, `status`, count(*) FROM `users` WHERE true GROUP BY `app_id`, `status`
ON CONFLICT (`app_id`, `status`) DO UPDATE SET `total` = excluded.`total`;
