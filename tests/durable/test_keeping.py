"""What a worker looks after for as long as it runs is not given up for whatever may happen once."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest
from structlog.testing import capture_logs

from workers.keeping import keep

HAPPENS: list[Exception] = [
    asyncpg.InternalClientError("a connection was told to end and is not closed yet"),
    asyncpg.DiskFullError("no space left"),
    ConnectionResetError(),
    ZeroDivisionError("a fault of ours"),
]


async def test_whatever_happens_it_is_looked_after_again() -> None:
    happens: Iterator[Exception] = iter(HAPPENS)
    looked = asyncio.Event()

    async def look() -> int:
        for error in happens:
            raise error
        looked.set()
        return 0

    with capture_logs() as said:
        keeping = asyncio.create_task(keep("support", look, 0))
        await asyncio.wait_for(looked.wait(), 10)
        keeping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await keeping
    assert [one["log_level"] for one in said] == ["warning", "warning", "warning", "error"]
    assert all(one["what"] == "support" for one in said)
