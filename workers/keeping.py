"""Keeping up what ought to run: looked at now and again, so that however something came about, it is not missed."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from asyncpg import InterfaceError, InternalClientError, PostgresError
from temporalio.service import RPCError

log = structlog.get_logger(__name__)


async def keep(what: str, look: Callable[[], Awaitable[int]], every: float) -> None:
    """Look now and every so many seconds, until cancelled; `look` answers how many had to be started."""
    while True:
        try:
            if found := await look():
                log.info("followed from now on", what=what, how_many=found)
        except (RPCError, OSError, PostgresError, InterfaceError, InternalClientError) as error:
            log.warning("could not be looked after; it is tried again", what=what, reason=type(error).__name__)
        except Exception:  # nobody awaits this task: whatever it is, it must be heard of, and not be the end of it
            log.exception("a fault in what is looked after; it is tried again", what=what)
        await asyncio.sleep(every)
