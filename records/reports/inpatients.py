"""How many people are on a ward at the end of each month, and in which class of bed."""

from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety

CASES = """
-- Everybody on a ward at the end of each month, or now in this one.
WITH ends AS MATERIALIZED (
    SELECT l.day, least((l.day + 1)::timestamp AT TIME ZONE 'Europe/London', $5) AS at FROM (
        SELECT least((m + interval '1 month')::date - 1, $2 - 1, today.day) AS day
        FROM generate_series(date_trunc('month', $1::timestamp), ($2 - 1)::timestamp, interval '1 month') m
        CROSS JOIN (SELECT ($5 AT TIME ZONE 'Europe/London')::date AS day) today WHERE m <= today.day
    ) l
), stays AS MATERIALIZED (
    SELECT o.id, o.started, o.team, o.pathway, coalesce(least(m.occurred, o.closed_at), 'infinity') AS left_at
    FROM transitions o LEFT JOIN milestones m ON m.transition_id = o.id AND m.milestone = 'discharged'
    WHERE o.status <> 'registered' AND coalesce(least(m.occurred, o.closed_at), 'infinity') > $1::date - 1
        AND o.pathway = ANY (ARRAY(
            SELECT d.id FROM definitions d WHERE d.canonical::jsonb -> 'milestones' @> '[{"id": "discharged"}]'
        ))
)
SELECT concat_ws('/', t.id, e.day) AS case_id, t.id AS transition_id, t.started AS at, e.day, t.team, t.pathway,
    bed.value #>> '{}' AS bed_class, t.started,
    true AS on_a_ward, bed.value IS NULL AS bed_not_known, away.fact IS NOT NULL AS out_of_area,
    late.id IS NOT NULL AS delayed,
    e.day - (t.started AT TIME ZONE 'Europe/London')::date AS days
FROM ends e
JOIN stays t ON t.started <= e.at AND t.left_at > e.at
LEFT JOIN fact_periods bed ON bed.transition_id = t.id AND bed.fact = 'bed_class' AND bed.since <= e.at
    AND coalesce(bed.until, 'infinity') > e.at
LEFT JOIN fact_periods away ON away.transition_id = t.id AND away.fact = 'out_of_area' AND away.value = 'true'
    AND away.since <= e.at AND coalesce(away.until, 'infinity') > e.at
LEFT JOIN ready_periods late ON late.transition_id = t.id AND late.withdrawn_at IS NULL
    AND late.starts < e.day AND coalesce(late.ends, 'infinity') > e.day
"""

REPORT = Report(
    id="inpatients",
    title="People on a ward",
    question="How many people are on a ward at the end of each month, and in which beds?",
    numerator="People in a bed out of area; people who are clinically ready for discharge, for a day at least.",
    denominator=(
        "People whose stay had begun and who had not left the ward at the midnight that ends the month; in this month,"
        " or where the last day that is asked for lies within one, at that day. The class of bed is the one that was "
        "known at that moment."
    ),
    exclusions=(
        "Who left on the last day of the month.",
        "Who is entered, and not followed yet.",
        "Who left the pathway before they left the ward (moved away, declined, died).",
        "Pathways without a discharge.",
    ),
    source=(
        "Local policy: a count of those whom Alongside follows, which is not every bed of a ward. Classes of beds as "
        "in MHSDS version 6."
    ),
    surety=Surety.LOCAL,
    unit="people",
    period=Period.MONTH,
    figures=(
        Figure("on_a_ward", "On a ward"),
        Figure("out_of_area", "Out of area", part_of="on_a_ward"),
        Figure("delayed", "Ready, and delayed", part_of="on_a_ward"),
        Figure("delayed_share", "Ready, and delayed", Sort.SHARE, part="delayed", part_of="on_a_ward"),
        Figure("bed_not_known", "Class of bed not recorded", part_of="on_a_ward"),
        Figure("days", "Days so far, the middle one", Sort.MEDIAN, unit="days"),
    ),
    charted="on_a_ward",
    cases=CASES,
    shows=(Shown("started", "Since"), Shown("bed_class", "Class of bed"), Shown("days", "Days so far")),
    splits={"bed_class": "Class of bed"},
    adds_over_time=False,
)  # fmt: skip
