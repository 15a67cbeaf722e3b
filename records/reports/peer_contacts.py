"""Contacts of peer workers and the hours that they take, by worker, team and setting: had, not seen, not reported."""

from records.reports.by_peer import by_peer
from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety

CASES = f"""
-- Each booked contact of a worker that is over with what came of it, each group of theirs, and each contact that had
-- no booking. A booking has the first contact from an hour before it on; one that nobody reported, on that day alone.
-- `others` has no booking of these days: few are left to be held against the bookings of all others.
WITH booked AS MATERIALIZED (
    SELECT DISTINCT ON (b.id, b.staff) b.id, b.staff, b.transition_id, b.step, b.group_id, b.starts, b.minutes, b.place,
        b.status, (b.starts AT TIME ZONE 'Europe/London')::date AS day, c.number, c.attendance
    FROM bookings b LEFT JOIN contacts c ON c.transition_id = b.transition_id AND c.step = b.step
        AND c.at >= b.starts - interval '1 hour'
        AND c.at >= ($1::timestamp AT TIME ZONE 'Europe/London') - interval '1 hour'
        AND (b.status IN ('done', 'not-seen') OR (c.at AT TIME ZONE 'Europe/London')::date
            = (b.starts AT TIME ZONE 'Europe/London')::date)
    WHERE b.status <> 'released' AND (b.ends <= $5 OR c.number IS NOT NULL)
        AND b.starts >= $1::timestamp AT TIME ZONE 'Europe/London'
        AND b.starts < $2::timestamp AT TIME ZONE 'Europe/London'
    ORDER BY b.id, b.staff, c.number
), without AS MATERIALIZED (
    SELECT c.transition_id, c.step, c.number, c.at, c.by_staff, c.by_role, c.mechanism, c.attendance FROM contacts c
    WHERE c.at >= $1::timestamp AT TIME ZONE 'Europe/London' AND c.at < $2::timestamp AT TIME ZONE 'Europe/London'
        AND NOT EXISTS (
            SELECT FROM booked b
            WHERE b.transition_id = c.transition_id AND b.step = c.step AND b.number = c.number
        )
), others AS MATERIALIZED (
    SELECT c.*, (c.at AT TIME ZONE 'Europe/London')::date AS day
    FROM without c WHERE {by_peer("c")}
), in_groups AS (
    SELECT DISTINCT ON (c.transition_id, c.step, c.number) c.transition_id, c.step, c.number, n.place
    FROM others c JOIN group_places q ON q.transition_id = c.transition_id AND q.step = c.step
    JOIN group_sessions n ON n.id = q.group_id AND n.starts - interval '1 hour' <= c.at
    ORDER BY c.transition_id, c.step, c.number, n.starts DESC
), had AS (
    SELECT b.id, b.number, b.transition_id, b.starts AS at, b.day, b.staff, b.place, b.step,
        b.minutes / 60.0 AS hours, b.group_id, true AS booked,
        CASE WHEN b.group_id IS NOT NULL THEN 'group' WHEN b.attendance IN ('5', '6') OR
                (b.attendance IS NULL AND b.status = 'done') THEN 'done'
            WHEN b.attendance IN ('2', '4') THEN 'cancelled'
            WHEN b.attendance IS NOT NULL OR b.status = 'not-seen' THEN 'not-seen' ELSE 'unreported' END AS became
    FROM booked b
    UNION ALL
    SELECT NULL, c.number, c.transition_id, c.at, c.day, c.by_staff,
        coalesce(g.place, CASE WHEN c.mechanism IN ('02', '04') THEN 'telephone'
            WHEN c.mechanism = '11' THEN 'video' END),
        c.step, NULL, NULL, false,
        CASE WHEN c.attendance IN ('5', '6') THEN 'done' WHEN c.attendance IN ('2', '4') THEN 'cancelled'
            ELSE 'not-seen' END
    FROM others c
    LEFT JOIN in_groups g ON g.transition_id = c.transition_id AND g.step = c.step AND g.number = c.number
    WHERE NOT EXISTS (
        SELECT FROM bookings b WHERE b.transition_id = c.transition_id AND b.step = c.step
            AND (b.starts < $1::timestamp AT TIME ZONE 'Europe/London'
                OR b.starts >= $2::timestamp AT TIME ZONE 'Europe/London')
            AND b.status <> 'released' AND c.at >= b.starts - interval '1 hour'
            AND (b.status IN ('done', 'not-seen') OR (c.at AT TIME ZONE 'Europe/London')::date
                = (b.starts AT TIME ZONE 'Europe/London')::date)
            AND NOT EXISTS (
                SELECT FROM contacts e WHERE e.transition_id = c.transition_id AND e.step = c.step
                    AND e.number < c.number AND e.at >= b.starts - interval '1 hour'
                    AND (b.status IN ('done', 'not-seen') OR (e.at AT TIME ZONE 'Europe/London')::date
                        = (b.starts AT TIME ZONE 'Europe/London')::date)
            )
    )
    OFFSET 0
)
SELECT CASE WHEN h.booked THEN concat_ws('/', h.id, h.staff) ELSE concat_ws('/', h.transition_id, h.step, h.number) END
        AS case_id,
    h.transition_id, h.at, h.day,
    coalesce(t.team, n.team) AS team, t.pathway, h.became, h.place,
    coalesce(step.title, n.title) AS title, coalesce(w.name || ' (' || w.id || ')', h.staff) AS worker,
    h.became <> 'group' AS contacts,
    h.became = 'done' AS done,
    h.became = 'not-seen' AS not_seen,
    h.became = 'cancelled' AS cancelled,
    h.became = 'unreported' AS unreported,
    h.became <> 'group' AND NOT h.booked AS unbooked,
    CASE WHEN h.became <> 'group' THEN h.hours END AS hours,
    CASE WHEN h.became = 'done' THEN h.hours END AS hours_done,
    h.became = 'group' AS groups,
    CASE WHEN h.became = 'group' THEN h.hours END AS hours_groups
FROM had h
LEFT JOIN transitions t ON t.id = h.transition_id
LEFT JOIN steps step ON step.transition_id = h.transition_id AND step.step = h.step
LEFT JOIN group_sessions n ON n.id = h.group_id
LEFT JOIN staff w ON w.id = h.staff
"""  # noqa: S608 - what is put in is ours

REPORT = Report(
    id="peer-contacts",
    title="Contacts of peer workers",
    question="How many contacts do peer workers have, how many hours do they take, and what came of them?",
    numerator="Contacts at which the person was seen (status 5 or 6); not seen (3 or 7); nobody has said (unreported).",
    denominator=(
        "Contacts that were booked and are over, each once for every worker who came: a contact with two workers is "
        "one for each, as its hours are. With them contacts of peer workers that were reported without a booked time;"
        " they are counted for whoever reported them, and no hours are known of them. Hours are those of the "
        "calendar: the contact, the way there and the writing up. The setting is the place that was booked, else "
        "what the way of contact says."
    ),
    exclusions=(
        "Bookings that were given back before their time.",
        "Bookings that are ahead.",
        "Groups, which are counted beside, once for each worker: who came to one is counted as a contact without a "
        "booked time of its own, in the setting of the group.",
    ),
    source="Local: the calendar of the peer workers and the contacts that were reported.",
    surety=Surety.LOCAL,
    unit="contacts of a worker",
    period=Period.MONTH,
    figures=(
        Figure("contacts", "Contacts"),
        Figure("done", "Seen", part_of="contacts", family="how"),
        Figure("not_seen", "Not seen", part_of="contacts", family="how"),
        Figure("cancelled", "Cancelled", part_of="contacts", family="how"),
        Figure("unreported", "Not reported", part_of="contacts", family="how"),
        Figure("share", "Seen", Sort.SHARE, part="done", part_of="contacts"),
        Figure("unbooked", "Without a booked time", part_of="contacts"),
        Figure("hours", "Hours of contacts", Sort.SUM, part="unbooked", unit="hours"),
        Figure("hours_done", "Hours in which somebody was seen", Sort.SUM, part="done", unit="hours"),
        Figure("groups", "Groups"),
        Figure("hours_groups", "Hours of groups", Sort.SUM, unit="hours"),
    ),
    charted="contacts",
    cases=CASES,
    shows=(
        Shown("title", "What"), Shown("at", "When"), Shown("worker", "Worker"), Shown("place", "Setting"),
        Shown("became", "What came of it"), Shown("hours", "Hours"),
    ),
    splits={"worker": "Worker", "place": "Setting"},
)  # fmt: skip
