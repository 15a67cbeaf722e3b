"""The rules that journeys run by, kept by digest for as long as any journey names them."""

from records.database import Link
from schemas.pathway import Pathway

KEEP_DEFINITION = """
-- A version of a pathway's rules, once.
INSERT INTO definitions (digest, id, version, canonical) VALUES ($1, $2, $3, $4) ON CONFLICT (digest) DO NOTHING
"""
DEFINITION = """
-- The canonical text of a version.
SELECT canonical FROM definitions WHERE digest = $1
"""

_known: dict[str, str] = {}
"""Texts by digest. A digest names one text for ever, so what was read once stays true; versions are few."""


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
