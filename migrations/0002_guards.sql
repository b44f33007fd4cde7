CREATE TABLE `guards` (
	`in_force` integer NOT NULL,
	CONSTRAINT "token_in_force" CHECK("guards"."in_force" = 1)
);
