"""What the service counts, within everybody's reach: each report with its chart and lists, and the board pack."""

import asyncio
import os
import sys
from pathlib import Path

from records.reports.registry import REPORTS
from tests.browser.conftest import Come
from tests.browser.test_reach import BOTH

MANAGER = "service-manager-1"


@BOTH
async def test_every_report(come: Come, phone: bool) -> None:
    visitor = await come(MANAGER, phone=phone)
    await visitor.go("/reports")
    await visitor.within_reach()
    charts = lists = 0
    for report in REPORTS:
        await visitor.go(f"/reports/{report.id}")
        await visitor.within_reach()
        charts += await visitor.page.locator("img.app-picture").count()
        figures = visitor.page.locator("td a")
        if await figures.count():
            await figures.first.click()
            await visitor.page.wait_for_load_state()
            await visitor.within_reach()
            lists += 1
    assert charts, "the demo has no chart to look at"
    assert lists, "the demo has no list to look at"


@BOTH
async def test_what_stands_on_a_chart(come: Come, phone: bool) -> None:
    visitor = await come(MANAGER, phone=phone)
    await visitor.go("/reports/failed-contacts/marks")
    await visitor.within_reach()


@BOTH
async def test_the_board_pack(come: Come, folder: Path, tmp_path: Path, phone: bool) -> None:
    visitor = await come(MANAGER, phone=phone)
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).parent / "alongside", "board-pack", "--out", tmp_path,
        env={**os.environ, "ALONGSIDE_DATA_DIR": str(folder)},
    )  # fmt: skip
    assert await process.wait() == 0
    [pack] = tmp_path.glob("board-pack-*.html")
    await visitor.page.goto(pack.as_uri())
    assert (await visitor.heading()).startswith("Transitions in ")
    await visitor.within_reach()
