"""Migrations: in order, once, one program at a time, and a failing one is named and leaves nothing half done."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from records.errors import RecordsError
from records.migrate import known, migrate, pending


def _write(folder: Path, name: str, sql: str) -> None:
    (folder / name).write_text(f"-- migrate:up\n{sql}\n-- migrate:down\n")


async def _tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT relname FROM pg_stat_user_tables")
        return {row["relname"] for row in rows} - {"schema_migrations"}
    finally:
        await connection.close()


async def test_no_file_is_nothing_to_do(empty_database_url: str, tmp_path: Path) -> None:
    assert await migrate(empty_database_url, tmp_path) == []


async def test_each_is_applied_once_and_in_order(empty_database_url: str, tmp_path: Path) -> None:
    _write(tmp_path, "0002_b.sql", "ALTER TABLE a RENAME TO b;")
    _write(tmp_path, "0001_a.sql", "CREATE TABLE a ();")
    connection = await asyncpg.connect(empty_database_url)
    assert await pending(connection, tmp_path) == ["0001_a.sql", "0002_b.sql"]
    assert await migrate(empty_database_url, tmp_path) == ["0001_a.sql", "0002_b.sql"]
    assert await migrate(empty_database_url, tmp_path) == []
    assert await pending(connection, tmp_path) == []
    await connection.close()
    assert await _tables(empty_database_url) == {"b"}


async def test_a_failing_one_is_named_and_undone(empty_database_url: str, tmp_path: Path) -> None:
    _write(tmp_path, "0001_good.sql", "CREATE TABLE good ();")
    _write(tmp_path, "0002_bad.sql", "CREATE TABLE half (); SELECT nothing_like_it();")
    with pytest.raises(RecordsError, match=r"The migration 0002_bad.sql failed: .*nothing_like_it"):
        await migrate(empty_database_url, tmp_path)
    assert await _tables(empty_database_url) == {"good"}


async def test_two_at_once_apply_it_once(empty_database_url: str, tmp_path: Path) -> None:
    _write(tmp_path, "0001_slow.sql", "SELECT pg_sleep(0.3); CREATE TABLE once ();")
    both = await asyncio.gather(*(migrate(empty_database_url, tmp_path) for _ in range(2)))
    assert sorted(both) == [[], ["0001_slow.sql"]]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["first.sql"], "like 0007_what_it_is.sql"),
        (["0001_a.sql", "0001_b.sql"], "0001_a.sql and 0001_b.sql have the same number"),
    ],
)
def test_a_name_that_cannot_be_ordered_is_refused(tmp_path: Path, names: list[str], says: str) -> None:
    for name in names:
        _write(tmp_path, name, "SELECT 1;")
    with pytest.raises(RecordsError, match=says):
        known(tmp_path)


def test_a_file_without_marks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text("SELECT 1;\n")
    with pytest.raises(RecordsError, match=r"0001_a.sql needs a line `-- migrate:up`"):
        known(tmp_path)


def test_ours_are_in_order() -> None:
    assert known()[0] == "0001_records.sql"
