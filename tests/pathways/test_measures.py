"""The definitions of measures: each ships sound, names its source and licence, and a mistake is told by its line."""

from pathlib import Path

import pytest

from pathways.lines import FileError
from pathways.loader import find as pathway
from pathways.loader import shipped as pathways
from pathways.measures import FOLDER, find, parse, shipped
from planner.refused import Refused
from tests.pathways.measures_reference import reference

QPR = (FOLDER / "qpr-15.yaml").read_text(encoding="utf-8")
NAMED = {
    "QPR-15", "QPR-22", "DIALOG", "ReQoL-10", "ReQoL-20", "SWEMWBS", "WEMWBS", "GBO", "GAS", "Brief INSPIRE", "FFT",
    "Social Inclusion Web", "SDQ", "RCADS", "Socially valued goals",
}  # fmt: skip


def test_every_measure_that_is_named_ships() -> None:
    assert set(shipped()) == NAMED


@pytest.mark.parametrize("name", pathways())
def test_every_measure_of_a_shipped_pathway_is_defined(name: str) -> None:
    assert {measure for step in pathway(name).steps for measure in step.measures} <= NAMED


@pytest.mark.parametrize("name", sorted(NAMED))
def test_wording_ships_only_where_the_licence_allows_it(name: str) -> None:
    instrument = shipped()[name]
    counts = name == "Social Inclusion Web"  # the parts of life that are counted are no wording of a question
    if instrument.items is not None and not counts:
        assert bool(instrument.items.labels) == instrument.licence.wording
    assert (instrument.question is None) or instrument.licence.wording
    if name in ("SDQ", "RCADS"):
        assert instrument.items is None


@pytest.mark.parametrize("name", sorted(NAMED))
def test_every_threshold_names_its_source(name: str) -> None:
    for scale in shipped()[name].scales:
        assert scale.change is None or len(scale.change.source) > 10
        assert all(len(cut.source) > 10 for cut in scale.cut_offs)


def test_a_measure_is_found_however_it_is_written() -> None:
    assert find("qpr-15").id == "QPR-15"
    with pytest.raises(Refused, match="There is no measure PHQ: there is Brief INSPIRE, DIALOG"):
        find("PHQ")


@pytest.mark.parametrize(
    ("was", "becomes", "line", "told"),
    [
        ("rule: sum", "rule: product", 16, "product"),
        ("low: 0, high: 4", "low: 4, high: 0", 11, "the lowest answer lies below the highest"),
        ("points: 5", "points: five", 22, "number"),
        ("better: higher", "better: up", 20, "up"),
        ("domain: 3", "domain: 6", 4, "at most 5"),
        ("    rule: sum", "    rule: table", 13, "`table` belongs to the rule table"),
        ("version: 1", "verison: 1", 5, "version"),
    ],
)
def test_a_mistake_is_told_by_file_and_line(was: str, becomes: str, line: int, told: str) -> None:
    with pytest.raises(FileError) as caught:
        parse(QPR.replace(was, becomes, 1), "qpr-15.yaml")
    assert any(problem.line == line and told in problem.message for problem in caught.value.problems), caught.value


def test_the_files_are_named_as_the_measures() -> None:
    for file in sorted(Path(FOLDER).glob("*.yaml")):
        assert file.stem == parse(file.read_text(encoding="utf-8"), file.name).id.lower().replace(" ", "-")


def test_the_page_on_outcomes_tells_of_every_measure_as_it_is_defined() -> None:
    page = (Path(__file__).parents[2] / "docs" / "outcomes.md").read_text(encoding="utf-8")
    assert page.partition("## Reference\n\n")[2] == reference(), (
        "write it again from `python -m tests.pathways.measures_reference`"
    )
