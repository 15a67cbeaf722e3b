-- migrate:up

-- A goodbye, a group, and an absence that was withdrawn before it was covered are outcomes, too.
ALTER TABLE absence_outcomes ALTER COLUMN transition_id DROP NOT NULL;
ALTER TABLE absence_outcomes ADD COLUMN group_id uuid REFERENCES group_sessions;
ALTER TABLE absence_outcomes ADD CONSTRAINT of_somebody_or_a_group CHECK ((transition_id IS NULL) = (group_id IS NOT NULL));
ALTER TABLE absence_outcomes DROP CONSTRAINT one_outcome_of_a_contact;
ALTER TABLE absence_outcomes ADD CONSTRAINT one_outcome_of_a_contact
    UNIQUE NULLS NOT DISTINCT (absence_id, transition_id, group_id, step);
ALTER TABLE absence_outcomes DROP CONSTRAINT absence_outcomes_became_check;
ALTER TABLE absence_outcomes ADD CONSTRAINT absence_outcomes_became_check CHECK (became IN (
    'covered', 'goodbye', 'moved', 'put-back', 'over', 'refused', 'withdrawn', 'group'
));

-- migrate:down
-- Undoing is a new migration.
