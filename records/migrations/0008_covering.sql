-- migrate:up

-- What became of each contact of somebody who was away. Only added to: what was done is not done otherwise later.
CREATE TABLE absence_outcomes (
    absence_id uuid NOT NULL REFERENCES absences,
    transition_id uuid NOT NULL REFERENCES transitions,
    step text,
    was timestamptz,
    became text NOT NULL CHECK (became IN ('covered', 'moved', 'put-back', 'over', 'refused')),
    staff text[] NOT NULL,
    starts timestamptz,
    goes_on text,
    why text,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT one_outcome_of_a_contact UNIQUE NULLS NOT DISTINCT (absence_id, transition_id, step),
    CONSTRAINT refused_says_why CHECK (became <> 'refused' OR why IS NOT NULL)
);
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON absence_outcomes
    FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to();

-- migrate:down
-- Undoing is a new migration.
