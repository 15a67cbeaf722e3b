"""A row that is changed, removed, slipped in or put elsewhere is found and named, in every table that is chained."""

import re
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from records import chain, seals
from records.errors import RecordsError
from records.migrate import MIGRATIONS
from tests.records.journeys import complete, day
from tests.records.tampering import Kept, fill, found, named, seal_now, unhindered
from workers.client import Pool

COLUMNS = {
    "commits": "transition_id revision digest at command_id recorded_at",
    "events": "transition_id revision seq event step at said_at recorded_at command_id command role staff reason "
    "payload",
    "access_log": "id at staff role transition_id page why broken_glass",
    "broken_glass": "id staff role transition_id code words at ends",
    "links": "transition_id revision hashes at",
}


@pytest.fixture
async def kept(pool: Pool) -> Kept:
    """Sound records, sealed."""
    written = await fill(pool)
    await seal_now(pool)
    return written


async def test_sound_records_are_sound(pool: Pool, kept: Kept) -> None:
    assert await found(pool) == []
    await kept.journeys[1].tell(complete("therapy-talk", day(10), attendance="5", mechanism="01"))
    assert await found(pool) == []
    await seal_now(pool)
    assert await found(pool) == []
    assert await pool.fetchval("SELECT count(*) FROM links") == await pool.fetchval("SELECT count(*) FROM commits") > 8


async def test_every_column_is_in_the_chain(pool: Pool) -> None:
    rows = await pool.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_name = ANY ($1)", list(COLUMNS)
    )
    there = {table: {row["column_name"] for row in rows if row["table_name"] == table} for table in COLUMNS}
    assert there == {table: set(columns.split()) for table, columns in COLUMNS.items()}, (
        "a column that is not in the chain can be changed unnoticed: give the text of the table a new form"
    )


async def test_a_look_is_chained_whatever_the_time_zone_and_however_the_payload_is_written(
    pool: Pool, kept: Kept
) -> None:
    async with pool.acquire() as link:
        await link.execute(
            "SET timezone = 'Australia/Adelaide'; SET datestyle = 'SQL, DMY'; SET extra_float_digits = 0"
        )
        assert await found(link) == []
    async with unhindered(pool) as link:
        await link.execute("UPDATE events SET payload = replace(payload::text, ', ', '  ,\n')::jsonb")
    assert await found(pool) == []


CHANGES = {
    "commits": [
        "at = at + interval '1 microsecond'",
        "digest = digest || ' '",
        "command_id = 'other'",
        "recorded_at = at",
    ],
    "events": [
        *("event = 'cancelled'", "step = 'other'", "at = at - interval '1 second'", "said_at = 'infinity'"),
        *(
            "recorded_at = recorded_at + interval '1 hour'",
            "command = 'other'",
            "command_id = 'other'",
            "role = 'peer'",
        ),
        *("staff = 'somebody'", "reason = ''", "payload = payload || '{\"a\": 1}'"),
    ],
}


@pytest.mark.parametrize(("table", "change"), [(table, one) for table, every in CHANGES.items() for one in every])
async def test_what_is_changed_in_a_journey_is_named(pool: Pool, kept: Kept, table: str, change: str) -> None:
    seq = 1 if table == "events" else None
    async with unhindered(pool) as link:
        await link.execute(
            f"UPDATE {table} SET {change} WHERE transition_id = $1 AND revision = 2 {'AND seq = 1' if seq else ''}",
            kept.transition,
        )
    assert named(await found(pool)) == {(table, "changed", kept.transition, 2, seq)}


async def test_what_is_removed_from_a_journey_is_named(pool: Pool, kept: Kept) -> None:
    async with unhindered(pool) as link:
        await link.execute("DELETE FROM events WHERE transition_id = $1 AND revision = 1 AND seq = 2", kept.transition)
        await link.execute("DELETE FROM commits WHERE transition_id = $1 AND revision = 2", kept.transition)
    assert named(await found(pool)) == {
        ("events", "removed", kept.transition, 1, 2),
        ("commits", "removed", kept.transition, 2, None),
    }


async def test_a_revision_removed_with_its_chain_is_named(pool: Pool, kept: Kept) -> None:
    async with unhindered(pool) as link:
        for table in ("events", "commits", "links"):
            await link.execute(f"DELETE FROM {table} WHERE transition_id = $1 AND revision = 2", kept.transition)
    assert named(await found(pool)) == {
        ("commits", "removed", kept.transition, 2, None),
        ("links", "removed", kept.transition, 2, None),
    }


async def test_the_end_of_a_journey_cut_off_is_named_before_it_is_sealed(pool: Pool) -> None:
    written = await fill(pool)
    async with unhindered(pool) as link:
        for table in ("events", "commits", "links"):
            await link.execute(f"DELETE FROM {table} WHERE transition_id = $1 AND revision = 3", written.transition)
    assert named(await found(pool)) == {("transitions", "changed", written.transition, 3, None)}


async def test_a_whole_transition_that_is_removed_is_named(pool: Pool, kept: Kept) -> None:
    async with unhindered(pool) as link:
        for table in ("events", "commits", "links"):
            await link.execute(f"DELETE FROM {table} WHERE transition_id = $1", kept.transition)
        await link.execute("DELETE FROM transitions WHERE id = $1", kept.transition)
    assert named(await found(pool)) == {("links", "removed", kept.transition, number, None) for number in (1, 2, 3)}


async def test_what_is_slipped_into_a_journey_is_named(pool: Pool, kept: Kept) -> None:
    async with unhindered(pool) as link:
        await link.execute(
            "INSERT INTO events SELECT (jsonb_populate_record(e, '{\"seq\": 9}')).* FROM events e "
            "WHERE transition_id = $1 AND revision = 2 AND seq = 1",
            kept.transition,
        )
        await link.execute(
            "INSERT INTO commits (transition_id, revision, digest, at) VALUES ($1, 9, '', now())", UUID(int=7)
        )
    assert named(await found(pool)) == {
        ("events", "inserted", kept.transition, 2, 9),
        ("commits", "inserted", UUID(int=7), 9, None),
    }


async def test_events_in_another_order_are_named(pool: Pool, kept: Kept) -> None:
    async with unhindered(pool) as link:
        for old, new in ((1, 99), (2, 1), (99, 2)):
            await link.execute(
                "UPDATE events SET seq = $3 WHERE transition_id = $1 AND revision = 1 AND seq = $2",
                kept.transition,
                old,
                new,
            )
    assert named(await found(pool)) == {("events", "changed", kept.transition, 1, seq) for seq in (1, 2)}


async def test_revisions_in_another_order_are_named(pool: Pool, kept: Kept) -> None:
    async with unhindered(pool) as link:
        for old, new in ((1, 99), (2, 1), (99, 2)):
            await link.execute(
                "UPDATE commits SET revision = $3 WHERE transition_id = $1 AND revision = $2", kept.transition, old, new
            )
    assert {("commits", "changed", kept.transition, number, None) for number in (1, 2)} <= named(await found(pool))


@pytest.mark.parametrize("table", ["events", "commits", "links"])
async def test_an_emptied_table_is_found(pool: Pool, kept: Kept, table: str) -> None:
    rows = await pool.fetchval(f"SELECT count(*) FROM {table}")
    async with unhindered(pool) as link:
        await link.execute(f"TRUNCATE {table} CASCADE")
    assert len(await found(pool)) >= rows > 0


LOOK_CHANGES = [
    "at = at + interval '1 second'",
    "staff = 'other'",
    "role = 'peer-worker'",
    "page = 'other'",
    "why = 'team'",
]


@pytest.mark.parametrize(
    "change", [*LOOK_CHANGES, "transition_id = gen_random_uuid()", "broken_glass = gen_random_uuid()"]
)
async def test_a_look_that_is_changed_is_named_with_its_day(pool: Pool, kept: Kept, change: str) -> None:
    async with unhindered(pool) as link:
        await link.execute(f"UPDATE access_log SET {change} WHERE id = $1", kept.looks[1])
    wrong = await found(pool)
    assert named(wrong) == {("access_log", "changed", kept.looks[1], None, None)}
    assert wrong[0].day is not None
    assert re.fullmatch(
        r"Look [-0-9a-f]{36} was changed after it was written \(sealed on \d\d \w+ \d{4}\)\.", wrong[0].words
    )


@pytest.mark.parametrize(
    "change", ["words = 'Other words'", "code = 'urgent-care'", "ends = ends + interval '1 hour'", "staff = 'x'"]
)
async def test_a_broken_glass_that_is_changed_is_named(pool: Pool, kept: Kept, change: str) -> None:
    async with unhindered(pool) as link:
        await link.execute(f"UPDATE broken_glass SET {change}")
    assert named(await found(pool)) == {("broken_glass", "changed", kept.glass, None, None)}


SLIP_IN = "INSERT INTO access_log SELECT $1, at, 'other', role, transition_id, page, why FROM access_log WHERE id = $2"


async def test_looks_that_are_removed_slipped_in_or_swapped_are_named(pool: Pool, kept: Kept) -> None:
    first, second, third, fourth = kept.looks
    async with unhindered(pool) as link:
        slipped = UUID(int=second.int + 1)
        await link.execute(
            SLIP_IN,
            slipped,
            first,
        )
        ahead = UUID(int=first.int + (10 * 86_400_000 << 80))
        await link.execute(
            SLIP_IN,
            ahead,
            first,
        )
        await link.execute("DELETE FROM access_log WHERE id = $1", first)
        for old, new in ((third, UUID(int=1)), (fourth, third), (UUID(int=1), fourth)):
            await link.execute("UPDATE access_log SET id = $2 WHERE id = $1", old, new)
    assert named(await found(pool)) == {
        ("access_log", "removed", first, None, None),
        ("access_log", "inserted", slipped, None, None),
        ("access_log", "inserted", ahead, None, None),
        ("access_log", "changed", third, None, None),
        ("access_log", "changed", fourth, None, None),
    }


@pytest.mark.parametrize("table", ["access_log", "broken_glass", "sealed"])
async def test_an_emptied_log_is_found(pool: Pool, kept: Kept, table: str) -> None:
    rows = await pool.fetchval(f"SELECT count(*) FROM {table}")
    async with unhindered(pool) as link:
        await link.execute(f"TRUNCATE {table} CASCADE")
    assert len(await found(pool)) >= rows > 0


async def test_a_seal_that_is_changed_or_removed_is_found(pool: Pool, kept: Kept) -> None:
    await kept.journeys[1].tell(complete("therapy-talk", day(10), attendance="5", mechanism="01"))
    await seal_now(pool)
    async with unhindered(pool) as link, link.transaction():
        await link.execute("UPDATE seals SET head = sha256('other') WHERE number = 2")
        assert {(one.table, one.what) for one in await found(link)} == {("seals", chain.What.CHANGED)}
        await link.execute("DELETE FROM seals WHERE number = 1")
        assert ("seals", chain.What.REMOVED) in {(one.table, one.what) for one in await found(link)}


async def test_who_counts_every_chain_anew_is_shown_by_the_head_that_was_kept(pool: Pool, kept: Kept) -> None:
    kept_head = await seals.head(pool)
    assert kept_head is not None
    assert await seals.against(pool, seals.kept(f"{kept_head.line}\n", "heads.txt")) == []
    async with unhindered(pool) as link:
        await link.execute("UPDATE events SET staff = 'other' WHERE transition_id = $1", kept.transition)
        await link.execute("TRUNCATE links, sealed; DELETE FROM seals")
        backfill = re.search(r"INSERT INTO links .*?;", (MIGRATIONS / "0040_chain.sql").read_text(), re.DOTALL)
        assert backfill is not None
        await link.execute(backfill[0])
        await link.execute("SELECT seal_until($1)", kept_head.until)
    assert await found(pool) == []
    wrong = await seals.against(pool, [kept_head])
    assert [one.what for one in wrong] == [chain.What.CHANGED]
    assert "is not the one that was kept" in wrong[0].words
    async with unhindered(pool) as link:
        await link.execute("DELETE FROM seals")
    assert [one.what for one in await seals.against(pool, [kept_head])] == [chain.What.REMOVED]


@pytest.mark.parametrize(
    "text",
    ["", "\n", "yesterday 3 " + "0" * 64, "2026-11-28T00:00:00 3 " + "0" * 64, "2026-11-28T00:00:00+00:00 3 abc"],
)
def test_a_file_that_holds_no_heads_is_refused(text: str) -> None:
    with pytest.raises(RecordsError, match=r"heads\.txt"):
        seals.kept(text, "heads.txt")


async def test_what_was_there_before_is_chained_as_if_it_had_been_written_since(pool: Pool, kept: Kept) -> None:
    chained = await pool.fetch("SELECT transition_id, revision, hashes FROM links ORDER BY 1, 2")
    backfill = re.search(r"INSERT INTO links .*?;", (MIGRATIONS / "0040_chain.sql").read_text(), re.DOTALL)
    assert backfill is not None
    async with unhindered(pool) as link:
        await link.execute("TRUNCATE links")
        await link.execute(backfill[0])
    assert await pool.fetch("SELECT transition_id, revision, hashes FROM links ORDER BY 1, 2") == chained


async def test_nothing_is_added_to_a_revision_later_and_a_broken_chain_stops_nobody(pool: Pool, kept: Kept) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="a revision is written once"):
        await pool.execute(
            "INSERT INTO events (transition_id, revision, seq, event, at, payload) "
            "VALUES ($1, 1, 99, 'opened', now(), '{}')",
            kept.transition,
        )
    async with unhindered(pool) as link:
        await link.execute("TRUNCATE links")
    await kept.journeys[0].tell(complete("therapy-talk", day(10), attendance="5", mechanism="01"))
    assert ("links", "removed", kept.transition, 3, None) in named(await found(pool))


async def test_sealing_waits_until_what_is_being_written_is_written_and_goes_by_days(pool: Pool, kept: Kept) -> None:
    async with unhindered(pool) as link:
        await link.execute("TRUNCATE sealed; DELETE FROM seals")
        assert await seals.seal(pool) is None
        await link.execute("UPDATE links SET at = at - interval '50 hours'")
    sealed = await seals.seal(pool)
    assert sealed is not None
    assert await pool.fetchval("SELECT max(until) < clock_timestamp() - interval '10 minutes' FROM seals")
    assert await pool.fetchval("SELECT count(*) FROM seals") in (3, 4)
    assert await pool.fetchval("SELECT count(DISTINCT source) FROM sealed") == 1
    assert await found(pool) == []


def test_the_texts_of_the_migration_and_of_the_program_are_the_same() -> None:
    def plain(text: str) -> str:
        return re.sub(r"\s+", "", text.replace("(r).", "r.").replace("l.", "r."))

    written = plain((Path(MIGRATIONS) / "0040_chain.sql").read_text())
    for table, says in chain._SAYS.items():
        assert plain(says) in written, table
