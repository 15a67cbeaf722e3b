"""A score over time as a picture: sound, and told in words to whoever does not see it."""

from datetime import date
from xml.etree import ElementTree as ET

import pytest

from records.outcomes import Dot, Line
from schemas.codes import View
from web.pictures.outcomes import source, svg

SVG = "{http://www.w3.org/2000/svg}"


def line(*scores: float, threshold: float | None = 5) -> Line:
    return Line(
        instrument="QPR-15", domain=3, view=View.SELF, whose="their own view", scale="total", label="Total <of all>",
        dots=[Dot(on=date(2026, month, 1), score=score, raw=None) for month, score in enumerate(scores, start=1)],
        change=None, sentence="Down by 6 & more than chance.", threshold=threshold,
    )  # fmt: skip


@pytest.mark.parametrize("threshold", [5, None])
def test_it_says_what_it_shows(threshold: float | None) -> None:
    drawn = ET.fromstring(svg(line(30, 33, 24, threshold=threshold)))
    assert drawn.get("role") == "img"
    assert next(one.text for one in drawn.iter(f"{SVG}title")) == "QPR-15, Total <of all> over time"
    assert next(one.text for one in drawn.iter(f"{SVG}desc")) == "Down by 6 & more than chance."
    points = [one for one in drawn.iter(f"{SVG}path") if one.get("aria-roledescription") == "point"]
    assert len(points) == 3
    bands = [one for one in drawn.iter(f"{SVG}path") if one.get("aria-roledescription") == "rect mark"]
    assert bool(bands) == (threshold is not None)


def test_scores_that_are_all_the_same_are_drawn_too() -> None:
    assert source(line(0, 0, 0)).startswith("data:image/svg+xml;base64,")
