"""The rules that journeys run by, kept by digest for as long as any journey names them."""

from datetime import datetime

from records.database import Database, Link, connected
from schemas.base import Stored
from schemas.pathway import Pathway

KEEP_DEFINITION = """
-- A version of a pathway's rules, once.
INSERT INTO definitions (digest, id, version, canonical) VALUES ($1, $2, $3, $4) ON CONFLICT (digest) DO NOTHING
"""
DEFINITION = """
-- The canonical text of a version.
SELECT canonical FROM definitions WHERE digest = $1
"""
ALL = """
-- Every version that is kept, and how many open journeys run by it.
SELECT d.digest, d.id, d.version, d.recorded_at,
    (SELECT count(*)::int FROM transitions t WHERE t.definition = d.digest AND t.status = 'open') AS running
FROM definitions d ORDER BY d.id, d.version DESC, d.recorded_at DESC
"""

_known: dict[str, str] = {}
"""Texts by digest. A digest names one text for ever, so what was read once stays true; versions are few."""


class Version(Stored):
    """A version of a pathway's rules, and how many open journeys run by it; `recorded_at` is None until one did."""

    digest: str
    id: str
    version: int
    recorded_at: datetime | None
    running: int


async def versions(db: Database) -> list[Version]:
    """Every version that the records have: by pathway, the newest first."""
    async with connected(db) as link:
        return [Version.model_validate(dict(row)) for row in await link.fetch(ALL)]


async def keep(link: Link, text: str) -> None:
    """Keep the canonical text of a definition; done again it changes nothing."""
    pathway = Pathway.parse_canonical(text)
    await link.execute(KEEP_DEFINITION, pathway.digest, pathway.id, pathway.version, text)


async def canonical(link: Link, digest: str) -> str | None:
    """The canonical text of that digest, None when it was never kept."""
    if digest not in _known:
        found: str | None = await link.fetchval(DEFINITION, digest)
        if found is None:
            return None
        _known[digest] = found
    return _known[digest]
