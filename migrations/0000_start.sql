CREATE TABLE `admin_tokens` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`app_id` text NOT NULL,
	`hash` text NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`app_id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `admin_tokens_hash` ON `admin_tokens` (`hash`);--> statement-breakpoint
CREATE INDEX `admin_tokens_app` ON `admin_tokens` (`app_id`);--> statement-breakpoint
CREATE TABLE `apps` (
	`app_id` text PRIMARY KEY NOT NULL,
	`name` text DEFAULT '' NOT NULL,
	`status` integer DEFAULT 0 NOT NULL,
	`registration` text DEFAULT 'open' NOT NULL,
	`token_ttl` integer NOT NULL,
	`sign_in_policy` text NOT NULL,
	`push_secret` text DEFAULT '' NOT NULL,
	`allowed_origins` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`app_id` text NOT NULL,
	`caller` text NOT NULL,
	`subject` integer,
	`operation` text NOT NULL,
	`at` integer NOT NULL,
	`address` text NOT NULL,
	`request_id` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_app` ON `audit` (`app_id`,`id`);--> statement-breakpoint
CREATE INDEX `audit_age` ON `audit` (`at`);--> statement-breakpoint
CREATE TABLE `bans` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`app_id` text NOT NULL,
	`user_id` integer NOT NULL,
	`reason` text DEFAULT '' NOT NULL,
	`note` text DEFAULT '' NOT NULL,
	`until` integer,
	`banned_at` integer NOT NULL,
	`banned_by` text NOT NULL,
	`lifted_at` integer,
	`lifted_by` text
);
--> statement-breakpoint
CREATE INDEX `bans_user` ON `bans` (`app_id`,`user_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `bans_in_force` ON `bans` (`user_id`) WHERE lifted_at is null;--> statement-breakpoint
CREATE TABLE `groups` (
	`app_id` text NOT NULL,
	`group_id` integer NOT NULL,
	`owner_id` integer NOT NULL,
	PRIMARY KEY(`app_id`, `group_id`),
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`app_id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `owed_signals` (
	`user_id` integer NOT NULL,
	`epoch` integer NOT NULL,
	`app_id` text NOT NULL,
	`signal` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `epoch`)
);
--> statement-breakpoint
CREATE INDEX `owed_signals_age` ON `owed_signals` (`created_at`);--> statement-breakpoint
CREATE TABLE `push_bindings` (
	`user_id` integer NOT NULL,
	`device_sn` integer NOT NULL,
	`app_id` text NOT NULL,
	`notifier_name` text NOT NULL,
	`device_token` text NOT NULL,
	`bound_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `device_sn`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `push_bindings_token` ON `push_bindings` (`app_id`,`notifier_name`,`device_token`);--> statement-breakpoint
CREATE TABLE `push_tags` (
	`user_id` integer NOT NULL,
	`tag` text NOT NULL,
	PRIMARY KEY(`user_id`, `tag`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `tokens` (
	`hash` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`user_id` integer NOT NULL,
	`session_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `tokens_user` ON `tokens` (`user_id`);--> statement-breakpoint
CREATE INDEX `tokens_expiry` ON `tokens` (`expires_at`);--> statement-breakpoint
CREATE TABLE `user_settings` (
	`user_id` integer PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`auth_mode` integer DEFAULT 0 NOT NULL,
	`auth_question` text DEFAULT '' NOT NULL,
	`auth_answer` text DEFAULT '' NOT NULL,
	`auto_download` integer DEFAULT false NOT NULL,
	`group_confirm` integer DEFAULT false NOT NULL,
	`no_push` integer DEFAULT false NOT NULL,
	`no_push_detail` integer DEFAULT false NOT NULL,
	`no_push_start_hour` integer DEFAULT 0 NOT NULL,
	`no_push_end_hour` integer DEFAULT 0 NOT NULL,
	`no_sounds` integer DEFAULT false NOT NULL,
	`push_nick_name` text DEFAULT '' NOT NULL,
	`push_token` text,
	`silence_start_time` integer DEFAULT 0 NOT NULL,
	`silence_end_time` integer DEFAULT 0 NOT NULL,
	`vibratory` integer DEFAULT false NOT NULL,
	`alias` text DEFAULT '' NOT NULL,
	`badge` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `user_settings_push_token` ON `user_settings` (`app_id`,`push_token`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`app_id` text NOT NULL,
	`username` text NOT NULL,
	`username_key` text NOT NULL,
	`password` text NOT NULL,
	`status` integer DEFAULT 0 NOT NULL,
	`disabled_until` integer,
	`epoch` integer DEFAULT 0 NOT NULL,
	`avatar` text DEFAULT '' NOT NULL,
	`nick_name` text DEFAULT '' NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`mobile` text DEFAULT '' NOT NULL,
	`mobile_key` text,
	`email` text DEFAULT '' NOT NULL,
	`email_key` text,
	`public_info` text DEFAULT '' NOT NULL,
	`private_info` text DEFAULT '' NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`app_id`) REFERENCES `apps`(`app_id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_username` ON `users` (`app_id`,`username_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_mobile` ON `users` (`app_id`,`mobile_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_email` ON `users` (`app_id`,`email_key`);--> statement-breakpoint
CREATE INDEX `users_by_id` ON `users` (`app_id`,`id`);