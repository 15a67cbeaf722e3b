-- migrate:up

-- What reports count by of tables that the reader does not see: each view has that alone, with the rights of its owner.

-- Whether somebody was under 18 when a transition began, and not when they were born.
CREATE VIEW under_18 AS
    SELECT t.id AS transition_id,
        (t.started AT TIME ZONE 'Europe/London')::date < p.date_of_birth + interval '18 years' AS under_18
    FROM transitions t JOIN people_sealed p ON p.id = t.person_id;

-- The contacts that did not come about, and whether it was a child who was not brought.
CREATE VIEW failed_contacts AS
    SELECT k.transition_id, k.step, k.number, k.at, k.attendance, k.mechanism, k.by_role, t.team, t.pathway,
        (k.at AT TIME ZONE 'Europe/London')::date < (p.date_of_birth + interval '18 years')::date AS child
    FROM contacts k JOIN transitions t ON t.id = k.transition_id JOIN people_sealed p ON p.id = t.person_id
    WHERE k.attendance NOT IN ('5', '6');

-- What is asked of a peer worker today, one wish a row: a code, or sealed.
CREATE VIEW peer_wishes AS
    SELECT t.id AS transition_id, w.wish
    FROM transitions t CROSS JOIN LATERAL json_array_elements_text(t.journey #> '{peers,wishes}') AS w (wish)
    WHERE t.journey #>> '{peers,wishes,0}' IS NOT NULL;

-- What of a worker such wishes are compared with, and nothing else that they told of themselves.
CREATE VIEW matched_by AS
    SELECT s.id AS staff, s.languages, ARRAY(
        SELECT a FROM unnest(s.attributes) AS a WHERE split_part(a, ':', 1) IN ('gender', 'culture')
    ) AS attributes
    FROM staff s;

-- When no time was found for a contact, and why: the planner says it, nobody's words are in it.
CREATE VIEW no_slots AS
    SELECT transition_id, revision, seq, step, at, reason FROM events WHERE event = 'no-slot';

-- migrate:down
-- Undoing is a new migration.
