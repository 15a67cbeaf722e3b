"""Every figure of a report is the one that comes of what really happened, whichever way it is asked for."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from records.reports.asked import Asked, asked
from records.reports.counting import run, stream
from records.reports.definition import Report, Sort
from records.reports.registry import BY_ID, find
from tests.synthesis import hours, truth, voices, waits, wards, young
from tests.synthesis.conftest import NOW, Lived
from tests.synthesis.told import Case, Span, Told

Truth = Callable[[Told, datetime, Span], Iterable[Case]]
Rows = dict[tuple[Any, Any], dict[str, Any]]
TRUTHS: dict[str, Truth] = {
    "follow-up": truth.follow_up,
    "four-weeks": truth.four_weeks,
    "failed-contacts": truth.failed_contacts,
    "delays": wards.delays,
    "inpatients": wards.inpatients,
    "out-of-area": wards.out_of_area,
    "destinations": young.destinations,
    "track": young.track,
    "engagement": young.engagement,
    "waits": waits.stages,
    "missed-assessments": waits.missed("assessment-attended"),
    "missed-first-sessions": waits.missed("therapy-start-attended"),
    "silence": waits.silences,
    "outcomes": voices.outcomes,
    "experience": voices.experience,
    "peer-contacts": hours.contacts,
    "no-hours": hours.none,
}
TRUTHS = {report_id: of for report_id, of in TRUTHS.items() if report_id in BY_ID}
WITHOUT = {
    "escalations": "below: of the safety ladder all of it, of the other two each rung of some steps",
}
"""Reports without a truth of their own, and why."""
FIRST = {
    "follow-up": "followed", "four-weeks": "stopped", "failed-contacts": "reviewed_in_time", "delays": "delays",
    "inpatients": "delayed", "out-of-area": "brought_back", "destinations": "went", "track": "judged",
    "engagement": "transfers", "waits": "done", "missed-assessments": "missed_with",
    "missed-first-sessions": "missed", "silence": "seen",
    "outcomes": "deteriorated", "experience": "negative", "peer-contacts": "unbooked",
    "no-hours": "contacts",
}  # fmt: skip
"""What must have happened some times, or the test tells nothing."""
SPLITS = [
    ("follow-up", "bed_class"), ("four-weeks", "age_group"), ("failed-contacts", "kind"), ("delays", "delay"),
    ("delays", "attribution"), ("inpatients", "bed_class"), ("destinations", "destination"),
    ("engagement", "destination"), ("waits", "stage"), ("missed-assessments", "ethnicity"),
    ("missed-assessments", "preference"), ("missed-first-sessions", "preference"), ("outcomes", "in_team"),
    ("outcomes", "on_pathway"), ("peer-contacts", "place"), ("peer-contacts", "worker"),
]  # fmt: skip
"""What reports are told apart by beside team and pathway."""
ALL: dict[str, Any] = {"begins": date(2024, 10, 1), "ends": date(2026, 11, 27)}
ASKINGS: dict[str, dict[str, Any]] = {
    "all": {},
    "by pathway": {"by": "pathway"},
    "by team": {"by": "team"},
    "a season": {"begins": date(2026, 4, 1), "ends": date(2026, 8, 31)},
    "a team": {"team": "Birchwood community"},
    "another team": {"team": "Fennel therapies"},
    "young people": {"pathway": "camhs-to-adult"},
    "wards": {"pathway": "inpatient-to-community"},
}


@pytest.mark.parametrize(
    ("report_id", "asking"),
    [(one, asking) for one in TRUTHS for asking, how in ASKINGS.items() if one != "outcomes" or "by" not in how],
)
async def test_a_report_says_what_happened(lived: Lived, report_id: str, asking: str) -> None:
    await agrees(lived, find(report_id), TRUTHS[report_id], ASKINGS[asking])


def test_every_report_is_compared_or_it_is_said_why_not() -> None:
    assert set(BY_ID) <= TRUTHS.keys() | WITHOUT.keys()


@pytest.mark.parametrize(("report_id", "split"), [one for one in SPLITS if one[0] in BY_ID])
async def test_it_does_so_in_every_split(lived: Lived, report_id: str, split: str) -> None:
    await agrees(lived, find(report_id), TRUTHS[report_id], {"by": split})


async def test_rungs_of_the_safety_ladder_are_those_that_fired(lived: Lived) -> None:
    report = find("escalations")
    wanted = asked(report, NOW.date(), **{**ALL, "by": "ladder"}, inside=True)
    found = await run(lived.pool, report, wanted, NOW)
    cases = list(truth.safety_escalations(lived.told, NOW, Span(wanted.begins, wanted.until)))
    expected = table(report, wanted, cases)
    safety = {key: row for key, row in shown(found.rows).items() if key[1] == "safety"}
    assert differing(safety, expected) == []
    assert sum(case["fired"] for case in cases) > 100, "too few to tell anything"


async def test_rungs_that_are_counted_in_working_days_are_those_that_fired(lived: Lived) -> None:
    report = find("escalations")
    wanted = asked(report, NOW.date(), **ALL, inside=True)
    held = {way.id for way in lived.told.ways if way.all("held")}
    found = {
        (case.transition_id, case.shown["step"], case.shown["rung"]): case
        async for case in stream(lived.pool, report, wanted, "fired", NOW)
        if (case.pathway, case.shown["step"]) in truth.STEPS and case.transition_id not in held
    }
    true = [one for one in truth.working_day_escalations(lived.told, NOW) if wanted.begins <= one["day"] < wanted.until]
    assert found.keys() == {(one["transition"], one["step"], int(one["rung"])) for one in true}
    for one in true:
        case = found[one["transition"], one["step"], int(one["rung"])]
        assert (case.at, case.team, case.pathway) == (one["at"], one["team"], one["pathway"])
        told = ("ladder", "acknowledged", "resolved", "still_late", "hours_to_acknowledge", "hours_to_resolve")
        assert {name: case.shown[name] for name in told} == {name: one[name] for name in told}
    assert min(Counter(one["ladder"] for one in true).values()) >= 10, "too few to tell anything"
    assert {one["rung"] for one in true} == {"1", "2", "3"}


async def agrees(lived: Lived, report: Report, of: Truth, asking: dict[str, Any]) -> None:
    """The rows of a report are those of the truth."""
    wanted = asked(report, NOW.date(), **{**ALL, **asking}, inside=True)
    wanted = replace(wanted, inside=True)  # small numbers, too, of what is anonymous
    found = await run(lived.pool, report, wanted, NOW)
    cases = list(of(lived.told, NOW, Span(wanted.begins, wanted.until)))
    assert differing(shown(found.rows), table(report, wanted, cases)) == []
    if report.has_total:
        total = {(None, None): figures(report, within(wanted, cases))}
        assert differing(shown([found.total]), total) == []
    if not asking:
        assert sum(bool(case.get(FIRST[report.id])) for case in cases) >= 3, "too few to tell anything"


def differing(found: Rows, true: Rows) -> list[str]:
    """Where a report says otherwise than it was: a few of these places, because all of them tell no more."""
    return [
        f"{period or 'all'} {split or ''} {name}: {found.get((period, split), {}).get(name)}, and it was "
        f"{true.get((period, split), {}).get(name)}"
        for period, split in sorted(found.keys() | true.keys(), key=str)
        for name in true.get((period, split), found.get((period, split), {}))
        if found.get((period, split), {}).get(name) != true.get((period, split), {}).get(name)
    ][:12]


def within(wanted: Asked, cases: Iterable[Case]) -> list[Case]:
    """What was asked for."""
    return [
        case for case in cases
        if wanted.begins <= case["day"] < wanted.until
        and wanted.team in (None, case["team"]) and wanted.pathway in (None, case["pathway"])
    ]  # fmt: skip


def table(report: Report, wanted: Asked, cases: Iterable[Case]) -> Rows:
    """The cases by period and split."""
    rows: dict[tuple[Any, Any], list[Case]] = {}
    for case in within(wanted, cases):
        split = None if wanted.by is None else case[wanted.by] if case[wanted.by] is not None else "not known"
        rows.setdefault((period(case["day"], report.period.value), split), []).append(case)
    return {key: figures(report, some) for key, some in rows.items()}


def period(day: date, length: str) -> date:
    """The first day of the week, month or quarter."""
    if length == "week":
        return date.fromordinal(day.toordinal() - day.weekday())
    return date(day.year, day.month if length == "month" else (day.month - 1) // 3 * 3 + 1, 1)


def figures(report: Report, cases: list[Case]) -> dict[str, Any]:
    """The numbers of some cases."""
    found: dict[str, Any] = {}
    for one in report.figures:
        said = [case[one.name] for case in cases if case.get(one.name) is not None]
        match one.sort.value:
            case "count":
                found[one.name] = sum(map(bool, said))
            case "sum":
                found[one.name] = round(float(sum(said)), 6)
            case "median":
                found[one.name] = round(float(statistics.median(said)), 6) if said else None
            case "longest":
                found[one.name] = round(float(max(said)), 6) if said else None
    for one in report.figures:
        if one.sort is Sort.SHARE:
            whole = found[one.part_of or ""]
            found[one.name] = round(found[one.part or ""] / whole, 6) if whole else None
    return found


def shown(rows: Iterable[Any]) -> Rows:
    """What a report says, by period and split."""
    return {
        (row.period, row.split): {
            name: round(cell, 6) if isinstance(cell, float) else cell for name, cell in row.cells.items()
        }
        for row in rows
    }
