"""After a restore: as soon as a worker runs, Temporal and the records are brought together, once."""

import asyncio
from pathlib import Path

import structlog

from workers.client import Services, connect, connect_pool
from workers.erased import before_anybody_looks, forget_them
from workers.folder import RESTORED
from workers.mending import compared, mend
from workers.rebuild import lost, rebuild
from workers.settings import Settings

log = structlog.get_logger(__name__)

AGAIN = 5.0
"""Seconds before it is tried again, when something did not answer."""


async def bring_together(settings: Settings, services: Services) -> None:
    """Mend what a restore left different, and follow what it left alone; nothing, when nothing was restored."""
    marker = settings.data_dir / RESTORED
    while marker.exists():
        try:
            await _once(settings, services, marker)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and tried until it is done
            log.warning("what was restored could not be compared yet", reason=type(error).__name__)
            await asyncio.sleep(AGAIN)


async def _once(settings: Settings, services: Services, marker: Path) -> None:
    pool = await connect_pool(settings, services, size=4)
    try:
        client = await connect(settings, services, db=pool)
        await before_anybody_looks(settings, pool)  # who was erased is not followed again
        await forget_them(client, pool)
        mended = await mend(client, settings, pool, await compared(client, settings, pool))
        came = await rebuild(await lost(client, settings, pool))
    finally:
        pool.terminate()
    left = sum(not one.mended for one in mended) + len(came.failed)
    log.warning("what was restored was compared", mended=len(mended), followed=sum(came.made.values()), left=left)
    await asyncio.to_thread(marker.unlink)
