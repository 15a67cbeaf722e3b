-- migrate:up

-- Statistics have some values of a column as they are. Of keys none is kept there, where nobody would destroy it.
ALTER TABLE person_keys ALTER wrapped SET STATISTICS 0;
SELECT pg_clear_attribute_stats('public', 'person_keys', 'wrapped', false);

-- migrate:down
-- Undoing is a new migration.
