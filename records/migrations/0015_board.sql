-- migrate:up

-- What operations watch: what is late by team and rung, whom nobody coordinates, what was not delivered. Each is found
-- among the few that it is about, however many transitions there are.

CREATE INDEX steps_late ON steps (ladder, kind, team, rung, due, transition_id, step) WHERE state = 'missed';
CREATE INDEX steps_silence_ahead ON steps (due) WHERE kind = 'silence' AND state = 'planned';

CREATE INDEX transitions_without_coordinator ON transitions (team, taken_on, id)
    WHERE coordinator_id IS NULL AND status <> 'closed';
CREATE INDEX staff_who_left ON staff (id) WHERE NOT active;
-- Whoever has left coordinates nobody, whatever the transition says.
CREATE VIEW without_coordinator AS
    SELECT id, team, taken_on FROM transitions WHERE coordinator_id IS NULL AND status <> 'closed'
    UNION ALL
    SELECT t.id, t.team, t.taken_on FROM staff s JOIN transitions t ON t.coordinator_id = s.id
    WHERE NOT s.active AND t.status <> 'closed';

CREATE INDEX notices_in_doubt ON notices (created_at, id) WHERE email = 'uncertain';
CREATE INDEX visit_notices_to_send ON visit_notices (created_at, id) WHERE email IN ('waiting', 'sending', 'failed');
CREATE INDEX visit_notices_in_doubt ON visit_notices (created_at, id) WHERE email = 'uncertain';
-- What was to be told and is not known to have been: there was nobody to tell, or the e-mail is not known to be out.
-- It is in the inbox of whoever it is for all the same.
CREATE VIEW undelivered AS
    SELECT id, created_at, transition_id, kind, recipient, roles, email AS why, error, claimed_at FROM notices
    WHERE email IN ('waiting', 'sending', 'failed')
    UNION ALL
    SELECT id, created_at, transition_id, kind, recipient, roles, email, error, claimed_at FROM notices
    WHERE email = 'uncertain'
    UNION ALL
    SELECT id, created_at, transition_id, kind, recipient, roles, 'nobody', NULL, NULL FROM notices
    WHERE recipient IS NULL AND email <> 'withdrawn'
    UNION ALL
    SELECT n.id, n.created_at, v.transition_id, 'visit', n.recipient, n.roles, n.email, n.error, n.claimed_at
    FROM visit_notices n JOIN visits v ON v.id = n.visit_id WHERE n.email IN ('waiting', 'sending', 'failed')
    UNION ALL
    SELECT n.id, n.created_at, v.transition_id, 'visit', n.recipient, n.roles, n.email, n.error, n.claimed_at
    FROM visit_notices n JOIN visits v ON v.id = n.visit_id WHERE n.email = 'uncertain'
    UNION ALL
    SELECT n.id, n.created_at, v.transition_id, 'visit', n.recipient, n.roles, 'nobody', NULL, NULL
    FROM visit_notices n JOIN visits v ON v.id = n.visit_id WHERE n.recipient IS NULL
    UNION ALL
    SELECT id, created_at, NULL, 'support', recipient, '{}', 'nobody', NULL, NULL FROM support_alerts
    WHERE recipient IS NULL
    UNION ALL
    SELECT id, created_at, NULL, 'privacy', recipient, '{}', 'nobody', NULL, NULL FROM privacy_alerts
    WHERE recipient IS NULL;

CREATE INDEX absences_that_stand ON absences (ends) WHERE withdrawn_at IS NULL;
CREATE INDEX outcomes_without_cover ON absence_outcomes (recorded_at) WHERE became IN ('refused', 'put-back');

-- The search across all transitions: what is late comes first, then by the next date; or the newest first.
CREATE INDEX transitions_in_time ON transitions (coalesce(next_due, 'infinity'), id) WHERE overdue_count = 0;
CREATE INDEX transitions_by_start ON transitions (started, id);
CREATE INDEX transitions_by_end ON transitions (closed_at, id) WHERE closed_at IS NOT NULL;
CREATE INDEX transitions_by_definition ON transitions (definition, id);
CREATE INDEX transitions_ever_of_coordinator ON transitions (coordinator_id, started);

-- migrate:down
-- Undoing is a new migration.
