"""Verifying the chains: whether anything in the log of events or in the access log was changed, removed or slipped in.

What a row says is written down here a second time, beside the migration that the database chains it by: verifying
trusts no function that is kept in the database, for whoever can change the rows could change those, too.
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from asyncpg import Record

from records.database import Database, Link, connected
from schemas.base import Stored

AT_ONCE = 2000
"""Revisions that one query looks at."""
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
NO_REVISION, EVERY_REVISION = 0, 2**31 - 1
AHEAD = timedelta(days=1)
"""So far ahead of our clock no clock of a database is."""

_SAYS = {
    "commits": """array_to_json(ARRAY['commits', r.transition_id::text, r.revision::text, r.digest,
        extract(epoch FROM r.at)::text, r.command_id, extract(epoch FROM r.recorded_at)::text])::text""",
    "events": """array_to_json(ARRAY['events', r.transition_id::text, r.revision::text, r.seq::text, r.event, r.step,
        extract(epoch FROM r.at)::text, extract(epoch FROM r.said_at)::text, extract(epoch FROM r.recorded_at)::text,
        r.command_id, r.command, r.role, r.staff, r.reason, r.payload::text])::text""",
    "access_log": """array_to_json(ARRAY['access_log', r.id::text, extract(epoch FROM r.at)::text, r.staff, r.role,
        r.transition_id::text, r.page, r.why, r.broken_glass::text])::text""",
    "broken_glass": """array_to_json(ARRAY['broken_glass', r.id::text, r.staff, r.role, r.transition_id::text, r.code,
        r.words, extract(epoch FROM r.at)::text, extract(epoch FROM r.ends)::text])::text""",
    "links": """array_to_json(ARRAY['links', r.transition_id::text, r.revision::text,
        array_to_string(r.hashes, ' '), extract(epoch FROM r.at)::text])::text""",
}
_HERE = "(r.transition_id, r.revision) > ($1, $2) AND (r.transition_id, r.revision) <= ($3, $4)"

BOUNDARY = """
-- Where so many revisions of chains end.
SELECT transition_id, revision FROM links WHERE (transition_id, revision) > ($1, $2)
ORDER BY transition_id, revision OFFSET $3 LIMIT 1
"""
HOW_MANY_LINKED = f"""
-- How many rows the chains here hold.
SELECT coalesce(sum(cardinality(r.hashes)), 0) FROM links r WHERE {_HERE}
"""  # noqa: S608  # made of what stands above, like the queries below
WRONG_IN_TRANSITIONS = f"""
-- The rows here that are not what their chain says: `seq` 0 is the commit itself.
WITH kept AS (
    SELECT r.transition_id, r.revision, h.place - 1 AS seq, h.hash, CASE
            WHEN h.place > 1 THEN r.hashes[h.place - 1]
            WHEN r.revision = 1 THEN ''::bytea
            ELSE (SELECT p.hashes[cardinality(p.hashes)] FROM links p
                  WHERE p.transition_id = r.transition_id AND p.revision = r.revision - 1) END AS before
    FROM links r CROSS JOIN LATERAL unnest(r.hashes) WITH ORDINALITY AS h (hash, place)
    WHERE {_HERE}
), here AS (
    SELECT r.transition_id, r.revision, 0::bigint AS seq, true AS there, {_SAYS["commits"]} AS says
    FROM commits r WHERE {_HERE}
    UNION ALL
    SELECT r.transition_id, r.revision, r.seq::bigint, true, {_SAYS["events"]}
    FROM events r WHERE {_HERE}
), looked_at AS (
    SELECT transition_id, revision, seq, CASE
            WHEN h.there IS NULL THEN 'removed'
            WHEN k.hash IS NULL THEN 'inserted'
            WHEN k.before IS NULL THEN 'before-removed'
            WHEN sha256(k.before || convert_to(h.says, 'UTF8')) <> k.hash THEN 'changed' END AS what
    FROM kept k FULL JOIN here h USING (transition_id, revision, seq)
)
SELECT transition_id, revision, seq, what FROM looked_at WHERE what IS NOT NULL ORDER BY transition_id, revision, seq
"""  # noqa: S608
NOT_SO_FAR = """
-- Transitions that have come farther, or less far, than their chain.
SELECT t.id, t.revision, coalesce(l.revision, 0) AS linked FROM transitions t LEFT JOIN LATERAL (
    SELECT l.revision FROM links l WHERE l.transition_id = t.id ORDER BY l.revision DESC LIMIT 1
) l ON true WHERE t.revision <> coalesce(l.revision, 0) ORDER BY t.id
"""
SEALS = """
-- The seals in their order.
SELECT number, until, last, head, date(until - interval '1 microsecond') AS day FROM seals
WHERE number > $1 ORDER BY number LIMIT 1000
"""
SEALED = """
-- What a seal holds: how many rows, the last hash, and the hash that the seal itself must have after it.
SELECT count(*) AS rows, sha256(coalesce((SELECT hash FROM sealed WHERE number = $2 AND $2 > $1), $3) || convert_to(
    array_to_json(ARRAY['seals', $4::int::text, extract(epoch FROM $5::timestamptz)::text, $2::bigint::text])::text,
    'UTF8')) AS head
FROM sealed WHERE number > $1 AND number <= $2
"""
_OF_SEAL = "r.id >= $5 AND r.id < $6"
WRONG_IN_SEAL = f"""
-- The rows of a seal that are not what they were when it was made.
WITH kept AS (
    SELECT number, source, id, revision, hash, CASE
            WHEN number = $1 + 1 THEN $3::bytea
            WHEN lag(number) OVER in_order = number - 1 THEN lag(hash) OVER in_order END AS before
    FROM sealed WHERE number > $1 AND number <= $2 WINDOW in_order AS (ORDER BY number)
), here AS (
    SELECT 'access_log' AS source, r.id, 0 AS revision, true AS there, {_SAYS["access_log"]} AS says
    FROM access_log r WHERE {_OF_SEAL}
    UNION ALL
    SELECT 'broken_glass', r.id, 0, true, {_SAYS["broken_glass"]} FROM broken_glass r WHERE {_OF_SEAL}
    UNION ALL
    SELECT 'links', r.transition_id, r.revision, true, {_SAYS["links"]} FROM links r WHERE r.at >= $4 AND r.at < $7
), looked_at AS (
    SELECT source, id, revision, CASE
            WHEN h.there IS NULL THEN 'removed'
            WHEN k.hash IS NULL THEN 'inserted'
            WHEN sha256(k.before || convert_to(h.says, 'UTF8')) <> k.hash THEN 'changed' END AS what
    FROM kept k FULL JOIN here h USING (source, id, revision)
)
SELECT source, id, revision, what FROM looked_at WHERE what IS NOT NULL ORDER BY source, id, revision
"""  # noqa: S608
UNDER_NO_SEAL = """
-- How many hashes are under no seal.
SELECT count(*) FROM sealed WHERE number > (SELECT coalesce(max(last), 0) FROM seals)
"""
FROM_THE_FUTURE = """
-- Rows under an id that the database has not given yet.
SELECT 'access_log' AS source, id FROM access_log WHERE id >= $1
UNION ALL SELECT 'broken_glass', id FROM broken_glass WHERE id >= $1
"""
VERIFIED = """
-- Everything was verified.
INSERT INTO verifications (at, rows, findings, head) VALUES ($1, $2, $3, $4)
"""


class What(StrEnum):
    """What is wrong with a row."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"


class Fault(Stored):
    """One row that is not what it was: which, and what is wrong with it."""

    table: str
    what: What
    transition_id: UUID | None = None
    revision: int | None = None
    seq: int | None = None
    id: UUID | None = None
    day: date | None = None
    words: str


def first_id_at(instant: datetime) -> UUID:
    """The first id that the database can have given at an instant."""
    return UUID(int=int(instant.timestamp() * 1000) << 80)


async def faults(db: Database, told: Callable[[int], None]) -> AsyncIterator[Fault]:
    """Everything that is not what it was; `told` hears of each batch of rows that was looked at.

    It may run while the service does: each query sees one moment, and what is written meanwhile is in its chain.
    """
    async with connected(db) as link:
        async for fault in _transitions(link, told):
            yield fault
        for row in await link.fetch(NOT_SO_FAR):
            yield _not_so_far(row)
        async for fault in _days(link, told):
            yield fault
        for row in await link.fetch(FROM_THE_FUTURE, first_id_at(datetime.now(UTC) + AHEAD)):
            yield _of_day(row["source"], What.INSERTED, row["id"], None)


async def _transitions(link: Link, told: Callable[[int], None]) -> AsyncIterator[Fault]:
    """Walk the chains of the transitions in their order."""
    begins: tuple[UUID, int] = (FIRST, NO_REVISION)
    while True:
        boundary = await link.fetchrow(BOUNDARY, *begins, AT_ONCE - 1)
        ends = tuple(boundary) if boundary else (LAST, EVERY_REVISION)
        async with link.transaction(readonly=True):
            async for row in link.cursor(WRONG_IN_TRANSITIONS, *begins, *ends):
                yield _of_transition(row)
        told(await link.fetchval(HOW_MANY_LINKED, *begins, *ends))
        if boundary is None:
            return
        begins = ends


def _of_transition(row: Record) -> Fault:
    seq, revision, what = row["seq"], row["revision"], row["what"]
    if what == "before-removed":
        what, revision, seq = What.REMOVED, revision - 1, 0
    table = "events" if seq else "commits"
    where = f"event {seq} of revision {revision}" if seq else f"revision {revision} itself"
    return Fault(
        table=table,
        what=what,
        transition_id=row["transition_id"],
        revision=revision,
        seq=seq or None,
        words=f"Transition {row['transition_id']}: {where} was {_WORDS[What(what)]}.",
    )


_WORDS = {
    What.CHANGED: "changed after it was written",
    What.REMOVED: "removed",
    What.INSERTED: "inserted outside its chain",
}


def _not_so_far(row: Record) -> Fault:
    return Fault(
        table="transitions",
        what=What.CHANGED,
        transition_id=row["id"],
        revision=row["revision"],
        words=f"Transition {row['id']} stands at revision {row['revision']}, and its chain ends at {row['linked']}.",
    )


async def _days(link: Link, told: Callable[[int], None]) -> AsyncIterator[Fault]:
    """Walk the seals in their order, and what each of them holds."""
    number, last, head, begins = 0, 0, b"", datetime.min.replace(tzinfo=UTC)
    while seals := await link.fetch(SEALS, number):
        for seal in seals:
            if seal["number"] != number + 1:
                yield _of_seal(seal, What.REMOVED, f"A seal before that of {seal['until']:%d %B %Y %H:%M} UTC")
            async for fault in _seal(link, seal, last, head, begins):
                yield fault
            told(seal["last"] - last)
            number, last, head, begins = seal["number"], seal["last"], seal["head"], seal["until"]
    if more := await link.fetchval(UNDER_NO_SEAL):
        yield Fault(
            table="sealed", what=What.INSERTED, words=f"{more} hashes are under no seal: {_WORDS[What.INSERTED]}."
        )


async def _seal(link: Link, seal: Record, last: int, head: bytes, begins: datetime) -> AsyncIterator[Fault]:
    from_id = first_id_at(begins) if begins.year > 1 else FIRST
    ranges = (begins, from_id, first_id_at(seal["until"]), seal["until"])
    async with link.transaction(readonly=True):
        async for row in link.cursor(WRONG_IN_SEAL, last, seal["last"], head, *ranges):
            yield _of_day(row["source"], What(row["what"]), row["id"], seal["day"], row["revision"])
    (held,) = await link.fetch(SEALED, last, seal["last"], head, seal["number"], seal["until"])
    if held["rows"] != seal["last"] - last:
        many = seal["last"] - last - held["rows"]
        yield _of_seal(seal, What.REMOVED, f"{many} of what the seal of {seal['until']:%d %B %Y %H:%M} UTC held")
    elif held["head"] != seal["head"]:
        yield _of_seal(seal, What.CHANGED, f"The seal of {seal['until']:%d %B %Y %H:%M} UTC")


def _of_seal(seal: Record, what: What, which: str) -> Fault:
    return Fault(table="seals", what=what, day=seal["day"], words=f"{which} was {_WORDS[what]}.")


def _of_day(table: str, what: What, row_id: UUID, day: date | None, revision: int = 0) -> Fault:
    if table == "links":
        words = f"Transition {row_id}: the chain of revision {revision} was {_WORDS[what]}"
        fault = Fault(table=table, what=what, transition_id=row_id, revision=revision, day=day, words=words)
    else:
        fault = Fault(table=table, what=what, id=row_id, day=day, words=f"{_NAMES[table]} {row_id} was {_WORDS[what]}")
    sealed = f" (sealed on {day:%d %B %Y})" if day else " (its id is from the future)"
    return fault.model_copy(update={"words": f"{fault.words}{sealed}."})


_NAMES = {"access_log": "Look", "broken_glass": "Broken glass"}


async def verified(db: Database, at: datetime, rows: int, findings: int, head: bytes | None) -> None:
    """Keep that everything was verified, for whoever asks when that was last."""
    async with connected(db) as link:
        await link.execute(VERIFIED, at, rows, findings, head)
