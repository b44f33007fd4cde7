/* Ends the bans in force of users that are gone, which their deletion left as they were. */
UPDATE `bans` SET `lifted_at` = unixepoch() * 1000, `lifted_by` = 'deleted'
WHERE `lifted_at` IS NULL AND NOT EXISTS (SELECT 1 FROM `users` WHERE `users`.`id` = `bans`.`user_id`);
