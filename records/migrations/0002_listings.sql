-- migrate:up

-- What the listings read: a step with its person, and a transition with its person.

CREATE VIEW worklist AS
    SELECT s.transition_id, p.local_id, p.given_name, p.family_name, t.pathway, t.team, t.coordinator_id, t.on_hold,
        s.step, s.title, s.kind, s.owner, s.ladder, s.state, s.due, s.opened, s.rung, s.acknowledged_until, s.by_hand,
        ARRAY(SELECT DISTINCT r FROM escalations e CROSS JOIN unnest(e.recipients) AS r
              WHERE e.transition_id = s.transition_id AND e.step = s.step AND e.due = s.due ORDER BY r) AS told
    FROM steps s
    JOIN transitions t ON t.id = s.transition_id
    JOIN people p ON p.id = t.person_id;

CREATE VIEW caseload AS
    SELECT t.id, p.local_id, p.given_name, p.family_name, t.pathway, t.team, t.coordinator_id, t.status, t.on_hold,
        t.started, t.taken_on, t.stage, t.next_due, t.overdue_count, t.highest_rung, t.handover_to, t.exit, t.closed_at,
        t.revision
    FROM transitions t
    JOIN people p ON p.id = t.person_id;

CREATE INDEX transitions_by_status ON transitions (status);
CREATE INDEX transitions_by_hold ON transitions (id) WHERE on_hold;
CREATE INDEX transitions_overdue ON transitions (id) WHERE overdue_count > 0;

-- migrate:down
-- Undoing is a new migration.
