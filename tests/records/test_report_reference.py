"""What the documents say of reports is what the reports say of themselves, and each of them is sound."""

from pathlib import Path

import pytest

from records.reports.definition import Report, Sort
from records.reports.reference import reference
from records.reports.registry import BY_ID, REPORTS

DOCS = Path(__file__).parents[2] / "docs"


def test_the_definitions_are_in_step() -> None:
    written = "write it again: python -m records.reports.reference > docs/what-is-counted.md"
    assert (DOCS / "what-is-counted.md").read_text(encoding="utf-8") == reference(), written


def test_every_report_is_in_the_list_of_reports() -> None:
    told = (DOCS / "reports.md").read_text(encoding="utf-8")
    assert all(f"| `{report.id}` |" in told for report in REPORTS)
    assert len(BY_ID) == len(REPORTS)


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.id)
def test_a_report_is_made_of_what_it_has(report: Report) -> None:
    counts = {one.name for one in report.figures if one.sort is Sort.COUNT}
    assert len({one.name for one in report.figures}) == len(report.figures)
    for one in report.figures:
        assert one.part_of is None or one.part_of in counts, one.name
        assert one.part is not None if one.sort is Sort.SHARE else one.part is None or one.sort is not Sort.COUNT, (
            one.name
        )
        assert one.part is None or one.part in counts, one.name
    assert report.charted in {one.name for one in report.figures}
    assert report.by is None or report.by in report.all_splits
    assert report.added_up or report.by is not None
    assert report.anonymous == (report.shows == ())
    # What is withheld as a part is decided after its whole.
    parts = list(report.parts)
    assert all(
        parts.index(part.whole) < parts.index(name) for name, part in report.parts.items() if part.whole in parts
    )
