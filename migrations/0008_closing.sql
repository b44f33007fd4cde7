/*
 * An app that is closed here changes nothing here, whoever believes what: the write fails as a whole.
 * What is owed may be crossed off all the while, as a signal that is delivered twice does no harm. Records of what was done in
 * the directory are taken, those that hubs pay are not: these have a key.
 */
CREATE TRIGGER `users_closed_insert` BEFORE INSERT ON `users`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `users_closed_update` BEFORE UPDATE ON `users`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `users_closed_delete` BEFORE DELETE ON `users`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = OLD.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `user_settings_closed_insert` BEFORE INSERT ON `user_settings`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `user_settings_closed_update` BEFORE UPDATE ON `user_settings`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `user_settings_closed_delete` BEFORE DELETE ON `user_settings`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = OLD.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `push_tags_closed_insert` BEFORE INSERT ON `push_tags`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = (SELECT `app_id` FROM `users` WHERE `id` = NEW.`user_id`) AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `push_tags_closed_update` BEFORE UPDATE ON `push_tags`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = (SELECT `app_id` FROM `users` WHERE `id` = NEW.`user_id`) AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `push_tags_closed_delete` BEFORE DELETE ON `push_tags`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = (SELECT `app_id` FROM `users` WHERE `id` = OLD.`user_id`) AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `push_bindings_closed_insert` BEFORE INSERT ON `push_bindings`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `push_bindings_closed_update` BEFORE UPDATE ON `push_bindings`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `push_bindings_closed_delete` BEFORE DELETE ON `push_bindings`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = OLD.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `tokens_closed_insert` BEFORE INSERT ON `tokens`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `tokens_closed_update` BEFORE UPDATE ON `tokens`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `tokens_closed_delete` BEFORE DELETE ON `tokens`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = OLD.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `bans_closed_insert` BEFORE INSERT ON `bans`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `bans_closed_update` BEFORE UPDATE ON `bans`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `bans_closed_delete` BEFORE DELETE ON `bans`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = OLD.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `webhook_events_closed_insert` BEFORE INSERT ON `webhook_events`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `webhook_events_closed_update` BEFORE UPDATE ON `webhook_events`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `webhook_events_closed_delete` BEFORE DELETE ON `webhook_events`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = OLD.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `owed_signals_closed_insert` BEFORE INSERT ON `owed_signals`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_closed_insert` BEFORE INSERT ON `audit`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone')) AND NEW.`event_key` IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
