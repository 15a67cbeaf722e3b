"""Every page is within everybody's reach: for axe, on a phone and at a desk, by keyboard, enlarged, without script."""

import pytest

from tests.browser.conftest import Come
from tests.browser.visitor import Visitor

COORDINATOR, PEER_WORKER, OPERATIONS = "coord-n1", "peer-f1", "operations-1"
PAGES = {
    COORDINATOR: ["/people", "/find", "/start", "/inbox", "/tasks", "/capacity"],
    PEER_WORKER: ["/week", "/week/help", "/week/calendar", "/inbox", "/tasks"],
    OPERATIONS: ["/board", "/transitions", "/definitions", "/system", "/capacity"],
    "privacy-officer-1": ["/inbox", "/tasks", "/retention", "/retention/ask"],
}
OF_A_PERSON = ["", "/history", "/known", "/milestone", "/date", "/facts", "/hold", "/handover", "/peer", "/cover",
               "/leave", "/add", "/support", "/wishes", "/assign", "/outcomes", "/goals"]  # fmt: skip
BOTH = pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])


async def person(visitor: Visitor) -> str:
    """The address of the first person on a coordinator's list."""
    await visitor.go("/people")
    found = await visitor.page.locator('a[href^="/people/"]').first.get_attribute("href")
    assert found is not None
    return found


@BOTH
async def test_the_entrance(come: Come, phone: bool) -> None:
    nobody = await come(None, phone=phone)
    assert await nobody.heading() == "Choose who you are"
    await nobody.within_reach()


@BOTH
@pytest.mark.parametrize("who", PAGES)
async def test_the_pages_of(come: Come, who: str, phone: bool) -> None:
    visitor = await come(who, phone=phone)
    for path in PAGES[who]:
        await visitor.go(path)
        await visitor.within_reach()


@BOTH
async def test_the_pages_of_a_person(come: Come, phone: bool) -> None:
    visitor = await come(COORDINATOR, phone=phone)
    here = await person(visitor)
    for path in OF_A_PERSON:
        await visitor.go(here + path)
        await visitor.within_reach()
    await visitor.go(here)
    await visitor.click("Do something about it")
    await visitor.within_reach()


@BOTH
@pytest.mark.parametrize("script", [True, False], ids=["script", "without-script"])
async def test_one_thing_for_many(come: Come, phone: bool, script: bool) -> None:
    visitor = await come(COORDINATOR, phone=phone, script=script)
    await visitor.go("/people?late=yes&ticked=yes")
    await visitor.page.get_by_label("See to what is late").check()
    await visitor.click("Go on with these people")
    assert "See to what is late" in await visitor.heading()
    if script:
        await visitor.within_reach()
    await visitor.page.get_by_label("Why").fill("We are on our way.")
    await visitor.click("See what it would mean")
    assert "What it would mean" in await visitor.heading()
    if script:
        await visitor.within_reach()
    await visitor.click("Do it")
    assert "What became of each" in await visitor.heading()
    await visitor.page.get_by_text("It is over").wait_for()  # the page asks again by itself, with and without a script
    if script:
        await visitor.within_reach()


@BOTH
async def test_what_was_said_wrongly(come: Come, phone: bool) -> None:
    visitor = await come(COORDINATOR, phone=phone)
    await visitor.go(f"{await person(visitor)}/hold")
    await visitor.click("Put on hold")
    assert "There is a problem" in await visitor.page.locator("main").inner_text()
    visitor.complaints.clear()  # the browser says that the answer was a 422
    await visitor.within_reach()


async def test_twice_as_large(come: Come) -> None:
    visitor = await come(COORDINATOR)
    await visitor.page.set_viewport_size({"width": 640, "height": 450})  # a desk's window at 200 %
    for path in ("/people", "/find", await person(visitor)):
        await visitor.go(path)
        await visitor.within_reach()


async def test_by_keyboard_alone(come: Come) -> None:
    nobody = await come(None)
    await nobody.page.keyboard.press("Tab")
    assert await nobody.page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
    await nobody.page.keyboard.press("Enter")
    assert await nobody.page.evaluate("document.activeElement.id") == "maincontent"
    await nobody.page.keyboard.press("Tab")
    assert await nobody.page.evaluate("document.activeElement.name") == "who"
    await nobody.page.keyboard.press("Enter")
    await nobody.page.wait_for_url(f"{nobody.address}/people*")
    assert await nobody.page.locator("nav a[aria-current]").count() == 1
