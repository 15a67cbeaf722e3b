-- migrate:up

-- What ends or takes on something late: the report on escalations asks for it of a year's rungs at a time, and nothing
-- else of the events.
CREATE INDEX events_that_end ON events (transition_id, step, at, event)
    WHERE event IN ('acknowledged', 'completed', 'waived', 'cancelled', 'stood-down');

-- migrate:down
-- Undoing is a new migration.
