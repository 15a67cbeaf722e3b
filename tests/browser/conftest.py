"""The demo, as `make demo` runs it, and a browser at it; both once for all tests of this folder."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.demo import demo
from tests.browser.finding import find
from tests.browser.visitor import Visitor, visitor

PHONE, DESKTOP = (390, 844), (1280, 900)
Come = Callable[..., Awaitable[Visitor]]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo keeps what it knows."""
    return tmp_path_factory.mktemp("demo")


@pytest_asyncio.fixture(scope="session")
async def address(folder: Path) -> AsyncIterator[str]:
    """Where the demo's pages are."""
    async with demo(folder) as found:
        yield found


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """A browser."""
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def come(address: str, chromium: Browser) -> AsyncIterator[Come]:
    """`await come("coord-1", phone=True)`: somebody signs in, and is at their first page."""
    async with AsyncExitStack() as stack:

        async def arrived(staff: str | None, *, phone: bool = False, script: bool = True) -> Visitor:
            size = PHONE if phone else DESKTOP
            return await stack.enter_async_context(visitor(chromium, address, staff, size, script=script))

        yield arrived
