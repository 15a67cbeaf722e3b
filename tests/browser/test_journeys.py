"""Each role's main journey, from the entrance to done, on the demo's caseload, with and without script."""

import pytest

from tests.browser.conftest import Come
from tests.browser.test_reach import COORDINATOR, OPERATIONS, PEER_WORKER, person

SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["with-script", "without"])


@SCRIPT
async def test_a_coordinator_moves_a_date_after_looking(come: Come, script: bool) -> None:
    visitor = await come(COORDINATOR, script=script)
    assert await visitor.heading() == "My people"
    here = await person(visitor)
    await visitor.go(f"{here}/add")
    await visitor.page.get_by_label("What is to be done").fill("Ring the housing office")
    await visitor.page.locator("#due").fill("2027-03-01")
    await visitor.click("Add it")
    assert "is added" in await visitor.told()
    await visitor.go(here)
    assert await visitor.page.get_by_text("Ring the housing office").count() > 0


@SCRIPT
async def test_a_peer_worker_says_that_they_met_in_two_taps(come: Come, script: bool) -> None:
    visitor = await come(PEER_WORKER, phone=True, script=script)
    assert await visitor.heading() == "My week"
    await visitor.page.locator('a[href^="/week/contact/"]').first.click()
    await visitor.page.wait_for_load_state()
    await visitor.click("We met")
    assert await visitor.told() == "Kept: you met."


async def test_operations_go_from_a_number_to_how_it_runs(come: Come) -> None:
    visitor = await come(OPERATIONS)
    assert await visitor.heading() == "Board"
    await visitor.page.locator("#all-safety").click()
    await visitor.page.wait_for_load_state()
    await visitor.page.locator('a[href$="/execution"]').first.click()
    await visitor.page.wait_for_load_state()
    assert "/execution" in visitor.page.url
    assert "Temporal" in await visitor.page.locator("main").inner_text()
    await visitor.within_reach()


async def test_signing_out_is_the_end(come: Come) -> None:
    visitor = await come(COORDINATOR)
    await visitor.click("Sign out")
    await visitor.page.goto(f"{visitor.address}/people")
    assert "/sign-in" in visitor.page.url
