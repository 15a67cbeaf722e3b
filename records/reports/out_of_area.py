"""Placements out of area: how many began, for want of a bed, who came back, and whether each was reviewed."""

from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety

CASES = """
-- Each placement that began, each that ended, and each review that fell due.
WITH placements AS (
    SELECT f.transition_id, f.since, e.until, e.until = f.until AND e.until < g.left_at AS brought_back, r.reason
    FROM fact_periods f
    JOIN transitions o ON o.id = f.transition_id
    LEFT JOIN milestones m ON m.transition_id = f.transition_id AND m.milestone = 'discharged'
    CROSS JOIN LATERAL (SELECT least(coalesce(m.occurred, 'infinity'), coalesce(o.closed_at, 'infinity')) AS left_at) g
    CROSS JOIN LATERAL (SELECT least(coalesce(f.until, 'infinity'), g.left_at) AS until) e
    LEFT JOIN LATERAL (
        SELECT w.value #>> '{}' AS reason FROM fact_periods w
        WHERE w.transition_id = f.transition_id AND w.fact = 'out_of_area_reason' AND w.since < e.until
            AND coalesce(w.until, 'infinity') > f.since
        ORDER BY w.since DESC LIMIT 1
    ) r ON true
    WHERE f.fact = 'out_of_area' AND f.value = 'true' AND f.since < e.until
), happened AS (
    SELECT concat_ws('/', 'began', p.transition_id, extract(epoch FROM p.since)) AS case_id, p.since AS at,
        'began' AS what, p.*, NULL::text AS step
    FROM placements p
    UNION ALL
    SELECT concat_ws('/', 'ended', p.transition_id, extract(epoch FROM p.since)), p.until, 'ended', p.*, NULL
    FROM placements p WHERE p.until < 'infinity'
    UNION ALL
    SELECT concat_ws('/', 'review', s.transition_id, s.step), s.due - interval '1 second', 'review', s.transition_id,
        NULL, NULL, NULL, NULL, s.step
    FROM (SELECT DISTINCT transition_id FROM placements) p JOIN steps s ON s.transition_id = p.transition_id
    WHERE s.step LIKE 'placement-review#%' AND s.due <= $5 AND s.state <> 'planned' AND (
        s.state <> 'cancelled'
        OR s.ended >= s.due AND s.reason NOT IN ('passed', 'superseded', 'before-alongside')
    )
)
SELECT h.case_id, h.transition_id, h.at, (h.at AT TIME ZONE 'Europe/London')::date AS day, t.team, t.pathway,
    CASE WHEN h.what <> 'review' THEN coalesce(h.reason, '99') END AS out_of_area_reason, h.since,
    nullif(h.until, 'infinity') AS until, s.due AS review_due, s.done_on AS reviewed_on,
    h.what = 'began' AS began,
    h.what = 'began' AND h.reason IS NOT DISTINCT FROM '10' AS inappropriate,
    h.what = 'began' AND coalesce(h.reason IN ('11', '12', '13', '14'), false) AS other_reason,
    h.what = 'began' AND coalesce(h.reason, '99') = '99' AS reason_not_known,
    h.what = 'ended' AS ended,
    h.what = 'ended' AND coalesce(h.brought_back, false) AS brought_back,
    h.what = 'ended' AND NOT coalesce(h.brought_back, false) AS left_from_there,
    CASE WHEN h.what = 'ended' THEN
        (h.until AT TIME ZONE 'Europe/London')::date - (h.since AT TIME ZONE 'Europe/London')::date END AS days,
    h.what = 'review' AS reviews,
    h.what = 'review' AND coalesce(s.state = 'done' AND NOT s.late, false) AS reviewed_in_time,
    h.what = 'review' AND coalesce(s.state = 'done' AND s.late, false) AS reviewed_late,
    h.what = 'review' AND coalesce(s.state <> 'done', true) AS not_reviewed
FROM happened h
JOIN transitions t ON t.id = h.transition_id
LEFT JOIN steps s ON s.transition_id = h.transition_id AND s.step = h.step
WHERE h.at < $2::timestamp AT TIME ZONE 'Europe/London'
"""

REPORT = Report(
    id="out-of-area",
    title="Placements out of area",
    question="Who was placed far from home, for want of a bed nearby, and how soon did they come back?",
    numerator=(
        "Placements of which the reason is that no bed was free (code 10): these are called inappropriate. Reviews "
        "that were done in time."
    ),
    denominator=(
        "Placements that began in the month; placements that ended in it; reviews that fell due in it, every 3 months"
        " of the stay while somebody is placed out of area. A placement is a time for which that stood as known: from "
        "the start, or from when it was recorded, until it was not so any more, or until they left the ward. Its "
        "reason is the last that was recorded for that time."
    ),
    exclusions=(
        "A placement that was taken back at the very moment at which it was recorded.",
        "Reviews that fell due before Alongside followed the stay, or before the placement was known.",
        "Reviews that are due later, also when they are done already.",
    ),
    source=(
        "National: what is out of area and inappropriate (guidance of September 2016; reason codes of the NHS Data "
        "Dictionary), and a review at least every 3 months (NICE QS159, statement 2). The service that sends decides "
        "what is out of area. Local: that a placement counts in the month in which it began, not by its bed days; "
        "secure care has no national definition."
    ),
    surety=Surety.BOTH,
    unit="placements",
    period=Period.MONTH,
    figures=(
        Figure("began", "Placements that began"),
        Figure("inappropriate", "For want of a bed: inappropriate", part_of="began", family="why"),
        Figure("other_reason", "For another reason", part_of="began", family="why"),
        Figure("reason_not_known", "Reason not known", part_of="began", family="why"),
        Figure("share", "Inappropriate", Sort.SHARE, part="inappropriate", part_of="began"),
        Figure("ended", "Placements that ended"),
        Figure("brought_back", "Brought back to their area", part_of="ended", family="how"),
        Figure("left_from_there", "Left the ward from there", part_of="ended", family="how"),
        Figure("days", "Days of those that ended, the middle one", Sort.MEDIAN, unit="days"),
        Figure("reviews", "Reviews that fell due"),
        Figure("reviewed_in_time", "Reviewed in time", part_of="reviews", family="review"),
        Figure("reviewed_late", "Reviewed late", part_of="reviews", family="review"),
        Figure("not_reviewed", "Not reviewed", part_of="reviews", family="review"),
        Figure("reviewed_share", "Reviewed in time", Sort.SHARE, part="reviewed_in_time", part_of="reviews"),
    ),
    charted="inappropriate",
    better="down",
    cases=CASES,
    shows=(
        Shown("since", "Since"), Shown("until", "Until"), Shown("out_of_area_reason", "Why"),
        Shown("review_due", "Review due"), Shown("reviewed_on", "Reviewed"),
    ),
)  # fmt: skip
