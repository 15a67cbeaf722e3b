-- migrate:up

-- When a sign-in came back: it is used once. One that ended well is removed, so that only the others are counted.
ALTER TABLE sign_ins ADD COLUMN used timestamptz CHECK (used >= began);

-- migrate:down
-- Undoing is a new migration.
