"""docs/api.md speaks of what there is: addresses, scopes, commands, problems, and bodies that are taken."""

import json
import re
from pathlib import Path
from typing import Any

from planner.policy import Scope
from tests.web.doors import house_on
from web.api import app, asked, body, problems
from workers.client import Pool

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
BODIES: list[dict[str, Any]] = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]


async def test_every_address_is_told(pool: Pool) -> None:
    paths = app.build(await house_on(pool)).openapi()["paths"]
    told = set(re.findall(r"`(?:GET|POST) (/[^` ]*)`", TEXT))
    assert told <= set(paths)
    assert set(paths) - told <= {"/events"}  # which has a page of its own


def test_every_scope_problem_and_command_is_told() -> None:
    for scope in Scope:
        assert f"| `{scope}` |" in TEXT
    for status, (kind, _) in problems.TITLES.items():
        assert f"| {status} | `{kind}` |" in TEXT
    for command in asked.COMMAND.json_schema()["discriminator"]["mapping"]:
        assert f"`{command}`" in TEXT
    assert f"{body.LARGEST // 1024} KiB" in TEXT


def test_every_body_is_taken() -> None:
    for told in BODIES:
        model: Any = asked.COMMAND if "do" in told else asked.START if "person" in told else None
        if model is None:
            problems.Problem.model_validate(told)
        else:
            body.model_of(json.dumps(told).encode(), model)
    assert len(BODIES) == 5
