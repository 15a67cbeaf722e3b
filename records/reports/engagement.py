"""A year after the transfer: are young people where they wanted to be?"""

from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety

CASES = """
-- Each transfer, and what the check a year later found.
SELECT m.transition_id::text AS case_id, m.transition_id, m.occurred AS at,
    (m.occurred AT TIME ZONE 'Europe/London')::date AS day, t.team, t.pathway, m.occurred AS transferred,
    s.due AS check_due, s.done_on AS checked_on, t.exit,
    split_part(f.value #>> '{}', ':', 1) AS destination,
    true AS transfers, k.known, k.known AND t.exit = 'engaged' AS engaged,
    k.known AND t.exit = 'not-engaged' AS not_engaged,
    NOT k.known AND k.asked AND s.due > $5 AS not_yet,
    NOT k.known AND k.asked AND s.due <= $5 AS overdue,
    NOT k.known AND NOT k.asked AS otherwise
FROM milestones m
JOIN transitions t ON t.id = m.transition_id
LEFT JOIN steps s ON s.transition_id = t.id AND s.step = 'engagement-check'
LEFT JOIN fact_periods f ON f.transition_id = t.id AND f.fact = 'destination' AND f.until IS NULL
CROSS JOIN LATERAL (
    SELECT coalesce(t.exit IN ('engaged', 'not-engaged'), false) AS known,
        t.status <> 'closed' AND coalesce(s.state IN ('planned', 'open', 'missed'), false) AS asked
) k
WHERE m.milestone = 'transferred' AND m.occurred >= $1::timestamp AT TIME ZONE 'Europe/London'
    AND m.occurred < $2::timestamp AT TIME ZONE 'Europe/London'
"""

REPORT = Report(
    id="engagement",
    title="A year after the transfer",
    question="A year later, are young people where they wanted to be?",
    numerator="Transfers after which the check a year later (engagement-check) found that the young person is engaged.",
    denominator=(
        "Transfers of the quarter of which the check said engaged or not engaged. Where it did not yet, it is counted "
        "beside: not yet known while the check is not due, overdue when it is due and nobody has said."
    ),
    exclusions=(
        "Who left before anybody could know (moved away, declined, died, needed no destination), and whose check was "
        "waived: they are counted beside.",
        "Who was not transferred.",
    ),
    source=(
        "NICE QS140 names engagement a year after the transfer as an outcome, and leaves open what engaged is. Here the"
        " named worker says it: local policy."
    ),
    surety=Surety.LOCAL,
    unit="transfers",
    period=Period.QUARTER,
    figures=(
        Figure("transfers", "Transfers"),
        Figure("known", "Known a year later", part_of="transfers", family="found"),
        Figure("not_yet", "Not yet known", part_of="transfers", family="found"),
        Figure("overdue", "Overdue", part_of="transfers", family="found"),
        Figure("otherwise", "Ended otherwise, or not asked", part_of="transfers", family="found"),
        Figure("engaged", "Engaged", part_of="known", family="how"),
        Figure("not_engaged", "Not engaged", part_of="known", family="how"),
        Figure("share", "Engaged", Sort.SHARE, part="engaged", part_of="known"),
    ),
    charted="share",
    better="up",
    cases=CASES,
    shows=(
        Shown("transferred", "Transferred"), Shown("destination", "Destination"), Shown("check_due", "Check due"),
        Shown("checked_on", "Checked"), Shown("exit", "How it ended"),
    ),
    splits={"destination": "Destination"},
)  # fmt: skip
