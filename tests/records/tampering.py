"""What the tests of the chains share: records with something in every chain, and a hand that nothing holds back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

from planner.policy import Standing
from records.access import Reason, Seen, break_glass, looked
from records.chain import Fault, faults
from records.database import Database, Link
from records.staff import upsert_staff
from schemas.codes import Role
from tests.records.journeys import MANAGERS, T0, Recorder, begin, complete, day, team_of
from workers.client import Pool


class Kept(NamedTuple):
    """Records that are sound: some journeys, some looks, a glass that was broken."""

    journeys: list[Recorder]
    looks: list[UUID]
    glass: UUID

    @property
    def transition(self) -> UUID:
        """The first of the transitions."""
        return UUID(self.journeys[0].journey.transition_id)


async def fill(pool: Pool, *, people: int = 3) -> Kept:
    """Write journeys and looks as the application writes them."""
    await upsert_staff(pool, [*team_of("chain"), *MANAGERS])
    journeys = []
    for _ in range(people):
        one = await begin(pool, "coord-chain")
        one = await one.tell(
            complete("plan", day(1), by={"role": "coordinator", "staff": "coord-chain"}, reason='Said "é"\n')
        )
        journeys.append(await one.until(day(9)))
    one_id = journeys[0].journey.transition_id
    await break_glass(pool, "nurse-chain", Role.COMMUNITY_TEAM, one_id, Reason.INCIDENT, "To look into it.", T0)
    seen = Seen(Standing(named=True, same_team=True, allocated=False, goes_with=False, glass=False), "Team chain", None)
    for page in ("person", "history", "person", "steps"):
        await looked(pool, "coord-chain", Role.COORDINATOR, one_id, page, seen, T0)
    looks = [row["id"] for row in await pool.fetch("SELECT id FROM access_log ORDER BY id")]
    return Kept(journeys, looks, await pool.fetchval("SELECT id FROM broken_glass"))


async def seal_now(pool: Pool) -> None:
    """Seal everything, however new it is: ids are of a millisecond, so the one that is running is let pass."""
    await pool.execute("SELECT pg_sleep(0.002)")
    await pool.execute("SELECT seal_until(date_trunc('milliseconds', clock_timestamp()))")


@asynccontextmanager
async def unhindered(pool: Pool) -> "AsyncIterator[Link]":
    """A superuser for whom no trigger runs."""
    async with pool.acquire() as link:
        await link.execute("SET session_replication_role = replica")
        try:
            yield link
        finally:
            await link.execute("RESET session_replication_role")


async def found(db: Database) -> list[Fault]:
    """Everything that verifying finds."""
    return [fault async for fault in faults(db, lambda _: None)]


def named(wrong: list[Fault]) -> set[tuple[str, str, object, int | None, int | None]]:
    """What each fault is about: the table, what is wrong, whose row, and where in its chain."""
    return {(one.table, one.what.value, one.transition_id or one.id, one.revision, one.seq) for one in wrong}
