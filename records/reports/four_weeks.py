"""The 4 week wait: from the referral until help has really begun, counted exactly as nationally."""

from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety

CASES = """
-- Each time somebody waited: referrals of one person with at most 5 days between them are one.
-- What ended it is looked up for those alone that reach into the asked days.
SELECT w.spell_id AS case_id, w.transition_id, w.started AS at, w.day, w.team, w.pathway, w.referred, w.contact,
    w.outcome, w.assessment, w.plan, w.stopped_on, w.days, w.age_group,
    w.stopped_on IS NOT NULL AS stopped,
    coalesce(w.stopped_on IS NOT NULL AND w.days <= 28, false) AS within,
    CASE WHEN w.stopped_on IS NOT NULL THEN w.days END AS waited,
    w.stopped_on IS NULL AND w.ended IS NULL AS waiting,
    w.stopped_on IS NULL AND w.ended IS NULL AND w.days > 728 AS very_long,
    w.stopped_on IS NULL AND w.ended IS NOT NULL AS ended_before
FROM (
    SELECT s.*, met.contact, done.outcome, done.plan, stop.at AS stopped_on,
        coalesce(stop.at, s.ended, today.at) AS day,
        coalesce(stop.at, s.ended, today.at) - s.referred AS days
    FROM (
        SELECT o.person_id, o.number, min(o.id::text) AS spell_id,
            min(o.started) AS started, min(o.referred) AS referred, nullif(max(o.until), 'infinity') AS ended,
            (array_agg(o.id ORDER BY o.started DESC, o.id))[1] AS transition_id,
            (array_agg(o.team ORDER BY o.started DESC, o.id))[1] AS team,
            (array_agg(o.pathway ORDER BY o.started DESC, o.id))[1] AS pathway,
            CASE WHEN bool_or(y.under_18) THEN 'under 18' ELSE 'adults' END AS age_group,
            (min(m.occurred) FILTER (WHERE m.milestone = 'assessment') AT TIME ZONE 'Europe/London')::date
                AS assessment,
            min(m.occurred) FILTER (WHERE m.milestone = 'therapy-started') AS therapy,
            array_agg(o.id) AS ids
        FROM (
            SELECT r.*,
                count(*) FILTER (WHERE r.first) OVER (PARTITION BY r.person_id ORDER BY r.referred, r.id) AS number
            FROM (
                SELECT q.*, q.referred > coalesce(max(q.until) OVER earlier, '-infinity') + 5 AS first
                FROM (
                    SELECT t.id, t.person_id, t.team, t.pathway, t.started,
                        (t.started AT TIME ZONE 'Europe/London')::date AS referred,
                        coalesce((t.closed_at AT TIME ZONE 'Europe/London')::date, 'infinity') AS until
                    FROM transitions t WHERE t.status <> 'registered' AND t.pathway IN (
                        SELECT d.id FROM definitions d
                        WHERE d.canonical::jsonb -> 'milestones' @> '[{"id": "assessment"}]'
                    )
                ) q WINDOW earlier AS (
                    PARTITION BY q.person_id ORDER BY q.referred, q.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                )
            ) r
        ) o JOIN under_18 y ON y.transition_id = o.id
        LEFT JOIN milestones m ON m.transition_id = o.id AND m.milestone IN ('assessment', 'therapy-started')
        GROUP BY o.person_id, o.number
        HAVING min(o.referred) < $2 AND max(o.until) >= $1
    ) s
    CROSS JOIN LATERAL (
        SELECT (min(c.at) AT TIME ZONE 'Europe/London')::date AS contact FROM contacts c
        WHERE c.transition_id = ANY (s.ids) AND c.attendance IN ('5', '6') AND c.mechanism IN ('01', '02', '04', '11')
    ) met
    CROSS JOIN LATERAL (
        SELECT (min(d.done_on) FILTER (WHERE d.kind = 'measure' AND d.step <> 'experience-survey')
                AT TIME ZONE 'Europe/London')::date AS outcome,
            (least(s.therapy, min(d.done_on) FILTER (WHERE d.kind = 'document' AND d.step LIKE '%plan%'))
                AT TIME ZONE 'Europe/London')::date AS plan
        FROM steps d WHERE d.transition_id = ANY (s.ids) AND d.state = 'done' AND d.kind IN ('measure', 'document')
    ) done
    CROSS JOIN LATERAL (
        SELECT CASE WHEN met.contact IS NULL OR done.outcome IS NULL OR done.plan IS NULL THEN NULL
            WHEN s.age_group = 'under 18' OR s.referred < '2024-04-01'
                THEN greatest(met.contact, done.outcome, done.plan)
            WHEN s.assessment IS NULL THEN NULL
            ELSE greatest(met.contact, done.outcome, s.assessment, done.plan) END AS at
    ) stop
    CROSS JOIN (SELECT ($5 AT TIME ZONE 'Europe/London')::date AS at) today
) w
"""

REPORT = Report(
    id="four-weeks",
    title="The 4 week wait",
    question="How long is it until help has really begun?",
    numerator="Waits that ended within 28 days of the referral.",
    denominator=(
        "Waits that ended in the month. A wait ends on the latest of the first contact that was attended (status 5 "
        "or 6, face to face, by telephone, talk type or video), the first outcome measure, the assessment, and a "
        "care plan or the start of therapy. While one of these is missing, it has not ended: a call by a peer worker"
        " is a contact, and ends no wait by itself. Under 18 (at the referral) the assessment is not asked for, nor "
        "of referrals before April 2024. Referrals of one person with at most 5 days between them are one wait, "
        "which begins with the first."
    ),
    exclusions=(
        "Pathways without an assessment: it is about waits for community mental health services.",
        "Waits that ended without help: they are counted beside, in the month in which they did.",
    ),
    source=(
        "National: the 4 week wait as NHS England publishes it. It is a published figure, with no standard to be met"
        " yet. Here the first outcome measure is the first step of the kind measure that was done (an experience "
        "survey is none), the assessment is the milestone of that name, and the care plan or intervention is the "
        "milestone therapy-started or the first document that is a plan."
    ),
    surety=Surety.NATIONAL,
    unit="waits",
    period=Period.MONTH,
    figures=(
        Figure("stopped", "Waits that ended"),
        Figure("within", "Within 28 days", part_of="stopped"),
        Figure("share", "Within 28 days", Sort.SHARE, part="within", part_of="stopped"),
        Figure("waited", "Days waited, the middle one", Sort.MEDIAN, unit="days"),
        Figure("waiting", "Still waiting today"),
        Figure("very_long", "Waiting for more than 728 days", part_of="waiting"),
        Figure("ended_before", "Ended without help"),
    ),
    charted="share",
    better="up",
    cases=CASES,
    shows=(
        Shown("referred", "Referred"), Shown("days", "Days"), Shown("contact", "First contact"),
        Shown("outcome", "First outcome measure"), Shown("assessment", "Assessment"), Shown("plan", "Plan or therapy"),
        Shown("stopped_on", "Ended"),
    ),
    splits={"age_group": "Age at the referral"},
    notes=("Whoever still waits stands in the month of today, the longest first.",),
)  # fmt: skip
