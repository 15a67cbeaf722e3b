"""`make pictures`: the main pages as pictures in docs/pictures, taken from the demo."""

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.demo import demo
from tests.browser.finding import provide
from tests.browser.test_reach import COORDINATOR, OPERATIONS, PEER_WORKER, person
from tests.browser.visitor import visitor

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


async def main() -> None:
    """Take the pictures."""
    with tempfile.TemporaryDirectory(prefix="alongside-pictures-") as folder:
        async with demo(Path(folder)) as address, async_playwright() as play:
            browser = await play.chromium.launch(executable_path=provide(), args=["--no-sandbox"])
            for name, who, path, size in (
                ("my-people", COORDINATOR, "/people", DESKTOP),
                ("a-person", COORDINATOR, "", DESKTOP),
                ("my-week", PEER_WORKER, "/week", PHONE),
                ("board", OPERATIONS, "/board", DESKTOP),
                ("peer-support", OPERATIONS, "/capacity", DESKTOP),
            ):
                async with visitor(browser, address, who, size) as here:
                    await here.go(path or await person(here))
                    await here.page.screenshot(path=PICTURES / f"{name}.png")
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
