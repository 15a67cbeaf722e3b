"""The local policy of a team: the service's, and what the team has settled otherwise."""

import json

from records.database import Database, connected
from schemas.workforce import Policy

TEAM_POLICY = """
-- What a team has settled for itself.
SELECT policy::text FROM teams WHERE name = $1
"""


async def policy(db: Database, team: str) -> Policy:
    """The local policy that holds for a team; the service's own for a team that nobody knows."""
    async with connected(db) as link:
        found = await link.fetchval(TEAM_POLICY, team)
    return Policy.model_validate(json.loads(found) if found else {})
