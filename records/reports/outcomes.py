"""How people fare by what they say: first score and latest, each measure and each view by itself."""

from pathways.measures import shipped
from records.reports.definition import Figure, Period, Report, Shown, Sort, Surety
from schemas.codes import VIEW_WORDS
from schemas.instrument import Instrument, Scale


def thresholds() -> list[str]:
    """How much change is more than chance, by measure, number and view, as rows; less is better where it is negative.

    Only what a confirmed source says of a measure that groups may be compared by.
    """
    return [
        f"('{instrument.id}', '{number}', '{view.value}', {points if scale.better == 'higher' else -points}::numeric)"
        for instrument in shipped().values()
        if instrument.between_groups
        for scale in instrument.scales
        for view in instrument.views
        if scale.change is not None and (points := scale.change.of(view)) is not None
        for number in _numbers(instrument, scale)
    ]


def _numbers(instrument: Instrument, scale: Scale) -> list[str]:
    """What the numbers of a scale are kept as: by its name, or where each answer counts by itself, one by one."""
    if scale.rule != "each" or instrument.items is None:
        return [scale.id]
    return [f"{instrument.items.noun}-{number}" for number in range(1, instrument.items.count + 1)]


_VIEWS = ", ".join(f"('{view.value}', '{words}')" for view, words in VIEW_WORDS.items())

_CHANGES = f"""(
    SELECT jsonb_object_agg(concat_ws('/', c.instrument, c.scale, c.view), c.points)
    FROM (VALUES {", ".join(thresholds())}) AS c (instrument, scale, view, points)
)"""  # noqa: S608 - measures, numbers and points are ours

CASES = f"""
-- Each measure of a transition in one view: its numbers first and latest, by the version of the latest, and what the
-- differences say together. One that is reliably worse outweighs what is better.
-- The scores come in the order of an index and stay in it, so that nothing is sorted or hashed: which is the latest is
-- told by one number (its day, then its revision), and what is more than chance is looked up, not joined.
SELECT concat_ws('/', r.transition_id, r.instrument, r.view) AS case_id, r.transition_id,
    r.latest_on::timestamp AT TIME ZONE 'Europe/London' AS at, r.latest_on AS day, t.team, t.pathway,
    concat(r.instrument, ', ', v.words) AS measure, concat(t.team, ': ', r.instrument, ', ', v.words) AS in_team,
    concat(t.pathway, ': ', r.instrument, ', ', v.words) AS on_pathway, r.first_on,
    CASE WHEN r.paired THEN r.latest_on END AS latest_on,
    CASE WHEN r.worse THEN 'deteriorated' WHEN r.better THEN 'improved' WHEN r.judged THEN 'unchanged' END AS change,
    true AS measured,
    r.paired,
    NOT r.paired AS once,
    r.judged,
    r.paired AND NOT r.judged AS not_judged,
    r.better AND NOT r.worse AS improved,
    r.worse AS deteriorated,
    r.judged AND NOT r.better AND NOT r.worse AS unchanged
FROM (
    SELECT DISTINCT ON (d.transition_id, d.instrument, d.view) d.transition_id, d.instrument, d.view,
        min(d.first_on) AS first_on, max(d.latest_on) AS latest_on,
        bool_or(d.moved IS NOT NULL) AS paired,
        bool_or(d.points IS NOT NULL) AS judged,
        coalesce(bool_or(d.moved * sign(d.points) >= abs(d.points)), false) AS better,
        coalesce(bool_or(-d.moved * sign(d.points) >= abs(d.points)), false) AS worse
    FROM (
        SELECT o.transition_id, o.instrument, o.view, o.version, o.scale,
            min(o.taken_on) AS first_on, max(o.taken_on) AS latest_on,
            max((o.taken_on - date '2000-01-01') * 4294967296 + o.revision) AS latest,
            CASE WHEN max(o.taken_on) > min(o.taken_on) THEN
                (array_agg(o.derived ORDER BY o.taken_on, o.revision))[count(*)]
                - (array_agg(o.derived ORDER BY o.taken_on, o.revision))[1] END AS moved,
            CASE WHEN max(o.taken_on) > min(o.taken_on) THEN
                ({_CHANGES} -> concat_ws('/', o.instrument, o.scale, o.view))::numeric END AS points
        FROM measure_scores o
        GROUP BY o.transition_id, o.instrument, o.view, o.version, o.scale
    ) d
    GROUP BY d.transition_id, d.instrument, d.view, d.version
    ORDER BY d.transition_id, d.instrument, d.view, max(d.latest) DESC
) r
LEFT JOIN transitions t ON t.id = r.transition_id
LEFT JOIN (VALUES {_VIEWS}) AS v (view, words) ON v.view = r.view
"""  # noqa: S608 - measures, numbers and points are ours

REPORT = Report(
    id="outcomes",
    title="Outcomes by measure",
    question="Of people who were asked more than once, who is reliably better, who is worse, and who is neither?",
    numerator=(
        "Improved: a number moved for the better by at least what its source calls more than chance, and none of the "
        "same measure moved for the worse by that much. Deteriorated: any number did so for the worse. Unchanged: "
        "every move was less than that."
    ),
    denominator=(
        "Pairs that can be judged: the first score of a transition, and the latest on a later day, of the same "
        "measure in the same view and by the same version of the scoring, where a confirmed source says how much is "
        "more than chance. A pair counts in the quarter of its latest score; a later one moves it on."
    ),
    exclusions=(
        "What was declined, and what was asked once only (counted beside).",
        "Measures of which no confirmed source says how much change is more than chance: they are paired, and not "
        "judged.",
        "Goal attainment (GAS) is paired and never judged here: it tells how one person fares with their own goals, "
        "and compares no groups.",
        "Service use says nothing of how somebody fares, and is not here.",
    ),
    source=(
        "National: first and latest score of one referral, and reliable change, as NHS England’s dashboards pair and "
        "judge them, by the points that the description of each measure names with its source. Local: a transition "
        "stands for the referral, open or closed."
    ),
    surety=Surety.BOTH,
    unit="people by measure and view",
    period=Period.QUARTER,
    figures=(
        Figure("measured", "Asked"),
        Figure("once", "Once, so far", part_of="measured", family="times"),
        Figure("paired", "More than once", part_of="measured", family="times"),
        Figure("not_judged", "No source says what is more than chance", part_of="paired", family="source"),
        Figure("judged", "Can be judged", part_of="paired", family="source"),
        Figure("improved", "Improved", part_of="judged", family="change"),
        Figure("unchanged", "Unchanged", part_of="judged", family="change"),
        Figure("deteriorated", "Deteriorated", part_of="judged", family="change"),
        Figure("improved_share", "Improved", Sort.SHARE, part="improved", part_of="judged"),
        Figure("deteriorated_share", "Deteriorated", Sort.SHARE, part="deteriorated", part_of="judged"),
    ),
    charted="improved_share",
    better="up",
    cases=CASES,
    shows=(
        Shown("measure", "Measure and view"), Shown("first_on", "First"), Shown("latest_on", "Latest"),
        Shown("change", "What it says"),
    ),
    splits={
        "measure": "Measure and view", "in_team": "Team, measure and view",
        "on_pathway": "Pathway, measure and view",
    },
    by="measure",
    added_up=False,
    notes=("Measures and views are never added up: each is a row of its own, and there is no total.",),
)  # fmt: skip
