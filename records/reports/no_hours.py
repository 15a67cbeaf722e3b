"""What nobody had hours for: people without a peer worker, and contacts without a time."""

from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety

CASES = """
-- Each time that somebody waited for a worker, and each contact the first time that no time was found for it.
SELECT concat_ws('/', n.transition_id, n.step) AS case_id, n.transition_id, n.at,
    (n.at AT TIME ZONE 'Europe/London')::date AS day, t.team, t.pathway, n.sort, n.title, n.why, n.until,
    true AS told,
    n.sort = 'a person without a worker' AS people,
    n.sort = 'a contact without a time' AS contacts,
    n.state = 'found' AS found,
    n.state = 'waiting' AS waiting,
    n.state = 'over' AS over,
    CASE WHEN n.state = 'found' THEN round(extract(epoch FROM n.until - n.at) / 86400, 1) END AS days
FROM (
    SELECT s.transition_id, s.step, s.opened AS at, 'a person without a worker' AS sort, s.title, NULL AS why,
        CASE s.state WHEN 'done' THEN s.done_on ELSE s.ended END AS until,
        CASE WHEN s.state = 'done' THEN 'found' WHEN s.state IN ('open', 'missed') THEN 'waiting'
            ELSE 'over' END AS state
    FROM steps s WHERE s.kind = 'allocation' AND s.opened >= $1::timestamp AT TIME ZONE 'Europe/London'
        AND s.opened < $2::timestamp AT TIME ZONE 'Europe/London'
    UNION ALL
    SELECT e.transition_id, e.step, e.at, 'a contact without a time', s.title, e.reason, l.at,
        CASE WHEN l.event IN ('booked', 'completed') THEN 'found' WHEN l.event IS NULL THEN 'waiting' ELSE 'over' END
    FROM no_slots e
    LEFT JOIN steps s ON s.transition_id = e.transition_id AND s.step = e.step
    LEFT JOIN LATERAL (
        SELECT a.event, a.at FROM events a
        WHERE a.transition_id = e.transition_id AND (a.revision, a.seq) > (e.revision, e.seq)
            AND (a.event = 'closed' OR (a.step = e.step AND a.event IN ('booked', 'completed', 'waived', 'cancelled')))
        ORDER BY a.revision, a.seq LIMIT 1
    ) l ON true
    WHERE e.at >= $1::timestamp AT TIME ZONE 'Europe/London'
        AND e.at < $2::timestamp AT TIME ZONE 'Europe/London' AND NOT EXISTS (
            SELECT FROM no_slots b WHERE b.transition_id = e.transition_id AND b.step = e.step
                AND (b.revision, b.seq) < (e.revision, e.seq)
        )
) n
JOIN transitions t ON t.id = n.transition_id
"""

REPORT = Report(
    id="no-hours",
    title="What nobody had hours for",
    question="Who waited for a peer worker, and which contacts found no time, because the hours were not enough?",
    numerator="Those that found a worker or a time later (or the contact was had all the same), and after how long.",
    denominator=(
        "Times that somebody was put in the queue for a peer worker, and contacts for which no time was found: each "
        "contact once, when that was told first, however often it was looked for again."
    ),
    exclusions=("Contacts so far ahead that no time is sought yet.", "Whoever has not accepted peer support."),
    source="Local: the hours of peer workers, places by their hours, and the window in which a contact is sought.",
    surety=Surety.LOCAL,
    unit="people without a worker, and contacts without a time",
    period=Period.MONTH,
    figures=(
        Figure("told", "Without a worker or a time"),
        Figure("people", "People without a worker", part_of="told", family="sort"),
        Figure("contacts", "Contacts without a time", part_of="told", family="sort"),
        Figure("found", "Found one", part_of="told", family="state"),
        Figure("days", "Days until then, the middle one", Sort.MEDIAN, unit="days"),
        Figure("waiting", "Still waiting", part_of="told", family="state"),
        Figure("over", "Ended without", part_of="told", family="state"),
    ),
    charted="told",
    better="down",
    cases=CASES,
    shows=(
        Shown("sort", "What"), Shown("title", "For what"), Shown("at", "Since"), Shown("until", "Until"),
        Shown("why", "Why"),
    ),
    splits={"sort": "What"},
    by="sort",
)  # fmt: skip
