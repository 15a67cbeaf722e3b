-- migrate:up

-- Who told peer support what they wish for. The reports on appointments that were missed ask it of everybody who had one,
-- and would otherwise read all their journeys for the few that have a wish.
CREATE INDEX transitions_with_wishes ON transitions (id) WHERE journey #>> '{peers,wishes,0}' IS NOT NULL;

-- What ends a silence: the report on silence asks for the first of them after each alert.
CREATE INDEX events_that_end_silence ON events (transition_id, revision, seq) INCLUDE (event, at)
    WHERE event = 'closed' OR (event = 'stood-down' AND step = 'silence');

-- migrate:down
-- Undoing is a new migration.
