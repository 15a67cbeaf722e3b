"""The four criteria of a good transfer from CAMHS, as the TRACK study has them: each in time or not, and all four."""

from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety

CASES = """
-- Each transfer to an adult mental health service, and how it was made.
SELECT m.transition_id::text AS case_id, m.transition_id, m.occurred AS at,
    (m.occurred AT TIME ZONE 'Europe/London')::date AS day, t.team, t.pathway, m.occurred AS transferred,
    s.information AS information_done, s.planning AS planning_done, s.parallel AS parallel_done,
    s.continuity AS continuity_done,
    true AS transfers, j.judged, j.waiting, NOT j.judged AND NOT j.waiting AS ended_before,
    j.judged AND s.information AS information, j.judged AND s.planning AS planning,
    j.judged AND s.parallel AS parallel, j.judged AND s.continuity AS continuity,
    j.judged AND k.met = 4 AS all_four, j.judged AND k.met BETWEEN 1 AND 3 AS some, j.judged AND k.met = 0 AS none
FROM milestones m
JOIN transitions t ON t.id = m.transition_id AND t.taken_on <= m.occurred
JOIN fact_periods f ON f.transition_id = t.id AND f.fact = 'destination' AND f.until IS NULL
    AND f.value #>> '{}' IN ('adult-mental-health:accepted', 'adult-mental-health:proposed')
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(x.step = 'information-transfer' AND x.met), false) AS information,
        coalesce(bool_or(x.step = 'planning-meeting' AND x.met), false) AS planning,
        coalesce(bool_or(x.step = 'meet-adult-service' AND x.met), false) AS parallel,
        coalesce(bool_or(x.step = 'named-worker-check-3' AND x.met AND EXISTS (
            SELECT FROM contacts c WHERE c.transition_id = t.id AND c.step = x.step AND c.attendance IN ('5', '6')
        )), false) AS continuity,
        coalesce(bool_or(x.step = 'named-worker-check-3' AND x.over), false) AS over,
        coalesce(bool_or(x.step = 'named-worker-check-3' AND x.state IN ('planned', 'open')), false) AS ahead
    FROM (
        SELECT y.step, y.state, y.state = 'done' AND NOT y.late AS met,
            y.state IN ('done', 'waived') OR y.due <= $5 AND (y.state <> 'cancelled' OR y.ended >= y.due) AS over
        FROM steps y WHERE y.transition_id = t.id
            AND y.step IN ('information-transfer', 'planning-meeting', 'meet-adult-service', 'named-worker-check-3')
    ) x
) s
CROSS JOIN LATERAL (SELECT s.over AS judged, s.ahead AND NOT s.over AS waiting) j
CROSS JOIN LATERAL (
    SELECT s.information::int + s.planning::int + s.parallel::int + s.continuity::int AS met
) k
WHERE m.milestone = 'transferred' AND m.occurred >= $1::timestamp AT TIME ZONE 'Europe/London'
    AND m.occurred < $2::timestamp AT TIME ZONE 'Europe/London'
"""

REPORT = Report(
    id="track",
    title="How young people were transferred",
    question="Was each young person brought over as they should be, or only sent?",
    numerator=(
        "Transfers with all four, each done in time: the information was sent (information-transfer), everybody sat at"
        " one table (planning-meeting), somebody of the adult service was met before the transfer (meet-adult-service:"
        " parallel care), and the named worker saw or called them after 3 months (named-worker-check-3, attended: "
        "continuity)."
    ),
    denominator=(
        "Transfers of the quarter to an adult mental health service of which the 3 months after are over: the check was"
        " done or waived, or fell due. In time is before the date as it stood when it was done."
    ),
    exclusions=(
        "Transfers to other destinations: there is no adult service to meet.",
        "Transfers from before Alongside followed the person: what was done then is not known.",
        "Who left before the 3 months were over (moved away, died): they are counted beside.",
    ),
    source=(
        "The TRACK study had these four criteria, and found all of them in 4 of 154 young people. How each is told by "
        "a step and its date is local policy."
    ),
    surety=Surety.LOCAL,
    unit="transfers",
    period=Period.QUARTER,
    figures=(
        Figure("transfers", "Transfers"),
        Figure("judged", "Of which the 3 months are over", part_of="transfers", family="when"),
        Figure("waiting", "Within the 3 months", part_of="transfers", family="when"),
        Figure("ended_before", "Ended before", part_of="transfers", family="when"),
        Figure("information", "Information sent", part_of="judged"),
        Figure("planning", "Planning meeting", part_of="judged"),
        Figure("parallel", "Parallel care", part_of="judged"),
        Figure("continuity", "Continuity", part_of="judged"),
        Figure("all_four", "All four", part_of="judged", family="met"),
        Figure("some", "One to three", part_of="judged", family="met"),
        Figure("none", "None of them", part_of="judged", family="met"),
        Figure("share", "All four", Sort.SHARE, part="all_four", part_of="judged"),
    ),
    charted="share",
    better="up",
    cases=CASES,
    shows=(
        Shown("transferred", "Transferred"), Shown("information_done", "Information"),
        Shown("planning_done", "Planning meeting"), Shown("parallel_done", "Parallel care"),
        Shown("continuity_done", "Continuity"),
    ),
)  # fmt: skip
