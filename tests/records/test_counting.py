"""A report has room of its own to count in, and leaves the connection as it was."""

from records.reports.counting import counting
from workers.client import Pool

SAID = "SELECT current_setting('work_mem'), current_setting('jit'), current_setting('plan_cache_mode')"


async def test_a_report_has_room_and_leaves_the_connection_as_it_was(pool: Pool) -> None:
    async with pool.acquire() as link:
        before = await link.fetchrow(SAID)
        async with counting(link) as room:
            assert tuple(await room.fetchrow(SAID) or ()) == ("64MB", "off", "force_custom_plan")
        assert await link.fetchrow(SAID) == before
