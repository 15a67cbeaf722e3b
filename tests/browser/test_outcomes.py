"""Measures and goals in a browser: asked within everybody's reach, and shown so that nobody needs the picture."""

import re

import pytest

from tests.browser.conftest import Come
from tests.browser.test_reach import BOTH, COORDINATOR
from tests.browser.visitor import Visitor


async def somebody_to_ask(visitor: Visitor) -> tuple[str, list[str]]:
    """Somebody of a coordinator's, and the steps of theirs whose measures have QPR-15, reported or not."""
    await visitor.go("/people")
    links = await visitor.page.locator('a[href^="/people/"]').evaluate_all(
        "all => all.map(a => a.getAttribute('href'))"
    )
    for here in dict.fromkeys(link for link in links if re.fullmatch(r"/people/[0-9a-f-]{36}", link)):
        await visitor.go(here)
        text = await visitor.page.content()
        if "review-3-months" in text and "baseline-measures" in text:
            return here, ["baseline-measures", "review-3-months"]
    pytest.fail("nobody in the demo has measures to be asked")


@BOTH
async def test_asked_and_shown(come: Come, phone: bool) -> None:
    visitor = await come(COORDINATOR, phone=phone)
    here, _ = await somebody_to_ask(visitor)
    await visitor.go(f"{here}/do/done/baseline-measures")
    await visitor.within_reach()
    for number in range(1, 15):
        await visitor.page.locator(f'[id="score-QPR-15-items-{number}"]').fill("3")
    await visitor.click("It is done")
    assert "question 15 is missing" in await visitor.page.locator("main").inner_text()
    visitor.complaints.clear()  # the browser says that the answer was a 422
    await visitor.within_reach()
    await visitor.go(f"{here}/goals")
    goal = f"See the sea, {'by phone' if phone else 'from a desk'}"  # both sizes ask the same person
    await visitor.page.get_by_label("The goal, in their own words").fill(goal)
    await visitor.click("Keep it")
    assert "in their own words" in await visitor.told()
    await visitor.within_reach()
    await visitor.go(f"{here}/outcomes")
    assert await visitor.page.get_by_text(goal).count() == 1
    await visitor.within_reach()
