"""Waits by stage: for the assessment, for therapy to start, and until therapy ends; the longest first."""

from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety

CASES = """
-- Each stage that somebody has come to, from the milestone that begins it to the one that ends it.
-- The days are told from the instants once (OFFSET 0), not anew for each figure.
SELECT concat_ws('/', w.transition_id, w.stage) AS case_id, w.transition_id, w.since AS at, w.day, w.team, w.pathway,
    w.stage, w.began, w.over_on, w.days, w.state,
    w.state = 'done' AS done,
    CASE WHEN w.state = 'done' THEN w.days END AS done_days,
    CASE WHEN w.state = 'done' THEN w.days END AS done_longest,
    w.state = 'done' AND w.days > 126 AS done_18_weeks,
    w.state = 'done' AND w.day > w.began + interval '18 months' AS done_18_months,
    w.state = 'waiting' AS waiting,
    CASE WHEN w.state = 'waiting' THEN w.days END AS waiting_days,
    CASE WHEN w.state = 'waiting' THEN w.days END AS waiting_longest,
    w.state = 'waiting' AND w.days > 126 AS waiting_18_weeks,
    w.state = 'waiting' AND w.day > w.began + interval '18 months' AS waiting_18_months,
    w.state = 'left' AS left_before
FROM (
    SELECT d.*, coalesce(d.over_on, d.today) AS day, coalesce(d.over_on, d.today) - d.began AS days
    FROM (
        SELECT t.id AS transition_id, t.team, t.pathway, s.stage, s.since,
            (s.since AT TIME ZONE 'Europe/London')::date AS began,
            (coalesce(s.ended, s.passed, t.closed_at) AT TIME ZONE 'Europe/London')::date AS over_on,
            CASE WHEN s.ended IS NOT NULL THEN 'done' WHEN coalesce(s.passed, t.closed_at) IS NULL THEN 'waiting'
                ELSE 'left' END AS state,
            ($5 AT TIME ZONE 'Europe/London')::date AS today
        FROM transitions t
        LEFT JOIN (
            SELECT transition_id, min(occurred) FILTER (WHERE milestone = 'assessment') AS assessed,
                min(occurred) FILTER (WHERE milestone = 'therapy-started') AS started,
                min(occurred) FILTER (WHERE milestone = 'therapy-ended') AS ended
            FROM milestones WHERE milestone IN ('assessment', 'therapy-started', 'therapy-ended')
            GROUP BY transition_id
        ) m ON m.transition_id = t.id
        CROSS JOIN LATERAL (VALUES
            ('1 referral to assessment', t.started, m.assessed, m.started),
            ('2 assessment to start of therapy', m.assessed, m.started, NULL),
            ('3 start to end of therapy', m.started, m.ended, NULL)
        ) AS s (stage, since, ended, passed)
        WHERE s.since IS NOT NULL AND t.status <> 'registered' AND t.pathway IN (
            SELECT d.id FROM definitions d WHERE d.canonical::jsonb -> 'milestones' @> '[{"id": "therapy-started"}]'
        )
            AND coalesce(s.ended, s.passed, t.closed_at, $5) >= $1::timestamp AT TIME ZONE 'Europe/London'
            AND coalesce(s.ended, s.passed, t.closed_at, $5) < $2::timestamp AT TIME ZONE 'Europe/London'
        OFFSET 0
    ) d
) w
"""

REPORT = Report(
    id="waits",
    title="Waits by stage",
    question="How long do people wait for the assessment, for therapy, and until it ends, and who waits longest?",
    numerator=(
        "Waits of more than 18 weeks (over 126 days), and of more than 18 months of the calendar, beside the middle "
        "one and the longest."
    ),
    denominator=(
        "Stages that somebody has come to: from the referral (the start of the transition) to the assessment, from "
        "there to the start of therapy, from there to its end, each from milestone to milestone in days of London. A "
        "stage that is over counts in the month in which it ended; whoever still waits stands in the month of today. "
        "Nothing stops the clock: not a hold, nor an appointment that was missed."
    ),
    exclusions=(
        "Pathways without a start of therapy.",
        "People who are entered and not begun with.",
        "Stages that ended without what was waited for, as the transition closed or therapy began without an "
        "assessment: they are counted beside, in the month in which that was. A stage whose beginning was never "
        "recorded cannot be counted.",
    ),
    source=(
        "Local policy, after the waits of over 18 months that the service set out from. The 18 weeks are the national"
        " standard for consultant-led treatment, which these waits are not: they are shown for comparison."
    ),
    surety=Surety.LOCAL,
    unit="stages of waits",
    period=Period.MONTH,
    figures=(
        Figure("done", "Waits that ended"),
        Figure("done_days", "Days until it ended, the middle one", Sort.MEDIAN, unit="days"),
        Figure("done_longest", "Days until it ended, the longest", Sort.LONGEST, unit="days"),
        Figure("done_18_weeks", "Ended after more than 18 weeks", part_of="done"),
        Figure("done_18_months", "Ended after more than 18 months", part_of="done_18_weeks"),
        Figure("waiting", "Still waiting today"),
        Figure("waiting_days", "Days waited so far, the middle one", Sort.MEDIAN, unit="days"),
        Figure("waiting_longest", "Days waited so far, the longest", Sort.LONGEST, unit="days"),
        Figure("waiting_18_weeks", "Waiting for more than 18 weeks", part_of="waiting"),
        Figure("waiting_18_months", "Waiting for more than 18 months", part_of="waiting_18_weeks"),
        Figure("left_before", "Ended without it"),
    ),
    charted="done_days",
    better="down",
    cases=CASES,
    shows=(
        Shown("stage", "Stage"), Shown("days", "Days"), Shown("began", "Since"), Shown("over_on", "Until"),
    ),
    splits={"stage": "Stage"},
    by="stage",
    longest="days",
    notes=(
        "Somebody who has come through three stages is counted in each: the totals are of stages, not of people.",
    ),
)  # fmt: skip
