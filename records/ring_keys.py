"""Which keys of the ring the records know: so that nobody goes on with other keys than what is here was sealed with."""

from collections.abc import Mapping, Sequence
from typing import Any

from asyncpg import Record

from records.database import Database, Link, connected, keys_of, transaction
from records.errors import RecordsError
from records.keyring import BadKeys, KeyRing

HERE = """
-- Whether this version's tables of keys are here.
SELECT to_regclass('ring_keys') IS NOT NULL
"""
SEALED_HERE = """
-- Whether people are sealed in this version's tables.
SELECT to_regclass('people_sealed') IS NOT NULL
"""
NOBODYS = """
-- Whether nobody has a key here, though people are sealed with theirs.
SELECT NOT EXISTS (SELECT FROM person_keys) AND EXISTS (SELECT FROM people_sealed WHERE local_id IS NOT NULL)
"""
KNOWN = """
-- Every key of the ring that was used here; there are few.
SELECT k.id, k.proof, k.used_since, k.retired_at,
    (SELECT count(*) FROM person_keys p WHERE p.ring_key = k.id) AS people
FROM ring_keys k ORDER BY k.used_since, k.id
"""
PROOFS = """
-- The keys that were used here.
SELECT id, proof, retired_at FROM ring_keys
"""
INTRODUCE = """
-- A key is used from now on.
INSERT INTO ring_keys (id, proof, used_since) VALUES ($1, $2, now()) ON CONFLICT DO NOTHING
"""
TAKE_BACK = """
-- A key that was retired is used again.
UPDATE ring_keys SET retired_at = NULL WHERE id = ANY($1) AND retired_at IS NOT NULL
"""
RETIRE = """
-- A key may be missing from now on.
UPDATE ring_keys SET retired_at = greatest(now(), used_since) WHERE id = $1 AND retired_at IS NULL RETURNING id
"""
WRAPS = """
-- Whether a key of the ring wraps the key of anybody.
SELECT EXISTS (SELECT FROM person_keys WHERE ring_key = $1)
"""


async def introduce(db: Database) -> None:
    """Make the ring's keys known here. Refused when one is missing, or another than the one that was used here.

    Refused too when nobody's own key is here: the records were restored from a dump without those, and whoever went on
    would make others. Tables of an earlier version know of no keys, and there is nothing to compare.
    """
    async with connected(db) as link:
        if not await link.fetchval(HERE):
            return
        keys = keys_of(link)
        rows = await link.fetch(PROOFS)
        if problem := differing(keys, rows):
            raise RecordsError("conflict", problem)
        if rows and await link.fetchval(SEALED_HERE) and await link.fetchval(NOBODYS):
            raise RecordsError(
                "conflict",
                "These records were restored without the keys of people, and without those nobody can be read: put "
                "them back with `alongside keys load` (docs/deploying.md).",
            )
        for key_id in set(keys.ids) - {row["id"] for row in rows}:
            await link.execute(INTRODUCE, key_id, keys.proof(key_id))
        if any(row["retired_at"] and row["id"] in (keys.current, keys.search) for row in rows):
            await link.execute(TAKE_BACK, [keys.current, keys.search])


async def problem(link: Link, keys: KeyRing) -> str | None:
    """Why these are not the keys of these records, in a sentence; None when they are."""
    return differing(keys, await link.fetch(PROOFS)) if await link.fetchval(HERE) else None


def differing(keys: KeyRing, known: Sequence[Record | Mapping[str, Any]]) -> str | None:
    """Why these are not the keys known by `id`, `proof` and `retired_at`, in a sentence; None when they are."""
    missing = [row["id"] for row in known if row["id"] not in keys.ids and row["retired_at"] is None]
    if missing:
        return (
            f"These records are sealed with {' and '.join(missing)}, and the key ring has {', '.join(keys.ids)} alone: "
            "put the keys back from your backup, or point at the right ones (docs/keys.md)."
        )
    for row in known:
        if row["id"] in keys.ids and keys.proof(row["id"]) != row["proof"]:
            return f"The key {row['id']} is not the one that these records were sealed with."
    return None


async def used(link: Link) -> list[Record]:
    """Every key that was used here: `id`, `used_since`, `retired_at`, and how many `people` have theirs under it."""
    return list(await link.fetch(KNOWN)) if await link.fetchval(HERE) else []


async def retire(db: Database, key_id: str, *, lost: bool = False) -> None:
    """Let a key be missing from now on. Refused while somebody's key is wrapped by it, unless it is `lost` anyway."""
    async with transaction(db) as link:
        if not lost and await link.fetchval(WRAPS, key_id):
            raise RecordsError("conflict", f"People's keys are sealed with {key_id}: `alongside keys wrap` first.")
        if await link.fetchval(RETIRE, key_id) is None:
            raise BadKeys(f"no key {key_id} is in use here")
