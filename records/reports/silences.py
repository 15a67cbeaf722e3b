"""Silence: how often nobody had been seen for too long, how long it went on after that, and whose still does."""

from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety

CASES = """
-- Each alert about silence, with what ended it: the first thing after it that could.
SELECT concat_ws('/', a.transition_id, a.revision, a.seq) AS case_id, a.transition_id, a.at, a.day, a.team, a.pathway,
    a.seen_before, a.state, a.ended,
    CASE a.state WHEN 'seen' THEN a.seen END AS seen_again,
    true AS raised,
    a.state = 'seen' AS seen,
    CASE WHEN a.state = 'seen' THEN round(extract(epoch FROM a.seen - a.at) / 86400, 1) END AS days,
    CASE WHEN a.state = 'seen' THEN round(extract(epoch FROM a.seen - a.at) / 86400, 1) END AS days_longest,
    a.state = 'silent' AS silent,
    a.state = 'closed' AS closed,
    a.state = 'told-late' AS told_late,
    a.state = 'moved' AS moved
FROM (
    SELECT e.transition_id, e.revision, e.seq, e.at, (e.at AT TIME ZONE 'Europe/London')::date AS day,
        t.team, t.pathway, l.at AS ended, c.at AS seen, b.at AS seen_before,
        CASE WHEN l.event IS NULL THEN 'silent' WHEN l.event = 'closed' THEN 'closed' WHEN c.at > e.at THEN 'seen'
            WHEN c.at IS NOT NULL THEN 'told-late' ELSE 'moved' END AS state
    FROM events e
    JOIN transitions t ON t.id = e.transition_id
    LEFT JOIN LATERAL (
        SELECT x.event, x.at FROM events x
        WHERE x.transition_id = e.transition_id AND (x.revision, x.seq) > (e.revision, e.seq)
            AND (x.event = 'closed' OR (x.event = 'stood-down' AND x.step = 'silence'))
        ORDER BY x.revision, x.seq LIMIT 1
    ) l ON true
    LEFT JOIN LATERAL (
        SELECT max(k.at) AS at FROM contacts k
        WHERE k.transition_id = e.transition_id AND k.recorded_at = l.at AND k.attendance IN ('5', '6')
    ) c ON true
    LEFT JOIN LATERAL (
        SELECT max(k.at) AS at FROM contacts k
        WHERE k.transition_id = e.transition_id AND k.at <= e.at AND k.recorded_at <= e.at
            AND k.attendance IN ('5', '6')
    ) b ON true
    WHERE e.event = 'silence' AND e.at >= $1::timestamp AT TIME ZONE 'Europe/London'
        AND e.at < $2::timestamp AT TIME ZONE 'Europe/London'
) a
"""

REPORT = Report(
    id="silence",
    title="Silence",
    question="How often had nobody been seen for too long, and how long was it until somebody saw them?",
    numerator="Alerts after which the person was seen (status 5 or 6), and the days from the alert to that contact.",
    denominator=(
        "Alerts about silence that were raised in the month: nobody had seen the person for as long as their pathway "
        "allows. Once seen and silent again is another alert."
    ),
    exclusions=(
        "What ended an alert otherwise is counted beside: a contact from before it that was reported afterwards (so "
        "there had been none), a corrected date or other rules, and the end of the transition.",
    ),
    source="Local policy: how long is too long is in each pathway, and any contact that was attended ends it.",
    surety=Surety.LOCAL,
    unit="alerts",
    period=Period.MONTH,
    figures=(
        Figure("raised", "Alerts"),
        Figure("seen", "Seen afterwards", part_of="raised", family="state"),
        Figure("days", "Days until then, the middle one", Sort.MEDIAN, unit="days"),
        Figure("days_longest", "Days until then, the longest", Sort.LONGEST, unit="days"),
        Figure("silent", "Still silent", part_of="raised", family="state"),
        Figure("closed", "Closed, and not seen again", part_of="raised", family="state"),
        Figure("told_late", "Had been seen, told afterwards", part_of="raised", family="state"),
        Figure("moved", "Ended as a date was corrected", part_of="raised", family="state"),
        Figure("share", "Still silent", Sort.SHARE, part="silent", part_of="raised"),
    ),
    charted="raised",
    better="down",
    cases=CASES,
    shows=(
        Shown("at", "Alert"), Shown("seen_before", "Last seen before"), Shown("seen_again", "Seen again"),
        Shown("state", "What ended it"), Shown("days", "Days until seen"),
    ),
)  # fmt: skip
