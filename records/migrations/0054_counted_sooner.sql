-- migrate:up

-- Whether a contact is one of a peer worker is asked of its step: the steps that are theirs.
CREATE INDEX steps_of_peers ON steps (transition_id, step) WHERE kind = 'peer-contact' OR owner = 'peer-worker';

-- When somebody was seen, by whom and how, in whatever way: the last time before an hour, the first after it.
CREATE INDEX contacts_seen ON contacts (transition_id, at) INCLUDE (step, mechanism, by_role)
    WHERE attendance IN ('5', '6');
DROP INDEX contacts_attended;

-- The scores in the order in which they are paired, each with its number, so that no report has to sort them.
CREATE INDEX measure_scores_in_order
    ON measure_scores (transition_id, instrument, view, version, scale, taken_on, revision) INCLUDE (derived);
DROP INDEX measure_scores_of_transition;

-- migrate:down
-- Undoing is a new migration.
