"""Each role of the database does what it is for, and everything else is refused by PostgreSQL itself."""

from collections.abc import AsyncIterator
from datetime import date

import asyncpg
import pytest

from planner.policy import Standing
from records import rights
from records.access import Reason, Seen, break_glass, looked
from records.chain import verified
from records.reports.asked import asked
from records.reports.counting import run
from records.reports.definition import Report
from records.reports.registry import REPORTS
from records.rights import OF_READER, OF_WRITER, READER, RELATIONS, WRITER, Right
from records.seals import seal
from schemas.codes import Role
from tests.keys import RING
from tests.records.journeys import T0, complete, day
from tests.records.tampering import fill, found
from workers.client import Pool, open_pool
from workers.postgres_server import USER


def url_as(database_url: str, role: str) -> str:
    """The same database, as another role."""
    return database_url.replace(f"//{USER}@", f"//{role}@")


@pytest.fixture
async def writer(pool: Pool, database_url: str) -> AsyncIterator[Pool]:
    """The database as the worker and the pages use it."""
    opened = await open_pool(url_as(database_url, WRITER), RING)
    yield opened
    opened.terminate()


@pytest.fixture
async def reader(pool: Pool, database_url: str) -> AsyncIterator[Pool]:
    """The database as reports read it."""
    opened = await asyncpg.create_pool(url_as(database_url, READER), min_size=1, max_size=2)
    yield opened
    opened.terminate()


async def refused(pool: Pool, statement: str) -> bool:
    """Whether PostgreSQL refuses it for want of a right."""
    try:
        await pool.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return True
    except asyncpg.PostgresError as other:
        pytest.fail(f"{statement}: {other}")
    return False


async def first_column(pool: Pool, table: str) -> str:
    """A column of a table that is not made by the database."""
    return str(
        await pool.fetchval(
            "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND is_identity = 'NO' "
            "ORDER BY ordinal_position LIMIT 1",
            table,
        )
    )


async def test_every_table_has_its_place(pool: Pool) -> None:
    there = {row["name"]: row for row in await pool.fetch(RELATIONS)}
    placed = [name for names in OF_WRITER.values() for name in names]
    assert sorted(placed) == sorted(there), "say in records/rights.py what the writer may do with it"
    assert set(OF_READER) <= set(there)
    for name in (*OF_WRITER[Right.CHANGE], *OF_WRITER[Right.REMOVE]):
        assert not there[name]["added_to"], f"{name} is only added to, and the writer may change it"


async def test_a_new_table_gets_rights_by_itself(pool: Pool, writer: Pool, reader: Pool) -> None:
    await pool.execute("CREATE TABLE plain (a int); CREATE TABLE lasting (a int)")
    await pool.execute(
        "CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON lasting "
        "FOR EACH ROW EXECUTE FUNCTION records_are_only_added_to()"
    )
    assert await refused(writer, "SELECT * FROM plain")
    async with pool.acquire() as link:
        assert await rights.give(link)
    await writer.execute("INSERT INTO plain VALUES (1); UPDATE plain SET a = 2; INSERT INTO lasting VALUES (1)")
    assert await refused(writer, "UPDATE lasting SET a = 2")
    assert await refused(writer, "DELETE FROM lasting")
    assert await refused(reader, "SELECT * FROM plain")


JOINED = (
    *("people", "worklist", "caseload", "without_coordinator", "undelivered", "delays", "certificates"),
    *("under_18", "peer_wishes", "matched_by", "failed_contacts", "no_slots"),
)
"""Views that nobody can write to at all, whatever their rights."""


async def test_the_writer_cannot_change_what_was_recorded(pool: Pool, writer: Pool) -> None:
    for table in {*OF_WRITER[Right.ADD], *OF_WRITER[Right.READ]} - {*JOINED}:
        column = await first_column(pool, table)
        await writer.execute(f"SELECT * FROM {table} LIMIT 1")
        assert await refused(writer, f"UPDATE {table} SET {column} = {column}")
        assert await refused(writer, f"DELETE FROM {table}")
        if table in OF_WRITER[Right.READ]:
            assert await refused(writer, f"INSERT INTO {table} SELECT * FROM {table} LIMIT 0")
        if table not in ("commands", "attempts"):
            assert await refused(writer, f"TRUNCATE {table} CASCADE")


async def test_the_writer_removes_nobody(writer: Pool) -> None:
    for table in OF_WRITER[Right.CHANGE]:
        assert await refused(writer, f"DELETE FROM {table}")
        assert await refused(writer, f"TRUNCATE {table} CASCADE")


async def test_the_writer_cannot_get_round_what_holds(writer: Pool, pool: Pool) -> None:
    kept = await fill(pool)
    for statement in (
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "DROP TRIGGER only_added_to ON events",
        "DROP TABLE links",
        "CREATE TABLE mine (a int)",
        "SET session_replication_role = replica",
        "SELECT seal_until(now())",
        "SET ROLE alongside",
        "CREATE OR REPLACE FUNCTION seal() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    ):
        assert await refused(writer, statement), statement
    assert await pool.fetchval("SELECT count(*) FROM commits WHERE transition_id = $1", kept.transition) == 3


async def test_the_writer_does_the_work(writer: Pool) -> None:
    kept = await fill(writer)
    await kept.journeys[0].tell(complete("therapy-talk", day(10), attendance="5", mechanism="01"))
    assert await seal(writer) is None
    assert await found(writer) == []
    await verified(writer, T0, 1, 0, None)
    assert await writer.fetchval("SELECT count(*) FROM links") == await writer.fetchval("SELECT count(*) FROM commits")


async def test_the_reader_only_reads_and_only_what_is_for_reports(pool: Pool, reader: Pool) -> None:
    for table in [name for names in OF_WRITER.values() for name in names]:
        column = await first_column(pool, table)
        if table not in JOINED:
            for statement in (
                f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM {table} LIMIT 0",
                f"UPDATE {table} SET {column} = {column}",
                f"DELETE FROM {table}",
            ):
                assert await refused(reader, statement), statement
        seen = OF_READER.get(table)
        if seen is None:
            assert await refused(reader, f"SELECT {column} FROM {table}")
        else:
            await reader.execute(f"SELECT {seen} FROM {table} LIMIT 1")
            assert (seen == "*") or await refused(reader, f"SELECT * FROM {table}")


HIDDEN = {
    "people": "local_id nhs_number given_name family_name date_of_birth known_as",
    "staff": "email attributes line_manager",
    "transitions": "journey",
    "events": "reason payload command_id",
    "steps": "by_hand",
    "notices": "text error",
    "bookings": "override_reason released_why",
    "visits": "staff transition_id alone_because",
}


async def test_what_says_who_somebody_is_stays_hidden_from_reports(reader: Pool) -> None:
    for table, columns in HIDDEN.items():
        for column in columns.split():
            assert await refused(reader, f"SELECT {column} FROM {table}"), column


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.id)
async def test_the_writer_counts_as_the_reader(pool: Pool, writer: Pool, report: Report) -> None:
    wanted = asked(report, date(2026, 11, 27), by=report.by)
    assert (await run(writer, report, wanted, T0)).report is report
    assert await writer.fetchval("SELECT current_user") == WRITER, "it is the writer again afterwards"
    read = next(name for name in ("transitions", "experience", "steps") if f" {name} " in report.cases)
    await pool.execute(f"REVOKE ALL ON {read} FROM {READER}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await run(writer, report, wanted, T0)


async def test_without_the_reader_it_counts_all_the_same(pool: Pool, writer: Pool) -> None:
    """On a managed database nobody may have let the writer become the reader."""
    await pool.execute(f"REVOKE {READER} FROM {WRITER}")
    try:
        async with writer.acquire() as link:
            assert not await rights.counts_as_reader(link)
        for report in REPORTS:
            assert (await run(writer, report, asked(report, date(2026, 11, 27)), T0)).report is report
    finally:
        async with pool.acquire() as link:
            assert await rights.give(link)
    async with writer.acquire() as link:
        assert await rights.counts_as_reader(link)


async def test_the_reader_cannot_seal(reader: Pool) -> None:
    assert await refused(reader, "SELECT seal()")


async def test_who_works_in_the_records_is_told_apart(pool: Pool, writer: Pool) -> None:
    async with pool.acquire() as owner, writer.acquire() as worker:
        assert await rights.more_than_writer(owner)
        assert not await rights.more_than_writer(worker)


async def test_without_the_right_to_make_roles_everything_works_as_it_is(pool: Pool, database_url: str) -> None:
    """On a managed database whoever migrates may not make roles: then there are none, and that is said."""
    await pool.execute("DROP ROLE IF EXISTS only_an_owner; CREATE ROLE only_an_owner LOGIN")
    link = await asyncpg.connect(url_as(database_url, "only_an_owner"))
    try:
        assert not await rights._made(link, "another_role")
    finally:
        await link.close()
        await pool.execute("DROP ROLE only_an_owner")


async def test_a_glass_is_broken_and_a_look_is_kept_as_the_writer(writer: Pool) -> None:
    kept = await fill(writer, people=1)
    who, one = "nurse-chain", str(kept.transition)
    await break_glass(writer, who, Role.COMMUNITY_TEAM, one, Reason.URGENT_CARE, "They need me.", T0)
    seen = await writer.fetchval("SELECT count(*) FROM access_log")
    why = Seen(Standing(named=True, same_team=True, allocated=False, goes_with=False, glass=False), "Team chain", None)
    await looked(writer, who, Role.COMMUNITY_TEAM, one, "person", why, T0)
    assert await writer.fetchval("SELECT count(*) FROM access_log") == seen + 1
