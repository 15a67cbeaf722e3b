-- migrate:up

-- `jsonb` sorts the keys of an object, and the steps of a journey have an order: that of their definition. Whoever goes
-- on from the records tells of them in the same order as whoever goes on from memory.
ALTER TABLE transitions ALTER COLUMN journey TYPE json USING journey::text::json;

-- migrate:down
-- Undoing is a new migration.
