"""The local policy of a team: the service's, and what the team has settled otherwise."""

import json
from typing import Any

from pydantic import ValidationError

from records.database import Database, connected, transaction
from records.errors import RecordsError
from records.staff import acts, changed
from records.staff_edit import allowed
from schemas.staff import Change
from schemas.workforce import Policy

DEFAULT = "default"
"""Said instead of a value: the team goes by the service's again."""

TEAM_POLICY = """
-- What a team has settled for itself.
SELECT policy::text FROM teams WHERE name = $1
"""
LOCK_TEAM = """
-- One change of a team at a time.
SELECT 1 FROM teams WHERE name = $1 FOR UPDATE
"""
SETTLE = """
-- What a team settles from now on.
UPDATE teams SET policy = $2::jsonb WHERE name = $1
"""
TEAM_HISTORY = """
-- What a team settled before, the first first.
SELECT changed_at, changed_by, was, is_now FROM team_history WHERE team = $1 ORDER BY changed_at
"""


async def policy(db: Database, team: str) -> Policy:
    """The local policy that holds for a team; the service's own for a team that nobody knows."""
    return Policy.model_validate(await _settled(db, team) or {})


async def own(db: Database, team: str) -> dict[str, Any]:
    """What a team has settled for itself alone; RecordsError (not-found) when there is no such team."""
    found = await _settled(db, team)
    if found is None:
        raise RecordsError("not-found", f"There is no team {team!r}: `alongside staff list` names the teams.")
    return found


async def _settled(db: Database, team: str) -> dict[str, Any] | None:
    async with connected(db) as link:
        text = await link.fetchval(TEAM_POLICY, team)
    found: dict[str, Any] | None = json.loads(text) if text else None
    return found


async def settle(db: Database, team: str, said: dict[str, str], by: str) -> Policy:
    """Settle values for a team, each as it is typed; `default` gives one up. The whole policy as it is now."""
    async with transaction(db) as link:
        await allowed(link, by)
        await link.execute(LOCK_TEAM, team)
        before = await own(link, team)
        typed = _read({name: text for name, text in said.items() if text != DEFAULT})
        unknown = sorted(said.keys() - Policy.model_fields.keys())
        if unknown:
            raise RecordsError(
                "invalid", f"{unknown[0]} is nothing to settle: there are {', '.join(Policy.model_fields)}."
            )
        kept = {name: value for name, value in (before | typed).items() if said.get(name) != DEFAULT}
        await acts(link, by)
        await link.execute(SETTLE, team, json.dumps(kept, sort_keys=True))
        return Policy.model_validate(kept)


async def history(db: Database, team: str) -> list[Change]:
    """What a team has settled, when and by whom, the first first."""
    async with connected(db) as link:
        await own(link, team)
        return [changed(row) for row in await link.fetch(TEAM_HISTORY, team)]


def _read(said: dict[str, str]) -> dict[str, Any]:
    """The values as what they mean; RecordsError (invalid) names each that cannot be."""
    unknown = sorted(said.keys() - Policy.model_fields.keys())
    if unknown:
        raise RecordsError("invalid", f"{unknown[0]} is nothing to settle: there are {', '.join(Policy.model_fields)}.")
    given = {name: text for name, text in said.items() if text != DEFAULT}
    try:
        return Policy.model_validate(given).model_dump(include=set(given))
    except ValidationError as error:
        told = "; ".join(f"{one['loc'][0]} {one['input']!r}: {_lower(one['msg'])}" for one in error.errors())
        raise RecordsError("invalid", f"Nothing was changed. {told}.") from None


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
