"""The queries behind the listings, as data: what each answers is its first line, and each has its index."""

TEAMS = """
-- The teams by name.
SELECT name FROM teams
"""
HOLDERS = """
-- Everybody who is named as the holder of something to be done, found by leaping along the index.
WITH RECURSIVE holders AS (
    (SELECT holder FROM steps WHERE state IN ('open', 'missed') AND holder IS NOT NULL ORDER BY holder LIMIT 1)
    UNION ALL
    SELECT (SELECT s.holder FROM steps s WHERE s.state IN ('open', 'missed') AND s.holder > h.holder
            ORDER BY s.holder LIMIT 1)
    FROM holders h WHERE h.holder IS NOT NULL
)
SELECT holder FROM holders WHERE holder IS NOT NULL
"""
TASKS_FOR = """
-- What is to be done by somebody: in the queues of roles they answer for, and as the named holder.
WITH todo AS (
    SELECT k.* FROM unnest($1::text[], $2::text[]) AS q (team, owner) CROSS JOIN LATERAL (
        SELECT s.due, s.transition_id, s.step FROM steps s
        WHERE s.team = q.team AND s.owner = q.owner AND s.holder IS NULL AND s.state IN ('open', 'missed')
            AND (s.due, s.transition_id, s.step) > ($5, $6, $7)
        ORDER BY s.due, s.transition_id, s.step LIMIT $8) k
    UNION
    SELECT k.* FROM unnest($3::text[], $4::text[]) AS q (holder, team) CROSS JOIN LATERAL (
        SELECT s.due, s.transition_id, s.step FROM steps s
        WHERE s.holder = q.holder AND (q.team IS NULL OR s.team = q.team) AND s.state IN ('open', 'missed')
            AND (s.due, s.transition_id, s.step) > ($5, $6, $7)
        ORDER BY s.due, s.transition_id, s.step LIMIT $8) k
    UNION
    SELECT s.due, s.transition_id, s.step FROM transitions t
    JOIN steps s ON s.transition_id = t.id AND s.holder = t.coordinator_id AND s.state IN ('open', 'missed')
    WHERE t.overlap_coordinator_id = ANY ($3::text[]) AND t.overlap_until > $9
        AND (s.due, s.transition_id, s.step) > ($5, $6, $7)
    ORDER BY due, transition_id, step LIMIT $8
)
SELECT w.* FROM todo JOIN worklist w USING (transition_id, step)
ORDER BY w.due, w.transition_id, w.step
"""
OVERDUE = """
-- What is past due and not done, anywhere.
SELECT * FROM worklist WHERE state = 'missed' AND (due, transition_id, step) > ($1, $2, $3)
ORDER BY due, transition_id, step LIMIT $4
"""
OVERDUE_IN_TEAM = """
-- What is past due and not done, in a team.
WITH late AS (
    SELECT s.due, s.transition_id, s.step FROM steps s
    WHERE s.team = $5 AND s.state = 'missed' AND (s.due, s.transition_id, s.step) > ($1, $2, $3)
    ORDER BY s.due, s.transition_id, s.step LIMIT $4
)
SELECT w.* FROM late JOIN worklist w USING (transition_id, step) ORDER BY w.due, w.transition_id, w.step
"""
PEOPLE_OF = """
-- The people whom somebody coordinates, the next deadline first.
SELECT * FROM caseload WHERE coordinator_id = $1 AND status <> 'closed'
    AND (coalesce(next_due, 'infinity'), id) > ($2, $3)
ORDER BY coalesce(next_due, 'infinity'), id LIMIT $4
"""
FIND = """
-- The transitions of a person, the open one first.
SELECT * FROM caseload WHERE local_id_blind = $1 ORDER BY status = 'closed', started DESC
"""
BY_ID = """
-- The transitions whose ids lie between two.
SELECT id FROM transitions WHERE id BETWEEN $1 AND $2 LIMIT 2
"""
TRANSITION = """
-- One transition with its whole journey and the rules it runs by.
SELECT c.*, readable(t.id, t.journey) AS journey, d.canonical AS definition
FROM caseload c JOIN transitions t ON t.id = c.id LEFT JOIN definitions d ON d.digest = t.definition
WHERE c.id = $1
"""
HISTORY = """
-- What happened on a transition, from the beginning.
SELECT e.revision, e.seq, e.event, e.step, readable_with(k, s.title) AS title, e.at, e.said_at, e.recorded_at,
    e.command_id, e.command, e.role, e.staff, readable_with(k, e.reason) AS reason,
    readable_with(k, e.payload) AS payload
FROM events e JOIN transitions t ON t.id = e.transition_id LEFT JOIN person_keys k ON k.person_id = t.person_id
LEFT JOIN steps s ON s.transition_id = e.transition_id AND s.step = e.step
WHERE e.transition_id = $1 AND (e.revision, e.seq) > ($2, $3)
ORDER BY e.revision, e.seq LIMIT $4
"""
INBOX = """
-- What somebody was told, the latest first: of transitions, visits, support, privacy; operations also what nobody was.
WITH of_transitions AS (
    (SELECT n.* FROM notices n WHERE n.recipient = $1 AND n.email <> 'withdrawn' AND (n.created_at, n.id) < ($3, $4)
     ORDER BY n.created_at DESC, n.id DESC LIMIT $5)
    UNION ALL
    (SELECT n.* FROM notices n WHERE $2 AND n.recipient IS NULL AND n.email <> 'withdrawn'
        AND (n.created_at, n.id) < ($3, $4)
     ORDER BY n.created_at DESC, n.id DESC LIMIT $5)
), of_visits AS (
    (SELECT n.* FROM visit_notices n WHERE n.recipient = $1 AND (n.created_at, n.id) < ($3, $4)
     ORDER BY n.created_at DESC, n.id DESC LIMIT $5)
    UNION ALL
    (SELECT n.* FROM visit_notices n WHERE $2 AND n.recipient IS NULL AND (n.created_at, n.id) < ($3, $4)
     ORDER BY n.created_at DESC, n.id DESC LIMIT $5)
), of_support AS (
    (SELECT n.* FROM support_alerts n WHERE n.recipient = $1 AND (n.created_at, n.id) < ($3, $4)
     ORDER BY n.created_at DESC, n.id DESC LIMIT $5)
    UNION ALL
    (SELECT n.* FROM support_alerts n WHERE $2 AND n.recipient IS NULL AND (n.created_at, n.id) < ($3, $4)
     ORDER BY n.created_at DESC, n.id DESC LIMIT $5)
), of_privacy AS (
    (SELECT n.* FROM privacy_alerts n WHERE n.recipient = $1 AND (n.created_at, n.id) < ($3, $4)
     ORDER BY n.created_at DESC, n.id DESC LIMIT $5)
    UNION ALL
    (SELECT n.* FROM privacy_alerts n WHERE $2 AND n.recipient IS NULL AND (n.created_at, n.id) < ($3, $4)
     ORDER BY n.created_at DESC, n.id DESC LIMIT $5)
), told AS (
    SELECT id, transition_id, NULL::uuid AS visit_id, step, kind, due, number, recipient, roles, text, created_at, email
    FROM of_transitions
    UNION ALL
    SELECT n.id, v.transition_id, v.id, NULL, 'visit', n.expected_end, n.rung, n.recipient, n.roles, n.text,
        n.created_at, n.email
    FROM of_visits n JOIN visits v ON v.id = n.visit_id
    UNION ALL
    SELECT id, NULL, NULL, NULL, 'support', due, number, recipient, '{}', text, created_at, 'none' FROM of_support
    UNION ALL
    SELECT id, NULL, NULL, NULL, 'privacy', NULL, 0, recipient, '{}', text, created_at, 'none' FROM of_privacy
)
SELECT told.id, told.transition_id, told.visit_id, p.local_id, told.step, readable(s.transition_id, s.title) AS title,
    told.kind, told.due, told.number, told.recipient, told.roles, told.text, told.created_at, told.email
FROM told LEFT JOIN transitions t ON t.id = told.transition_id LEFT JOIN people p ON p.id = t.person_id
    LEFT JOIN steps s ON s.transition_id = told.transition_id AND s.step = told.step
ORDER BY told.created_at DESC, told.id DESC LIMIT $5
"""
ATTEMPTS = """
-- The contacts that did not take place, of one transition.
SELECT step, number, at, recorded_at, attendance, mechanism, by_role, by_staff FROM attempts
WHERE transition_id = $1 ORDER BY at, step, number
"""
ESCALATIONS = """
-- The rungs that fired on a transition, and who was told.
SELECT step, due, rung, at, roles, recipients FROM escalations WHERE transition_id = $1 ORDER BY at, step, rung
"""
COUNTS = """
-- The service at a glance.
SELECT (SELECT count(*) FROM transitions WHERE status = 'registered') AS registered,
    (SELECT count(*) FROM transitions WHERE status = 'open') AS open,
    (SELECT count(*) FROM transitions WHERE status = 'closed') AS closed,
    (SELECT count(*) FROM transitions WHERE on_hold) AS on_hold,
    (SELECT count(*) FROM transitions WHERE overdue_count > 0) AS overdue,
    (SELECT count(*) FROM steps WHERE state = 'missed') AS overdue_steps,
    (SELECT count(*) FROM notices WHERE email IN ('waiting', 'sending', 'failed')) AS notices_waiting
"""
ROLE_OF = """
-- The role of a member of staff who works here.
SELECT role FROM staff WHERE id = $1 AND active
"""
