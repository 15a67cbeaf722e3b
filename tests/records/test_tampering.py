"""Whatever is changed, removed, slipped in or swapped, in whichever table and however often, verifying finds it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.database import Link
from tests.records.tampering import fill, found, seal_now
from workers.client import Pool

AT_ONCE = ("events", "commits")
"""What is chained in the moment that it is written; everything else is when it is sealed."""
CHAINED = ("events", "commits", "access_log", "broken_glass", "links", "sealed", "seals")
ROW = "SELECT ctid FROM {0} ORDER BY {0} OFFSET (SELECT floor($1::float * count(*)) FROM {0}) LIMIT 1"
COLUMNS = """
-- The columns of a table that hold text, an instant, a number or bytes, in their order.
SELECT a.attname, format_type(a.atttypid, NULL) AS kind FROM pg_attribute a
WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND format_type(a.atttypid, NULL) = ANY ($2) ORDER BY a.attnum
"""
OTHERWISE = {
    "text": "coalesce({0}, '') || 'x'",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 second'",
    "jsonb": "{0} || '{{\"x\": 1}}'",
    "bytea[]": "array_append({0}[2:], '\\x00'::bytea)",
}
FREE = {("sealed", "source"), ("broken_glass", "code"), ("seals", "sealed_at")}
"""What may only hold certain words, and when a seal was made: the instant that it seals until is what counts."""


async def change(link: Link, table: str, where: float, which: float) -> None:
    """Make a column of a row say something else."""
    columns = [row for row in await link.fetch(COLUMNS, table, list(OTHERWISE)) if (table, row["attname"]) not in FREE]
    column, kind = tuple(columns[int(which * len(columns))]) if columns else ("hash", "bytea")
    value = OTHERWISE[kind].format(column) if columns else "sha256(hash)"
    await link.execute(f"UPDATE {table} SET {column} = {value} WHERE ctid = ({ROW.format(table)})", where)


async def remove(link: Link, table: str, where: float, which: float) -> None:
    """Remove a row. The last seal alone could be made again: what shows its removal is a head that was kept."""
    spared = "AND number < (SELECT max(number) FROM seals)" if table == "seals" else ""
    await link.execute(f"DELETE FROM {table} WHERE ctid = ({ROW.format(table)}) {spared}", where)


async def slip_in(link: Link, table: str, where: float, which: float) -> None:
    """Put in a copy of a row under another key."""
    key, value = {
        "events": ("seq", "(seq + 100)::text"),
        "commits": ("revision", "(revision + 100)::text"),
        "links": ("revision", "(revision + 100)::text"),
        "sealed": ("number", "(number + 100)::text"),
        "seals": ("number", "(number + 100)::text"),
    }.get(table, ("id", "overlay(id::text PLACING 'ff' FROM 35)"))
    more = ", 'command_id', NULL" if table == "commits" else ""
    more = ", 'until', until + interval '1 hour'" if table == "seals" else more
    await link.execute(
        f"INSERT INTO {table} SELECT (jsonb_populate_record(r, jsonb_build_object('{key}', {value}{more}))).* "
        f"FROM {table} r WHERE ctid = ({ROW.format(table)}) ON CONFLICT DO NOTHING",
        where,
    )


TAMPERING: list[Callable[..., Any]] = [change, remove, slip_in]
ONE = st.tuples(
    st.sampled_from(TAMPERING),
    st.sampled_from(CHAINED),
    st.floats(0, 0.999),
    st.floats(0, 0.999),
)


@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "not sealed"])
async def test_no_tampering_goes_unnoticed(pool: Pool, sealed: bool) -> None:
    await fill(pool, people=2)
    if sealed:
        await seal_now(pool)
        await fill_more(pool)
        await seal_now(pool)
    loop = asyncio.get_running_loop()

    async def tried(acts: list[Any]) -> tuple[bool, int]:
        async with pool.acquire() as link:
            await link.execute("SET session_replication_role = replica")
            try:
                undone = link.transaction()
                await undone.start()
                before = await state(link)
                for act, table, where, which in acts:
                    await act(link, table, where, which)
                changed = await state(link) != before
                count = len(await found(link))
                await undone.rollback()
            finally:
                await link.execute("RESET session_replication_role")
        return changed, count

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(ONE.filter(lambda one: sealed or one[1] in AT_ONCE), min_size=1, max_size=4))
    def tampered(acts: list[Any]) -> None:
        changed, count = asyncio.run_coroutine_threadsafe(tried(acts), loop).result()
        assert (count > 0) == changed

    await asyncio.to_thread(tampered)
    assert await found(pool) == []


async def fill_more(pool: Pool) -> None:
    """One more look, so that the second seal holds something."""
    await pool.execute(
        "INSERT INTO access_log (at, staff, role, transition_id, page, why) "
        "SELECT at, staff, role, transition_id, page, why FROM access_log LIMIT 1"
    )


async def state(link: Link) -> list[Any]:
    """Everything that the chains stand for, as text."""
    return [await link.fetchval(f"SELECT array_agg(r::text ORDER BY r::text) FROM {table} r") for table in CHAINED]
