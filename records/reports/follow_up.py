"""Follow-up after a discharge: the national 72 hour measure exactly as it is coded, beside the two local clocks."""

from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety
from schemas.discharge import FOLLOWED_BEDS, NOT_FOLLOWED_DESTINATIONS, NOT_FOLLOWED_METHODS, OWN


def _listed(codes: frozenset[str]) -> str:
    return ", ".join(f"'{code}'" for code in sorted(codes))


CASES = f"""
-- Each discharge whose three days are over, with the first day on which a follow-up counts.
SELECT d.transition_id::text AS case_id, d.transition_id, d.at, d.discharged + 4 AS day, t.team, t.pathway,
    d.discharged, bed.code AS bed_class, destination.code AS destination,
    true AS discharges,
    bed.code IS NULL AS bed_not_known,
    e.eligible, e.eligible AND least(f.contact, f.spell) IS NOT NULL AS followed,
    e.eligible AND least(f.contact, f.spell) IS NULL AS not_followed,
    least(f.contact, f.spell) AS followed_on,
    three.state IS NOT NULL AS local_asked, coalesce(three.met, false) AS local_met,
    two.state IS NOT NULL AS risk_asked, coalesce(two.met, false) AS risk_met
FROM (
    SELECT m.transition_id, m.occurred AS at, (m.occurred AT TIME ZONE 'Europe/London')::date AS discharged
    FROM milestones m
    WHERE m.milestone = 'discharged' AND m.occurred >= ($1 - 4)::timestamp AT TIME ZONE 'Europe/London'
        AND m.occurred < ($2 - 4)::timestamp AT TIME ZONE 'Europe/London'
) d
JOIN transitions t ON t.id = d.transition_id
JOIN people p ON p.id = t.person_id
LEFT JOIN fact_periods f1 ON f1.transition_id = t.id AND f1.fact = 'bed_class' AND f1.until IS NULL
LEFT JOIN fact_periods f2 ON f2.transition_id = t.id AND f2.fact = 'discharge_method' AND f2.until IS NULL
LEFT JOIN fact_periods f3 ON f3.transition_id = t.id AND f3.fact = 'discharge_destination' AND f3.until IS NULL
LEFT JOIN fact_periods f4 ON f4.transition_id = t.id AND f4.fact = 'responsible_provider' AND f4.until IS NULL
CROSS JOIN LATERAL (SELECT f1.value #>> '{{}}' AS code) bed
CROSS JOIN LATERAL (SELECT f3.value #>> '{{}}' AS code) destination
CROSS JOIN LATERAL (
    SELECT coalesce(bed.code IN ({_listed(FOLLOWED_BEDS)}), false)
        AND coalesce(f2.value #>> '{{}}' NOT IN ({_listed(NOT_FOLLOWED_METHODS)}), true)
        AND coalesce(destination.code NOT IN ({_listed(NOT_FOLLOWED_DESTINATIONS)}), true)
        AND NOT coalesce(p.died_on BETWEEN d.discharged AND d.discharged + 3, false) AS eligible
) e
LEFT JOIN LATERAL (
    SELECT (
        SELECT min((c.at AT TIME ZONE 'Europe/London')::date)
        FROM transitions o JOIN contacts c ON c.transition_id = o.id
        WHERE o.person_id = t.person_id AND c.attendance IN ('5', '6') AND c.mechanism IN ('01', '02', '04', '11')
            AND (c.at AT TIME ZONE 'Europe/London')::date BETWEEN d.discharged + 1 AND d.discharged + 3
            AND coalesce(f4.value #>> '{{}}', '{OWN}') = '{OWN}'
    ) AS contact, (
        SELECT min((n.at AT TIME ZONE 'Europe/London')::date) FROM (
            SELECT r.occurred AS at FROM milestones r WHERE r.transition_id = t.id AND r.milestone = 'readmitted'
            UNION ALL
            SELECT o.started FROM transitions o
            WHERE o.person_id = t.person_id AND o.id <> t.id AND o.pathway = t.pathway
        ) n WHERE (n.at AT TIME ZONE 'Europe/London')::date BETWEEN d.discharged + 1 AND d.discharged + 3
    ) AS spell
) f ON e.eligible
LEFT JOIN LATERAL (
    SELECT s.state, s.state = 'done' AND NOT s.late AS met FROM steps s
    WHERE s.transition_id = t.id AND s.step = 'follow-up-72h' AND s.state IN ('open', 'missed', 'done', 'waived')
) three ON true
LEFT JOIN LATERAL (
    SELECT s.state, s.state = 'done' AND NOT s.late AS met FROM steps s
    WHERE s.transition_id = t.id AND s.step = 'follow-up-48h' AND s.state IN ('open', 'missed', 'done', 'waived')
) two ON true
WHERE d.discharged + 4 <= ($5 AT TIME ZONE 'Europe/London')::date
"""  # noqa: S608 - the codes are ours

REPORT = Report(
    id="follow-up",
    title="Follow-up after a discharge",
    question="Was everybody seen or called within three days of leaving the ward?",
    numerator=(
        "Discharges after which the person was seen (attended, status 5 or 6), face to face, by telephone, talk type"
        " or video, on one of the three days after the day of discharge; or a new stay began on one of them. Dates "
        "of London count, not hours: a contact on the day of discharge never counts, and weekends and bank holidays "
        "move nothing."
    ),
    denominator=(
        "Discharges from adult acute, older adult acute, psychiatric intensive care, acute learning disability and "
        "autism, and rehabilitation beds (classes 200, 201, 202, 205, 212, 213). A month has the discharges from "
        "four days before it begins until four days before it ends. A destination that is not known stays in."
    ),
    exclusions=(
        "Who died (method 4, destination 79), and who died within three days of leaving.",
        "Stillbirth (method 5).",
        "To court, prison or police, to secure care or another ward for mental health or learning disability, or "
        "returned to another country (destinations 30, 37, 40, 42, 48, 49, 50, 53, 84, 87, 89).",
        "Low, medium and high secure beds: for them the same clock is local policy.",
        "Our own contacts, where somebody was referred during the stay to another provider, who is then responsible.",
    ),
    source=(
        "National: the 72 hour measure (MHS78 to MHS80) as NHS England codes it, ambition 80 in 100. It asks nothing"
        " of who made the contact: a peer worker's counts. Local: the steps follow-up-72h (any bed) and follow-"
        "up-48h (a risk of suicide was identified, 48 elapsed hours, NICE NG53 and QS159), each met when it was done"
        " in time."
    ),
    surety=Surety.BOTH,
    unit="discharges",
    period=Period.MONTH,
    figures=(
        Figure("discharges", "Discharges"),
        Figure("eligible", "In the national measure", part_of="discharges"),
        Figure("followed", "Followed up", part_of="eligible", family="national"),
        Figure("not_followed", "Not followed up", part_of="eligible", family="national"),
        Figure("share", "Followed up, national", Sort.SHARE, part="followed", part_of="eligible"),
        Figure("bed_not_known", "Class of bed not recorded", part_of="discharges"),
        Figure("local_asked", "Local 72 hour clock: asked for", part_of="discharges"),
        Figure("local_met", "Local 72 hour clock: in time", part_of="local_asked"),
        Figure("local_share", "In time, local 72 hours", Sort.SHARE, part="local_met", part_of="local_asked"),
        Figure("risk_asked", "48 hour clock: asked for", part_of="discharges"),
        Figure("risk_met", "48 hour clock: in time", part_of="risk_asked"),
        Figure("risk_share", "In time, 48 hours", Sort.SHARE, part="risk_met", part_of="risk_asked"),
    ),
    charted="share",
    better="up",
    cases=CASES,
    shows=(
        Shown("discharged", "Discharged"), Shown("followed_on", "Followed up on"), Shown("bed_class", "Class of bed"),
        Shown("destination", "Destination"),
    ),
    splits={"bed_class": "Class of bed"},
    notes=("A discharge is counted once its three days are over.",),
)  # fmt: skip
