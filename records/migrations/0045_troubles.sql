-- migrate:up

-- A change that could not be recorded although the records answered, so that somebody sees it. One row a transition, the
-- latest; it says something for as long as its revision is not recorded.
CREATE TABLE troubles (
    transition_id uuid PRIMARY KEY REFERENCES transitions,
    revision integer NOT NULL CHECK (revision > 0),
    since timestamptz NOT NULL,
    latest timestamptz NOT NULL CHECK (latest >= since),
    why text NOT NULL CHECK (why <> '')
);
CREATE INDEX troubles_by_time ON troubles (latest);

-- migrate:down
-- Undoing is a new migration.
