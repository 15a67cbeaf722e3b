"""Databases beside the shared one, for tests that need one empty or full."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from asyncpg import Pool, Record, connect

from workers.postgres_server import PostgresServer


@asynccontextmanager
async def a_database(pool: "Pool[Record]", postgres: PostgresServer) -> AsyncIterator[str]:
    """The URL of an empty database, which is dropped at the end."""
    name = f"beside_{uuid4().hex[:12]}"
    await pool.execute(f"CREATE DATABASE {name}")
    try:
        yield postgres.url_of(name)
    finally:
        await pool.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def schema_of(url: str) -> list[tuple[str, ...]]:
    """Every column, index and constraint of a database, as text to compare."""
    link = await connect(url)
    try:
        rows = await link.fetch(
            "SELECT 'column', table_name || '.' || column_name, data_type || is_nullable "
            "FROM information_schema.columns WHERE table_schema = 'public' "
            "UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' "
            "UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) "
            "FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2, 3"
        )
    finally:
        await link.close()
    return [tuple(row) for row in rows]
