"""Who does not come to the assessment, and who not to the first session of therapy: two reports, counted alike."""

from records.reports.by_peer import by_peer
from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety
from schemas.ethnicity import CATEGORIES, NOT_KNOWN

_ETHNICITY = ", ".join(f"('{code}', '{words}')" for code, words in CATEGORIES.items() if code != NOT_KNOWN)

_CASES = """
-- Each appointment of one step, with what had been before it: a peer contact, and what was asked for of who comes.
-- Of the journeys, which are long, those alone are read that have a wish. All is joined before the days are looked at
-- (OFFSET 0), of which the planner cannot tell how many appointments they leave; what nobody asks for is not joined.
WITH appointments AS MATERIALIZED (
    SELECT c.transition_id, c.number, c.at, c.attendance, c.mechanism FROM contacts c
    WHERE c.step = '{step}' AND c.at >= $1::timestamp AT TIME ZONE 'Europe/London'
        AND c.at < $2::timestamp AT TIME ZONE 'Europe/London'
), wishes AS (
    SELECT c.transition_id, c.number, c.at, jsonb_array_elements_text(f.value) AS wish
    FROM appointments c JOIN fact_periods f ON f.transition_id = c.transition_id AND f.fact = 'preferences'
        AND f.since <= c.at AND coalesce(f.until > c.at, true)
    WHERE jsonb_typeof(f.value) = 'array'
    UNION
    SELECT c.transition_id, c.number, c.at, j.wish
    FROM appointments c JOIN peer_wishes j ON j.transition_id = c.transition_id
), asked_for AS (
    SELECT a.transition_id, a.number, a.at, array_agg(a.wish) AS wishes FROM wishes a
    WHERE split_part(a.wish, ':', 1) IN ('language', 'gender', 'culture')
    GROUP BY a.transition_id, a.number, a.at
), heard AS (
    SELECT a.transition_id, a.number, min(
        CASE WHEN m.staff IS NULL THEN 'asked, no peer worker then'
            WHEN n.met = cardinality(a.wishes) THEN 'asked and met'
            WHEN n.met > 0 THEN 'asked, met in part' ELSE 'asked, not met' END
    ) AS preference
    FROM asked_for a LEFT JOIN LATERAL (
        SELECT s.staff, s.languages, s.attributes FROM assignments r JOIN matched_by s ON s.staff = r.staff
        WHERE r.transition_id = a.transition_id AND NOT r.joining AND r.starts <= a.at
            AND coalesce(r.ends > a.at, true)
        ORDER BY r.starts DESC, r.id DESC LIMIT 1
    ) m ON true
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (
            WHERE (split_part(w.wish, ':', 1) = 'language' AND substr(w.wish, 10) = ANY (m.languages))
                OR (split_part(w.wish, ':', 1) <> 'language' AND w.wish = ANY (m.attributes))
        ) AS met FROM unnest(a.wishes) AS w (wish)
    ) n
    GROUP BY a.transition_id, a.number
), known AS (
    SELECT c.*, t.team, t.pathway, p.ethnicity, (k.at AT TIME ZONE 'Europe/London')::date AS peer_on,
        coalesce(h.preference, 'not asked') AS preference
    FROM appointments c
    LEFT JOIN transitions t ON t.id = c.transition_id
    LEFT JOIN people p ON p.id = t.person_id
    LEFT JOIN heard h ON h.transition_id = c.transition_id AND h.number = c.number
    LEFT JOIN LATERAL (
        SELECT o.at FROM contacts o WHERE o.transition_id = c.transition_id AND o.at < c.at
            AND o.attendance IN ('5', '6') AND {by_peer}
        ORDER BY o.at DESC LIMIT 1
    ) k ON true
    OFFSET 0
)
SELECT concat_ws('/', c.transition_id, '{step}', c.number) AS case_id, c.transition_id, c.at,
    (c.at AT TIME ZONE 'Europe/London')::date AS day, c.team, c.pathway, c.attendance, c.mechanism, c.peer_on,
    (SELECT e.words FROM (VALUES {ethnicity}) AS e (code, words) WHERE e.code = c.ethnicity) AS ethnicity, c.preference,
    g.taken,
    g.taken AND NOT g.missed AS seen,
    g.missed,
    g.taken AND c.peer_on IS NOT NULL AS with_peer,
    g.taken AND c.peer_on IS NULL AS without_peer,
    g.taken AND NOT g.missed AND c.peer_on IS NOT NULL AS seen_with,
    g.missed AND c.peer_on IS NOT NULL AS missed_with,
    g.taken AND NOT g.missed AND c.peer_on IS NULL AS seen_without,
    g.missed AND c.peer_on IS NULL AS missed_without,
    c.attendance = '2' AS cancelled_by_person,
    c.attendance = '4' AS cancelled_by_us
FROM known c
CROSS JOIN LATERAL (
    SELECT c.attendance IN ('3', '5', '6', '7') AS taken, c.attendance IN ('3', '7') AS missed
) g
"""

_SOURCE = (
    "Attended or did not attend: NHS Data Dictionary. The two rates are kept apart, as the service set out to"
    " do: there is no national rule. What was asked for is what the person said of who comes to them "
    "(language, gender, culture; times and ways of contact are about the appointment) as it stood at the "
    "hour of the appointment, with what was said to peer support as it stands now. It was met when the peer "
    "worker who went with them then has it on the staff list."
)
_FIGURES = (
    Figure("taken", "Took place or were missed"),
    Figure("seen", "Came", part_of="taken", family="how"),
    Figure("missed", "Did not come", part_of="taken", family="how"),
    Figure("share", "Did not come", Sort.SHARE, part="missed", part_of="taken"),
    Figure("with_peer", "Had met a peer worker", part_of="taken", family="peer"),
    Figure("without_peer", "Had met none", part_of="taken", family="peer"),
    Figure("seen_with", "Had met one, came", part_of="taken", family="both"),
    Figure("missed_with", "Had met one, did not come", part_of="taken", family="both"),
    Figure("share_with", "Had met one: did not come", Sort.SHARE, part="missed_with", part_of="with_peer"),
    Figure("seen_without", "Had met none, came", part_of="taken", family="both"),
    Figure("missed_without", "Had met none, did not come", part_of="taken", family="both"),
    Figure("share_without", "Had met none: did not come", Sort.SHARE, part="missed_without", part_of="without_peer"),
    Figure("cancelled_by_person", "Cancelled by the person"),
    Figure("cancelled_by_us", "Cancelled by the service"),
)


def _report(report_id: str, step: str, what: str) -> Report:
    """The report on one of the two appointments. They are never added up."""
    return Report(
        id=report_id,
        title=f"Not coming to the {what}",
        question=f"Who does not come to the {what}, and does it help to have met a peer worker before?",
        numerator="Appointments that the person did not come to (status 3), or came too late to be seen (7).",
        denominator=(
            f"Appointments of the step {step} that took place (status 5 or 6) or were missed (3 or 7), each time that"
            " there was one. Had met a peer worker: a peer contact of the same transition was attended before the "
            "hour of the appointment, in whatever way it was made."
        ),
        exclusions=("Appointments that the person (status 2) or the service (4) cancelled: they are counted beside.",),
        source=_SOURCE,
        surety=Surety.LOCAL,
        unit="appointments",
        period=Period.QUARTER,
        figures=_FIGURES,
        charted="share",
        better="down",
        cases=_CASES.format(step=step, ethnicity=_ETHNICITY, by_peer=by_peer("o")),
        shows=(
            Shown("attendance", "How it went"), Shown("day", "On"), Shown("peer_on", "Last peer contact before"),
            Shown("preference", "What was asked for of who comes"),
        ),
        splits={"ethnicity": "Ethnic category", "preference": "What was asked for of who comes"},
        notes=(
            "With and without a peer contact are not the same people otherwise: a difference does not say by itself "
            "what it comes from.",
        ),
    )  # fmt: skip


ASSESSMENT = _report("missed-assessments", "assessment-attended", "assessment")
THERAPY = _report("missed-first-sessions", "therapy-start-attended", "first session of therapy")
