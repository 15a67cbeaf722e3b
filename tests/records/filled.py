"""A database as full as a big service's, filled by whole sets."""

from asyncpg import Connection, Record

TEAMS = 40
"""Teams, each with 25 coordinators and a peer worker."""

FILL = """
INSERT INTO teams SELECT 'Team ' || n FROM generate_series(1, 40) n;
INSERT INTO staff (id, name, role, team)
    SELECT 'coord-' || n, 'Somebody', 'coordinator', 'Team ' || (n % 40 + 1) FROM generate_series(1, 1000) n;
INSERT INTO staff (id, name, role, team)
    SELECT 'peer-' || n, 'Somebody', 'peer-worker', 'Team ' || n FROM generate_series(1, 40) n;
INSERT INTO staff (id, name, role) VALUES ('ops', 'Somebody', 'operations');
INSERT INTO people_sealed (local_id, given_name, family_name, date_of_birth, local_id_blind, found_by)
    SELECT 'sealed', 'sealed', 'sealed', date '1930-01-01' + n % 30000, sha256(n::text::bytea),
        ARRAY(SELECT substr(sha256((n % 500 || '.' || letters)::bytea), 1, 8) FROM generate_series(1, 12) letters)
    FROM generate_series(1, 100000) n;
INSERT INTO agreements (person_id, at, staff, shares)
    SELECT id, '2026-01-01', 'coord-1', '{dates}' FROM people_sealed LIMIT 20000;
INSERT INTO definitions (digest, id, version, canonical) VALUES (repeat('0', 64), 'small-pathway', 1,
    '{"milestones": [{"id": "assessment"}, {"id": "therapy-started"}]}');
INSERT INTO transitions (id, person_id, pathway, started, taken_on, team, coordinator_id, division, status, stage,
        next_due, overdue_count, definition, revision, journey, on_hold, overlap_coordinator_id, overlap_until,
        exit, closed_at)
    SELECT gen_random_uuid(), id, 'small-pathway', '2026-01-01', '2026-01-01', 'Team ' || (n % 1000 % 40 + 1),
        'coord-' || (n % 1000 + 1), 'england-and-wales', CASE WHEN n % 10 = 0 THEN 'closed' ELSE 'open' END, 'started',
        timestamptz '2026-01-01' + n * interval '5 minutes', (n % 20 = 1)::int, repeat('0', 64), 1, '{}', n % 50 = 3,
        CASE WHEN n % 100 = 7 THEN 'coord-1' END, CASE WHEN n % 100 = 7 THEN timestamptz '2027-01-01' END,
        CASE WHEN n % 10 = 0 THEN 'settled' END, CASE WHEN n % 10 = 0 THEN timestamptz '2026-06-01' END
    FROM (SELECT id, row_number() OVER () AS n FROM people_sealed) p;
INSERT INTO commits (transition_id, revision, digest, at) SELECT id, 1, 'd', '2026-01-01' FROM transitions;
INSERT INTO links (transition_id, revision, hashes, at)
    SELECT transition_id, revision, ARRAY['x'::bytea], at FROM commits ON CONFLICT DO NOTHING;
INSERT INTO steps (transition_id, step, kind, title, owner, ladder, state, due, late, rung, team, holder)
    SELECT t.id, 'step-' || s, 'document', 'A step', CASE WHEN s % 4 = 0 THEN 'peer-worker' ELSE 'coordinator' END,
        'standard', CASE WHEN t.status = 'closed' THEN 'cancelled' WHEN s = 1 AND t.overdue_count > 0 THEN 'missed'
            WHEN s IN (2, 4) THEN 'open' WHEN s = 3 THEN 'planned' ELSE 'done' END,
        t.next_due + s * interval '1 day', false, 0, t.team, CASE WHEN s % 4 = 0 THEN NULL ELSE t.coordinator_id END
    FROM transitions t CROSS JOIN generate_series(1, 8) s;
UPDATE steps SET ladder = 'safety', rung = 2 FROM (SELECT id FROM transitions WHERE overdue_count > 0 LIMIT 500) t
    WHERE transition_id = t.id AND step = 'step-1';
UPDATE steps SET kind = 'silence' FROM (SELECT id FROM transitions WHERE status = 'open' LIMIT 20000) t
    WHERE transition_id = t.id AND step = 'step-3';
INSERT INTO events (transition_id, revision, seq, event, at, payload)
    SELECT id, 1, s, 'opened', '2026-01-01', '{}' FROM transitions CROSS JOIN generate_series(1, 2) s;
INSERT INTO contacts SELECT id, 'step-1', 1, next_due, next_due, '3', '02' FROM transitions;
INSERT INTO escalations SELECT id, 'step-1', next_due, 1, next_due, '{coordinator}', '{coord-1}', 1 FROM transitions;
INSERT INTO notices (transition_id, revision, step, kind, due, recipient, roles, text, created_at)
    SELECT id, 1, 'step-1', 'reminder', '2026-01-01', coordinator_id, '{coordinator}', 'Something is due.', started
    FROM transitions;
UPDATE notices SET email = (ARRAY['failed', 'uncertain', 'waiting', 'sent', 'sent'])[1 + n % 5], claimed_at = created_at
    FROM (SELECT id, row_number() OVER () AS n FROM notices LIMIT 5000) x WHERE x.id = notices.id;
INSERT INTO bookings (id, transition_id, step, staff, starts, ends, busy, minutes, place, status, booked_at)
    SELECT gen_random_uuid(), t.id, 'step-' || n, 'peer-' || n % 40 + 1, h, h + interval '30 minutes',
        tstzrange(h, h + interval '30 minutes'), 30, 'ward', CASE WHEN n % 5 = 0 THEN 'released' ELSE 'booked' END, h
    FROM (SELECT id, n, timestamptz '2026-01-01' + n / 40 * interval '1 hour' AS h
          FROM (SELECT id, row_number() OVER () AS n FROM transitions LIMIT 40000) x) t;
INSERT INTO group_sessions (team, title, place, starts, ends, people_at_most)
    SELECT 'Team ' || n % 40 + 1, 'Drop-in', 'community', h, h + interval '1 hour', 8
    FROM (SELECT n, timestamptz '2020-01-01' + n * interval '1 hour' AS h FROM generate_series(1, 20000) n) x;
INSERT INTO group_places (group_id, transition_id, step)
    SELECT g.id, t.id, 'step-4' FROM (SELECT id, row_number() OVER () AS n FROM group_sessions) g
        JOIN (SELECT id, row_number() OVER () AS n FROM transitions) t ON t.n = g.n;
INSERT INTO assignments (transition_id, staff, starts, ends, why, revision)
    SELECT id, 'peer-' || n % 40 + 1, started, CASE WHEN n > 2000 THEN taken_on END, 'Somebody is free.', 1
    FROM (SELECT *, row_number() OVER () AS n FROM transitions LIMIT 40000) t;
INSERT INTO peer_queue (transition_id, team, urgency, since, ask)
    SELECT id, team, (n % 50 = 0)::int, taken_on, '{}'
    FROM (SELECT *, row_number() OVER () AS n FROM transitions LIMIT 10000) t;
INSERT INTO absences (staff, starts, ends)
    SELECT 'coord-' || n % 1000 + 1, d, d + interval '5 days'
    FROM (SELECT n, timestamptz '2020-01-01' + n / 1000 * interval '60 days' AS d FROM generate_series(1, 20000) n) x;
INSERT INTO broken_glass (staff, role, transition_id, code, words, at, ends)
    SELECT 'coord-' || n % 1000 + 1, 'coordinator', id, 'incident', 'To look.', started, started + interval '4 hours'
    FROM (SELECT id, started, row_number() OVER () AS n FROM transitions LIMIT 20000) t;
INSERT INTO absence_outcomes (absence_id, transition_id, step, became, staff)
    SELECT a.id, t.id, 'step-1', 'covered', '{peer-1}'
    FROM (SELECT id FROM absences LIMIT 5000) a CROSS JOIN (SELECT id FROM transitions LIMIT 3) t;
INSERT INTO staff_history (staff, changed_at, is_now)
    SELECT 'coord-' || n % 1000 + 1, timestamptz '2026-01-01' + n * interval '1 minute', '{}'
    FROM generate_series(1, 20000) n;
INSERT INTO feeds (staff, token_hash, created_at, revoked_at)
    SELECT 'coord-' || n % 1000 + 1, sha256(n::text::bytea), timestamptz '2026-01-01' + n * interval '1 minute', now()
    FROM generate_series(1, 20000) n;
INSERT INTO visits (id, staff, team, transition_id, place, checked_in, expected_end, checked_out, checked_out_by,
        checked_out_command)
    SELECT gen_random_uuid(), 'coord-' || n % 1000 + 1, 'Team 1', id, 'home', h, h + interval '1 hour',
        CASE WHEN n > 500 THEN h END, CASE WHEN n > 500 THEN 'coord-1' END, CASE WHEN n > 500 THEN 'back-' || n END
    FROM (SELECT id, n, timestamptz '2026-01-01' + n * interval '1 minute' AS h
          FROM (SELECT id, row_number() OVER () AS n FROM transitions LIMIT 20000) x) t;
INSERT INTO visit_alerts (visit_id, expected_end, rung, at, roles, recipients)
    SELECT id, expected_end, rung, expected_end, '{}', '{}' FROM visits CROSS JOIN generate_series(0, 2) rung;
INSERT INTO visit_notices (visit_id, expected_end, rung, recipient, roles, text, created_at)
    SELECT id, expected_end, rung, staff, '{}', 'Not back.', expected_end
    FROM visits CROSS JOIN generate_series(0, 2) rung;
INSERT INTO privacy_alerts (recipient, text, created_at)
    SELECT CASE WHEN n % 1000 > 0 THEN 'ops' END, 'Somebody.', timestamptz '2026-01-01' + n * interval '1 hour'
    FROM generate_series(1, 20000) n;
INSERT INTO supervisions (staff, track, held_on, recorded_by)
    SELECT 'peer-' || n, track, date '2020-01-01' + k * 7, 'ops'
    FROM generate_series(1, 40) n CROSS JOIN unnest('{role,wellbeing}'::text[]) track
        CROSS JOIN generate_series(1, 250) k;
INSERT INTO debriefs (staff, cause, arisen_at, offer_by, offered_at, offered_by, taken)
    SELECT 'coord-' || n % 1000 + 1, 'visit', h, h + interval '1 day', CASE WHEN n > 200 THEN h END,
        CASE WHEN n > 200 THEN 'ops' END, CASE WHEN n > 400 THEN true END
    FROM (SELECT n, timestamptz '2026-01-01' + n * interval '1 minute' AS h FROM generate_series(1, 20000) n) x;
INSERT INTO bulk_actions (id, what, staff, at, said, ended_at)
    SELECT gen_random_uuid(), CASE WHEN n % 10 = 0 THEN 'move-definition' ELSE 'acknowledge' END,
        'coord-' || n % 1000 + 1, h, '{}', CASE WHEN n > 20 THEN h END
    FROM (SELECT n, timestamptz '2026-01-01' + n * interval '1 minute' AS h FROM generate_series(1, 5000) n) x;
INSERT INTO bulk_items (bulk_id, number, asked, transition_id, became, recorded_at)
    SELECT a.id, n, t.id, t.id, CASE WHEN a.ended_at IS NULL THEN 'to-do' ELSE 'done' END, a.ended_at
    FROM bulk_actions a CROSS JOIN (SELECT id, row_number() OVER () AS n FROM transitions LIMIT 20) t;
INSERT INTO measures (transition_id, revision, instrument, view, step, version, taken_on, recorded_at, declined)
    SELECT id, 1, m, 'self', 'step-1', 1, started::date, started, false
    FROM (SELECT id, started FROM transitions LIMIT 15000) t CROSS JOIN unnest('{QPR-15,GBO}'::text[]) m;
INSERT INTO measure_scores (transition_id, revision, instrument, view, scale, version, taken_on, raw, derived)
    SELECT transition_id, revision, instrument, view, 'total', 1, taken_on, 30, 30 FROM measures;
INSERT INTO goals (transition_id, number, words, set_on, set_by)
    SELECT id, 1, repeat('x', 40)::bytea, started::date, 'coord-1'
    FROM (SELECT id, started FROM transitions LIMIT 10000) t;
INSERT INTO experience (team, pathway, month, instrument, answer, answers)
    SELECT 'Team ' || n, 'small-pathway', date '2010-01-01' + m * interval '1 month', 'FFT', a, 3
    FROM generate_series(1, 40) n CROSS JOIN generate_series(0, 99) m CROSS JOIN unnest('{good,poor}'::text[]) a;
INSERT INTO milestones (transition_id, milestone, expected, occurred)
    SELECT t.id, m, t.started, CASE WHEN n % 4 > 0 THEN t.started + n * interval '5 minutes' END
    FROM (SELECT id, started, row_number() OVER () AS n FROM transitions LIMIT 30000) t
        CROSS JOIN unnest('{assessment,therapy-started,discharged}'::text[]) m;
INSERT INTO fact_periods (transition_id, fact, value, since)
    SELECT id, f, CASE f WHEN 'preferences' THEN '["language:ur"]' ELSE '"200"' END::jsonb, started
    FROM (SELECT id, started FROM transitions LIMIT 30000) t CROSS JOIN unnest('{bed_class,preferences}'::text[]) f;
INSERT INTO contacts (transition_id, step, number, at, recorded_at, attendance, mechanism)
    SELECT t.id, s, 1, h, h, (ARRAY['2', '3', '5', '5', '7'])[1 + n % 5], '02'
    FROM (SELECT id, n, timestamptz '2024-01-01' + n * interval '1 hour' AS h
          FROM (SELECT id, row_number() OVER () AS n FROM transitions LIMIT 20000) x) t
        CROSS JOIN unnest('{assessment-attended,therapy-start-attended,step-4}'::text[]) s;
INSERT INTO steps (transition_id, step, kind, title, owner, ladder, state, due, late, opened, rung, team)
    SELECT id, 'peer-worker#1', 'allocation', 'Find a worker', 'peer-lead', 'standard', 'open', h, false, h, 0, team
    FROM (SELECT id, team, timestamptz '2024-01-01' + row_number() OVER () * interval '1 hour' AS h
          FROM transitions LIMIT 20000) t;
INSERT INTO events (transition_id, revision, seq, event, step, at, payload)
    SELECT t.id, 1, 3 + e.n, e.event, 'step-1', timestamptz '2024-01-01' + t.n * interval '1 hour', '{}'
    FROM (SELECT id, row_number() OVER () AS n FROM transitions LIMIT 20000) t
        CROSS JOIN unnest('{silence,no-slot}'::text[]) WITH ORDINALITY e (event, n);
INSERT INTO person_keys (person_id, wrapped, ring_key) SELECT id, repeat('x', 60)::bytea, 'a-key' FROM people_sealed;
UPDATE people_sealed SET died_on = greatest(date_of_birth, date '2010-01-01' + n::int % 5000)
    FROM (SELECT id, row_number() OVER () AS n FROM people_sealed LIMIT 2000) d WHERE d.id = people_sealed.id;
INSERT INTO erasures (id, person_id, why, rule, asked_by, asked_at, became, decided_by, decided_at, ended_at)
    SELECT gen_random_uuid(), id, 'asked-by-person', 'closed', 'coord-1', h,
        CASE WHEN n > 20 THEN 'withdrawn' ELSE 'asked' END,
        CASE WHEN n > 20 THEN 'coord-1' END, CASE WHEN n > 20 THEN h END, CASE WHEN n > 20 THEN h END
    FROM (SELECT id, n, timestamptz '2026-01-01' + n * interval '1 hour' AS h
          FROM (SELECT id, row_number() OVER () AS n FROM people_sealed LIMIT 20000) x) p;
INSERT INTO erasure_certificates (erasure_id, person_id, why, rule, asked_by, asked_at, approved_by, approved_at,
        destroyed_at, destroyed)
    SELECT id, person_id, why, rule, 'coord-1', asked_at, 'coord-2', asked_at, asked_at, '{}' FROM erasures;
INSERT INTO support_alerts (staff, matter, due, number, recipient, text, created_at)
    SELECT staff, track, held_on, 0, staff, 'It is due.', held_on FROM supervisions;
"""


async def fill(link: "Connection[Record]") -> None:
    """100,000 transitions with 800,000 steps, and the statistics of them."""
    # The rows are sound by how they are made; checking each against its parents would take longer than making them.
    # VACUUM only counts as seen by all what is certain to be on disk, so this is not left for later.
    await link.execute("SET synchronous_commit = on; SET session_replication_role = replica")
    await link.execute(FILL, timeout=300)
    await link.execute("RESET session_replication_role")
    await link.execute("VACUUM ANALYZE", timeout=300)
