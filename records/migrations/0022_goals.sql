-- migrate:up

-- What somebody wants to reach, in their own words: sealed with their own key, so nobody reads it here. A goal keeps its
-- number for good, since ratings are by number.
CREATE TABLE goals (
    transition_id uuid NOT NULL REFERENCES transitions,
    number integer NOT NULL CHECK (number BETWEEN 1 AND 10),
    words bytea NOT NULL CHECK (length(words) > 28),
    weight numeric NOT NULL DEFAULT 1 CHECK (weight > 0 AND weight <= 100),
    set_on date NOT NULL,
    set_by text NOT NULL REFERENCES staff,
    ended_on date CHECK (ended_on >= set_on),
    PRIMARY KEY (transition_id, number)
);

-- Somebody may let their peer worker know what they want to reach.
ALTER TABLE people DROP CONSTRAINT people_shares_check,
    ADD CONSTRAINT people_shares_check CHECK (shares <@ ARRAY['stage', 'dates', 'facts', 'steps', 'goals']);
ALTER TABLE agreements DROP CONSTRAINT agreements_shares_check,
    ADD CONSTRAINT agreements_shares_check CHECK (shares <@ ARRAY['stage', 'dates', 'facts', 'steps', 'goals']);

-- migrate:down
-- Undoing is a new migration.
