"""Clinically ready for discharge and still on the ward: how many delays, of how many days, and what for."""

from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety
from schemas.ready import GROUP_OF, REASONS, Group


def _group() -> str:
    """The group of a reason, as SQL."""
    of = {group: [code for code in REASONS if GROUP_OF[code] is group] for group in Group}
    cases = [f"WHEN d.reason IN ({', '.join(map(repr, codes))}) THEN '{group}'" for group, codes in of.items()]
    return f"CASE {' '.join(cases)} END"


CASES = f"""
-- Each delay in each month of which it has days: the first is the day after they became ready.
-- When it ended is told once (OFFSET 0), and those that ended before are left out before they are told apart by months.
SELECT concat_ws('/', d.id, to_char(p.first, 'YYYY-MM')) AS case_id, d.transition_id,
    d.starts::timestamp AT TIME ZONE 'Europe/London' AS at, p.first AS day, t.team, t.pathway, d.starts, d.ends,
    d.reason AS delay, {_group()} AS reason_group, d.attribution,
    true AS delays, p.last - p.first + 1 AS days,
    d.attribution = '04' AS nhs, d.attribution = '05' AS social_care, d.attribution = '06' AS both,
    CASE WHEN p.last = d.ends - 1 THEN d.until - d.starts END AS length
FROM (
    SELECT o.*, o.starts + 1 AS began, least(o.ends - 1, ($5 AT TIME ZONE 'Europe/London')::date) AS until
    FROM delays o WHERE o.starts < $2 OFFSET 0
) d
JOIN transitions t ON t.id = d.transition_id
CROSS JOIN LATERAL generate_series(
    date_trunc('month', greatest(d.began, $1)::timestamp), least(d.until, $2 - 1)::timestamp, interval '1 month'
) m
CROSS JOIN LATERAL (
    SELECT greatest(d.began, $1, m::date) AS first, least(d.until, $2 - 1, (m + interval '1 month')::date - 1) AS last
) p
WHERE d.began <= d.until AND d.until >= $1
"""  # noqa: S608 - the codes are ours

REPORT = Report(
    id="delays",
    title="Ready for discharge, and still on the ward",
    question="Who could have left, what did they wait for, and for how many days?",
    numerator=(
        "Days of delay: the first is the day after somebody became clinically ready for discharge, the last the day "
        "before they left or were not ready any more. Today counts while it goes on. A day counts in the month in "
        "which it lies, so a delay from 20 January to 10 February has 11 days of January and 9 of February."
    ),
    denominator=(
        "Delays with at least one day in the month. Somebody may have several in one stay: each counts. A delay that "
        "reaches into another month counts in each of its months, so the delays of months cannot be added up; their "
        "days can."
    ),
    exclusions=(
        "Periods that were withdrawn; of one that was corrected, what took its place counts.",
        "Days after the discharge, or after the transition ended, also where nobody said that the delay had.",
        "Who left on the day on which they became ready, or on the next: that is no day of delay.",
    ),
    source=(
        "National: clinically ready for discharge (MHSDS version 6, table MHS518), with its reasons and whose delay it"
        " is, and the reasons put into groups, and days counted from the day after, as on NHS England's dashboard of "
        "acute inpatient care. Local: how a delay is told apart by months."
    ),
    surety=Surety.BOTH,
    unit="delays",
    period=Period.MONTH,
    figures=(
        Figure("delays", "Delays"),
        Figure("days", "Days of delay", Sort.SUM, unit="days"),
        Figure("length", "Length of those that ended, the middle one", Sort.MEDIAN, unit="days"),
        Figure("nhs", "Of the NHS", part_of="delays", family="whose"),
        Figure("social_care", "Of social care", part_of="delays", family="whose"),
        Figure("both", "Of both", part_of="delays", family="whose"),
    ),
    charted="days",
    better="down",
    cases=CASES,
    shows=(
        Shown("starts", "Ready from"), Shown("ends", "Until"), Shown("days", "Days in the month"),
        Shown("delay", "Waiting for"), Shown("attribution", "Whose"),
    ),
    splits={"reason_group": "What for", "delay": "Reason", "attribution": "Whose"},
    by="reason_group",
    notes=("The last line counts a delay once for each month of which it has days.",),
)  # fmt: skip
