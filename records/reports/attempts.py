"""The weekly audit of contacts that did not come about: of which kind, and whether somebody asked if they are safe."""

from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety

CASES = """
-- Each contact that did not come about, and the risk review that follows of those who were expected and not seen.
-- The first contact at a step that was missed has its first review, the second its second.
SELECT concat_ws('/', c.transition_id, c.step, c.number) AS case_id, c.transition_id, c.at,
    (c.at AT TIME ZONE 'Europe/London')::date AS day, c.team, c.pathway, c.step, step.title, step.kind, c.attendance,
    c.mechanism, c.by_role, r.due AS review_due, r.done_on AS reviewed_on,
    true AS failed,
    c.attendance = '2' AS cancelled_by_person,
    c.attendance = '3' AND NOT c.child AS did_not_attend,
    c.attendance = '3' AND c.child AS not_brought,
    c.attendance = '4' AS cancelled_by_us,
    c.attendance = '7' AS too_late,
    c.missed AS review_needed,
    c.missed AND coalesce(r.state = 'done' AND NOT r.late, false) AS reviewed_in_time,
    c.missed AND coalesce(r.state = 'done' AND r.late, false) AS reviewed_late,
    c.missed AND coalesce(r.state IN ('open', 'missed'), false) AS review_open,
    c.missed AND coalesce(r.state NOT IN ('done', 'open', 'missed'), true) AS not_reviewed
FROM (
    SELECT k.*, k.attendance IN ('3', '7') AS missed FROM failed_contacts k
    WHERE k.at >= $1::timestamp AT TIME ZONE 'Europe/London'
        AND k.at < $2::timestamp AT TIME ZONE 'Europe/London'
) c
LEFT JOIN steps step ON step.transition_id = c.transition_id AND step.step = c.step
LEFT JOIN LATERAL (
    SELECT count(*) AS review FROM contacts e WHERE e.transition_id = c.transition_id AND e.step = c.step
        AND e.number <= c.number AND e.attendance IN ('3', '7') AND c.missed
) n ON true
LEFT JOIN steps r ON r.transition_id = c.transition_id
    AND r.step = CASE WHEN c.missed THEN 'risk-review:' || c.step || '#' || n.review END
"""

REPORT = Report(
    id="failed-contacts",
    title="Contacts that did not come about",
    question="Who was expected and not seen, and did somebody ask whether they are safe?",
    numerator="Risk reviews that were done, in time or late.",
    denominator="Contacts at which somebody was expected and not seen (status 3 or 7): each calls for a risk review.",
    exclusions=(
        "Contacts that were attended (status 5 or 6).",
        "A cancellation calls for no risk review: it is counted beside.",
    ),
    source=(
        "Local policy: a review within 4 hours for steps about safety, within one working day otherwise, and this "
        "audit once a week, as coroners have asked for after deaths. How contacts are told apart: attended or did "
        "not attend, NHS Data Dictionary. Of somebody under 18 it is said that they were not brought."
    ),
    surety=Surety.LOCAL,
    unit="contacts",
    period=Period.WEEK,
    figures=(
        Figure("failed", "Did not come about"),
        Figure("did_not_attend", "Did not attend, without word", part_of="failed", family="why"),
        Figure("not_brought", "Were not brought (under 18)", part_of="failed", family="why"),
        Figure("too_late", "Came too late to be seen", part_of="failed", family="why"),
        Figure("cancelled_by_person", "Cancelled by the person", part_of="failed", family="why"),
        Figure("cancelled_by_us", "Cancelled by the service", part_of="failed", family="why"),
        Figure("review_needed", "A risk review was called for", part_of="failed"),
        Figure("reviewed_in_time", "Reviewed in time", part_of="review_needed", family="review"),
        Figure("reviewed_late", "Reviewed late", part_of="review_needed", family="review"),
        Figure("review_open", "Not reviewed yet", part_of="review_needed", family="review"),
        Figure("not_reviewed", "Not reviewed", part_of="review_needed", family="review"),
        Figure("share", "Reviewed in time", Sort.SHARE, part="reviewed_in_time", part_of="review_needed"),
    ),
    charted="failed",
    cases=CASES,
    shows=(
        Shown("title", "What"), Shown("attendance", "How it went"), Shown("mechanism", "How it was made"),
        Shown("review_due", "Review due"), Shown("reviewed_on", "Reviewed"),
    ),
    splits={"kind": "Kind of contact"},
)  # fmt: skip
