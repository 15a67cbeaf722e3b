"""Escalations: how often somebody was told that something is late, and how soon it was taken on and put right."""

from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety

CASES = """
-- Each rung that fired, with when somebody took it on and when what was late came to an end.
-- Whether it is late still is asked of the steps that are, which are few; what it is called, only where that is shown.
SELECT concat_ws('/', e.transition_id, e.step, extract(epoch FROM e.due), e.rung) AS case_id, e.transition_id, e.at,
    (e.at AT TIME ZONE 'Europe/London')::date AS day, t.team, t.pathway, e.step, e.rung, s.ladder, s.title,
    true AS fired, e.acknowledged_at IS NOT NULL AS acknowledged, e.resolved_at IS NOT NULL AS resolved,
    e.resolved_at IS NULL AND late.step IS NOT NULL AS still_late,
    cardinality(e.recipients) = 0 AS nobody,
    round(extract(epoch FROM e.acknowledged_at - e.at) / 3600, 2) AS hours_to_acknowledge,
    round(extract(epoch FROM e.resolved_at - e.at) / 3600, 2) AS hours_to_resolve
FROM (
    SELECT f.transition_id, f.step, f.due, f.rung, f.at, f.recipients,
        min(a.at) FILTER (WHERE a.event = 'acknowledged') AS acknowledged_at,
        min(a.at) FILTER (WHERE a.event <> 'acknowledged') AS resolved_at
    FROM escalations f LEFT JOIN events a ON a.transition_id = f.transition_id AND a.step = f.step AND a.at >= f.at
        AND a.event IN ('acknowledged', 'completed', 'waived', 'cancelled', 'stood-down')
    WHERE f.at >= $1::timestamp AT TIME ZONE 'Europe/London' AND f.at < $2::timestamp AT TIME ZONE 'Europe/London'
    GROUP BY f.transition_id, f.step, f.due, f.rung
) e
LEFT JOIN transitions t ON t.id = e.transition_id
LEFT JOIN steps s ON s.transition_id = e.transition_id AND s.step = e.step
LEFT JOIN steps late ON late.transition_id = e.transition_id AND late.step = e.step AND late.due = e.due
    AND late.state = 'missed'
"""

REPORT = Report(
    id="escalations",
    title="Escalations",
    question="How often was somebody told that something was late, and how soon was it taken on and put right?",
    numerator="Rungs that were taken on (acknowledged), and rungs whose step was done, waived or no longer late.",
    denominator="Rungs of a ladder that fired in the month, each once for one due date of one step.",
    exclusions=(
        "Reminders before something is due.",
        "Visits from which somebody was not back: they have a ladder of their own.",
    ),
    source="Local policy: the ladders of each pathway.",
    surety=Surety.LOCAL,
    unit="rungs that fired",
    period=Period.MONTH,
    figures=(
        Figure("fired", "Told"),
        Figure("acknowledged", "Taken on", part_of="fired"),
        Figure("acknowledged_share", "Taken on", Sort.SHARE, part="acknowledged", part_of="fired"),
        Figure("hours_to_acknowledge", "Until it was taken on, the middle one", Sort.MEDIAN, unit="hours"),
        Figure("resolved", "Put right", part_of="fired"),
        Figure("hours_to_resolve", "Until it was put right, the middle one", Sort.MEDIAN, unit="hours"),
        Figure("still_late", "Still late", part_of="fired"),
        Figure("nobody", "There was nobody to tell", part_of="fired"),
    ),
    charted="fired",
    cases=CASES,
    shows=(
        Shown("title", "What was late"), Shown("rung", "Rung"), Shown("hours_to_acknowledge", "Hours until taken on"),
        Shown("hours_to_resolve", "Hours until put right"),
    ),
    splits={"rung": "Rung", "ladder": "Ladder"},
    by="rung",
)  # fmt: skip
