"""Where young people go when they leave CAMHS, and everybody for whom no destination is agreed: nobody is lost."""

from records.reports.definition import Figure, Period, Report, Shown, Surety

CASES = """
-- Each young person: in the quarter of the transfer once a destination is agreed; in none, today, while it is not.
SELECT t.id::text AS case_id, t.id AS transition_id, t.started AS at,
    CASE WHEN n.agreed AND m.occurred IS NOT NULL THEN (m.occurred AT TIME ZONE 'Europe/London')::date
        WHEN t.status = 'closed' THEN (t.closed_at AT TIME ZONE 'Europe/London')::date ELSE today.at END AS day,
    t.team, t.pathway, CASE WHEN n.agreed THEN n.place ELSE 'none agreed' END AS destination, n.place AS meant,
    n.standing AS agreement, coalesce(m.occurred, m.expected) AS transfer,
    n.agreed AND m.occurred IS NOT NULL AS went,
    n.agreed AND m.occurred IS NULL AND t.status <> 'closed' AS agreed_ahead,
    n.agreed AND m.occurred IS NULL AND t.status = 'closed' AS ended_agreed,
    NOT n.agreed AND t.status <> 'closed' AS none,
    NOT n.agreed AND t.status <> 'closed' AND n.standing = 'unset' AS none_unset,
    NOT n.agreed AND t.status <> 'closed' AND n.standing = 'proposed' AS none_proposed,
    NOT n.agreed AND t.status <> 'closed' AND n.standing = 'declined' AS none_declined,
    NOT n.agreed AND t.status <> 'closed' AND coalesce(least(m.occurred, m.expected) <= $5, false) AS none_after,
    NOT n.agreed AND t.status = 'closed' AS ended_none
FROM transitions t
LEFT JOIN milestones m ON m.transition_id = t.id AND m.milestone = 'transferred'
LEFT JOIN fact_periods f ON f.transition_id = t.id AND f.fact = 'destination' AND f.until IS NULL
CROSS JOIN LATERAL (
    SELECT split_part(f.value #>> '{}', ':', 1) AS place,
        coalesce(nullif(split_part(f.value #>> '{}', ':', 2), ''), 'unset') AS standing,
        coalesce(split_part(f.value #>> '{}', ':', 2) = 'accepted', false) AS agreed
) n
CROSS JOIN (SELECT ($5 AT TIME ZONE 'Europe/London')::date AS at) today
WHERE t.pathway = ANY (ARRAY(
    SELECT d.id FROM definitions d WHERE d.canonical::jsonb #>> '{facts,destination,type}' = 'agreed-choice'
))
"""

REPORT = Report(
    id="destinations",
    title="Where young people go",
    question="Where did each young person go when they left CAMHS, and who has nowhere to go yet?",
    numerator=(
        "Young people who went on, by where to: they were transferred, and the destination was accepted. In none is "
        "everybody for whom no destination is accepted: nothing was said, or it was only proposed, or it was declined."
    ),
    denominator=(
        "Everybody on the pathway from CAMHS. Who went on stands in the quarter of the transfer; who has not yet, and "
        "who is in none, in the quarter of today, however long ago they began and also after they turned 18; who left "
        "the pathway in the quarter in which they did."
    ),
    exclusions=("Nobody. Who is entered and not followed yet is in none, too.",),
    source=(
        "Local policy: every destination is accepted by whoever is there, or it is none. TRACK found 64 of 154 young "
        "people with a need of further care and no transfer."
    ),
    surety=Surety.LOCAL,
    unit="young people",
    period=Period.QUARTER,
    figures=(
        Figure("went", "Went on, as was agreed"),
        Figure("agreed_ahead", "Agreed, and not transferred yet"),
        Figure("none", "In none"),
        Figure("none_unset", "In none: nothing was said", part_of="none", family="none"),
        Figure("none_proposed", "In none: only proposed", part_of="none", family="none"),
        Figure("none_declined", "In none: declined", part_of="none", family="none"),
        Figure("none_after", "In none, and the day of the transfer has passed", part_of="none"),
        Figure("ended_agreed", "Ended before the transfer, agreed"),
        Figure("ended_none", "Ended with none agreed"),
    ),
    charted="went",
    cases=CASES,
    shows=(
        Shown("meant", "Destination"), Shown("agreement", "How it stands"), Shown("transfer", "Transfer"),
    ),
    splits={"destination": "Destination"},
    by="destination",
    standing="none",
    notes=("Whoever is in none stands in the quarter of today, the one who began longest ago first.",),
)  # fmt: skip
