/* An app that is closed here keeps no answers here: see the triggers on the tables of users. */
CREATE TRIGGER `kept_answers_closed_insert` BEFORE INSERT ON `kept_answers`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `kept_answers_closed_update` BEFORE UPDATE ON `kept_answers`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = NEW.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
--> statement-breakpoint
CREATE TRIGGER `kept_answers_closed_delete` BEFORE DELETE ON `kept_answers`
WHEN EXISTS (SELECT 1 FROM `closings` WHERE `app_id` = OLD.`app_id` AND `state` IN ('closed', 'undone'))
BEGIN SELECT RAISE(ABORT, 'app_is_closed'); END;
