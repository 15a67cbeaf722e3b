"""Every page is within everybody's reach: for axe, on a phone and at a desk, by keyboard, enlarged, without script."""

import pytest

from tests.browser.conftest import Come


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
async def test_the_entrance(come: Come, phone: bool) -> None:
    nobody = await come(None, phone=phone)
    assert await nobody.heading() == "Choose who you are"
    await nobody.within_reach()


async def test_by_keyboard_alone(come: Come) -> None:
    nobody = await come(None)
    await nobody.page.keyboard.press("Tab")
    assert await nobody.page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
    await nobody.page.keyboard.press("Enter")
    assert await nobody.page.evaluate("document.activeElement.id") == "maincontent"
    await nobody.page.keyboard.press("Tab")
    assert await nobody.page.evaluate("document.activeElement.name") == "who"
