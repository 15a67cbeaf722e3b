"""What the main pages cost with many transitions in the records, beside the bare SQL of the same pages, in one run.

The queries of a page are those that it asked, heard on its connections, and asked again without the page.
"""

import asyncio
import contextlib
import multiprocessing
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx
from asyncpg.connection import LoggedQuery
from pydantic import SecretStr

from pathways.loader import find, shipped
from planner import journey as planner
from records.caseload import read_caseload
from records.commit import commit
from records.database import Keyed
from records.people import register
from records.staff import upsert_staff
from records.staff_file import read_staff
from schemas.caseload import to_start
from schemas.codes import Role
from schemas.commit import Commit, Said
from tests.bench.crowd import grow
from tests.keys import RING
from web.house import House
from web.render import Pages
from web.server import serving
from workers.client import Pool, connect, leave_as_it_is, open_pool, prepare
from workers.embedded import ephemeral_postgres
from workers.ports import LOOPBACK, listen
from workers.settings import Settings

DATA = Path(__file__).parents[2] / "cli" / "demo_data"
PEOPLE = 100_000
AT_ONCE = 4
ROUNDS = 120
PARTS = 4
MOST_QUERIES = 30
OURS = "--"
"""How every query of the records begins; a transaction's beginning and end are no query of a page."""


class Page(NamedTuple):
    """A page, and who asks for it."""

    what: str
    path: str
    staff: str


class Cost(NamedTuple):
    """What a page costs under load: the 95th percentile of the page and of its SQL alone, in milliseconds."""

    page: Page
    queries: int
    whole: float
    bare: float

    @property
    def ratio(self) -> float:
        """How many times its SQL the page takes."""
        return self.whole / self.bare


Heard = tuple[str, Sequence[Any]]


class Listener:
    """Hears what is asked of the records."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []

    def listen(self, connection: Any) -> None:
        """Hear a new connection of a pool."""
        connection.add_query_logger(self._hear)

    def _hear(self, query: LoggedQuery) -> None:
        if query.exception is None and query.query.lstrip().startswith(OURS):
            self.heard.append((query.query, query.args or ()))


async def report(people: int = PEOPLE) -> str:
    """A table of the main pages."""
    async with ephemeral_postgres() as server:
        url = server.url
        pool = await open_pool(url, RING)
        try:
            await _fill(pool)
            count = await grow(pool, people)
            costs = [await _cost(url, page) for page in await _pages(pool)]
        finally:
            pool.terminate()
    lines = [
        f"With {count:,} transitions, {AT_ONCE} asking at once:\n",
        "| page | queries | its SQL alone, p95 ms | the page, p95 ms | ratio |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(f"| {c.page.what} | {c.queries} | {c.bare:.1f} | {c.whole:.1f} | {c.ratio:.2f} |" for c in costs),
    ]
    return "\n".join(lines)


async def _fill(pool: Pool) -> None:
    """The demo's caseload as it stands when it is taken on, recorded as the workflow records it."""
    now = datetime.now(UTC)
    staff = read_staff(DATA / "staff-2026-11-16.csv").sound
    await upsert_staff(pool, staff)
    pathways = {name: find(name) for name in shipped()}
    rows = read_caseload(DATA / "caseload-2026-11-16.csv", {one.id for one in staff}, pathways, now).sound
    for row in rows:
        pathway = pathways[row.pathway]
        transition_id = await register(
            pool, row.person, pathway=row.pathway, started=row.started, taken_on=now, coordinator=row.coordinator,
            team=row.team,
        )  # fmt: skip
        start = to_start(row, transition_id, now)
        outcome = planner.start(pathway, start)
        said = Said(id=start.id, do="start", at=now, role=Role.COORDINATOR)
        await commit(
            pool,
            Commit(journey=outcome.journey, events=outcome.events, at=now, said=said, definition=pathway.canonical),
            email=False,
        )


async def _pages(pool: Pool) -> list[Page]:
    """The coordinator with the most people, one of their people, and the board."""
    coordinator = await pool.fetchval(
        "SELECT coordinator_id FROM transitions GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    )
    person = await pool.fetchval(
        "SELECT id::text FROM transitions WHERE coordinator_id = $1 ORDER BY overdue_count DESC, id LIMIT 1",
        coordinator,
    )
    operations = await pool.fetchval("SELECT id FROM staff WHERE role = 'operations' ORDER BY id LIMIT 1")
    return [
        Page("a coordinator's list", "/people", coordinator),
        Page("a person", f"/people/{person}", coordinator),
        Page("the board", "/board", operations),
    ]


@contextlib.asynccontextmanager
async def _browser(url: str, page: Page, listener: Listener | None) -> AsyncIterator[httpx.AsyncClient]:
    async def heard(connection: Any) -> None:
        await prepare(connection, keys=RING)
        if listener is not None:
            listener.listen(connection)

    pool = await asyncpg.create_pool(
        url,
        min_size=AT_ONCE,
        max_size=10,
        init=heard,
        reset=leave_as_it_is,
        connection_class=Keyed,
        server_settings={"timezone": "UTC"},
    )
    settings = Settings(keys=SecretStr(RING.written()))
    temporal = await connect(settings, _nowhere(), db=pool, lazy=True)
    door = listen(LOOPBACK, 0)
    address = f"http://{LOOPBACK}:{door.getsockname()[1]}"
    try:
        async with (
            serving(House(settings, pool, temporal, Pages(), demo=True, a_minute=10**9), door),
            httpx.AsyncClient(base_url=address, trust_env=False, timeout=60) as browser,
        ):
            await browser.post("/sign-in/demo", data={"who": page.staff, "to": "/"})
            yield browser
    finally:
        pool.terminate()


def _nowhere() -> Any:
    from workers.client import Services

    return Services("postgresql://nowhere", {"target_host": f"{LOOPBACK}:9"})


async def _cost(url: str, page: Page) -> Cost:
    listener = Listener()
    async with _browser(url, page, listener) as browser:
        await _ask(browser, page)
        listener.heard.clear()
        await _ask(browser, page)
        heard = list(listener.heard)
    # Whoever asks is another process, as in a service: what asking costs is no cost of the page.
    spawn = multiprocessing.get_context("spawn")
    async with _browser(url, page, None) as browser:
        others = ProcessPoolExecutor(1, spawn)
        pool = await open_pool(url, RING, size=AT_ONCE)
        try:
            # In turns, so that a noisy moment of the machine meets both; first unmeasured, for connections to be warm.
            cookies = dict(browser.cookies)
            whole, bare = [], []
            for part in range(PARTS + 1):
                asked = await asyncio.get_running_loop().run_in_executor(
                    others, _load, str(browser.base_url), cookies, page
                )
                sql = await _times(lambda: _bare(pool, heard), ROUNDS // PARTS)
                if part > 0:
                    whole += asked
                    bare += sql
        finally:
            pool.terminate()
            others.shutdown()
    if len(heard) > MOST_QUERIES:
        raise AssertionError(f"{page.what} asks {len(heard)} queries: at most {MOST_QUERIES} are meant")
    return Cost(page, len(heard), _p95(whole), _p95(bare))


def _load(address: str, cookies: dict[str, str], page: Page) -> list[float]:
    """How long each answer took, in milliseconds, when several ask at once."""

    async def load() -> list[float]:
        async with httpx.AsyncClient(base_url=address, cookies=cookies, trust_env=False, timeout=60) as browser:
            return await _times(lambda: _ask(browser, page), ROUNDS // PARTS)

    return asyncio.run(load())


async def _ask(browser: httpx.AsyncClient, page: Page) -> None:
    answer = await browser.get(page.path)
    if answer.status_code != 200:
        raise AssertionError(f"{page.path} answers {answer.status_code}: {answer.text[:300]}")


async def _bare(pool: Pool, heard: list[Heard]) -> None:
    async with pool.acquire() as link:
        for query, given in heard:
            await link.fetch(query, *given)


async def _times(what: Callable[[], Awaitable[None]], rounds: int) -> list[float]:
    async def one() -> list[float]:
        found = []
        for _ in range(rounds // AT_ONCE + 1):
            began = time.perf_counter()
            await what()
            found.append((time.perf_counter() - began) * 1000)
        return found

    return [spent for found in await asyncio.gather(*(one() for _ in range(AT_ONCE))) for spent in found]


def _p95(found: list[float]) -> float:
    return statistics.quantiles(found, n=20)[-1]
