"""The chart of figures over time: what each mark is called, and that it is drawn."""

from datetime import UTC, date, datetime
from uuid import uuid4
from xml.etree import ElementTree

from planner.spc import Baseline, Point, read
from records.chart_marks import Mark, MarkKind
from records.reports.charts import Charted
from records.reports.follow_up import REPORT
from web.pictures.spc import called, png, signals_in_words, svg

VALUES = [50.0, 52, 48, 51, 49, 50, 52, 48, 51, 49, 50, 52, 60]
SERIES = [(date(2025 + n // 12, n % 12 + 1, 1), value) for n, value in enumerate(VALUES)]
MARK = Mark(
    id=uuid4(),
    report="waits",
    team=None,
    pathway=None,
    kind=MarkKind.NOTE,
    begins=date(2025, 6, 1),
    text="A <second> team",
    made_by="manager",
    made_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def chart(points: list[Point]) -> Charted:
    """Of these points."""
    return Charted(REPORT, REPORT.figure(REPORT.charted), points, [MARK], [])


def test_what_a_mark_is_called_depends_on_the_better_direction() -> None:
    last = read(SERIES)[-1]
    assert called(last, "up") == "change for the better"
    assert called(last, "down") == "change for the worse"
    assert called(last, None) == "change"
    assert called(read(SERIES)[0], "up") == "by chance"
    assert signals_in_words(last) == "outside the limits"


def test_it_is_drawn_with_its_limits_and_what_people_wrote() -> None:
    picture = svg(chart(read(SERIES)))
    texts = {element.text for element in ElementTree.fromstring(picture).iter() if element.text}
    assert {
        REPORT.title,
        f"{REPORT.figure(REPORT.charted).title}, by month",
        "change for the better",
        "by chance",
        "1",
    } <= texts
    assert "change for the worse" not in texts


def test_figures_without_limits_are_drawn_too() -> None:
    few = svg(chart(read(SERIES, [Baseline(date(2025, 3, 1), "Anew")])[:5]))
    assert REPORT.title in few
    assert png(chart(read(SERIES)[:1]), 1).startswith(b"\x89PNG")
