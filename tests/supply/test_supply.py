"""The audit never passes in silence, and the list of what Alongside is made of is whole."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.supply.audit import LOCK, SAFE, UNKNOWN, UNSAFE, verdict

ROOT = Path(__file__).parents[2]
SOUND = {"name": "httpx", "version": "1.0", "vulns": []}
BAD = {"name": "jinja2", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}
ABSENT = {"name": "typer", "skip_reason": "Dependency not found on PyPI and could not be audited"}


@pytest.mark.parametrize(
    ("found", "code", "words"),
    [
        ([SOUND], SAFE, "Of none of the 1 packages is anything unsafe known."),
        ([SOUND, BAD], UNSAFE, "jinja2 2.0: PYSEC-1, mended in 2.1"),
        (
            [SOUND, ABSENT],
            UNKNOWN,
            "1 of 2 packages could not be looked up, typer among them: of these nothing is",
        ),
        ([BAD, ABSENT], UNSAFE, "1 of 2 packages could not be looked up"),
        ([], UNKNOWN, "0 of 0 packages could not be looked up: of these nothing is known."),
    ],
)
def test_what_an_answer_means(found: list[dict[str, object]], code: int, words: str) -> None:
    told = verdict(json.dumps({"dependencies": found}), "")
    assert told.code == code
    assert words in told.words


@pytest.mark.parametrize("told", ["", "no json", "[]", "{}"])
def test_no_answer_is_not_an_answer(told: str) -> None:
    found = verdict(told, "Traceback\nConnectionError: nobody there")
    assert found.code == UNKNOWN
    assert "Nothing was audited" in found.words
    assert "nobody there" in found.words


async def test_a_service_that_cannot_be_reached_is_said_and_fails() -> None:
    nowhere = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
    away = {**os.environ, **nowhere, **{name.lower(): where for name, where in nowhere.items()}}
    asked = (sys.executable, "-m", "tests.supply.audit", "osv")
    process = await asyncio.create_subprocess_exec(*asked, cwd=ROOT, env=away, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(240):
        told, _ = await process.communicate()
    assert process.returncode == UNKNOWN
    assert "Nothing was audited: the advisory service gave no answer" in told.decode()


def test_everything_in_the_lock_has_hashes() -> None:
    pieces = re.split(r"\n(?=\S)", LOCK.read_text("utf-8").strip())
    assert len(pieces) > 50
    assert [piece.split()[0] for piece in pieces if "--hash=sha256:" not in piece] == []


async def test_the_list_of_what_it_is_made_of_is_whole_and_valid(tmp_path: Path) -> None:
    """It is validated against the schema of CycloneDX as it is written; here that everything of ours is in it."""
    file = tmp_path / "sbom.json"
    process = await asyncio.create_subprocess_exec("make", "-s", "sbom", f"SBOM={file}", cwd=ROOT)
    async with asyncio.timeout(400):
        assert await process.wait() == 0
    told = json.loads(file.read_text("utf-8"))
    assert (told["bomFormat"], told["metadata"]["component"]["name"]) == ("CycloneDX", "alongside")
    listed = {re.sub(r"[-_.]+", "-", one["name"]).lower(): one["version"] for one in told["components"]}
    for name in ("temporalio", "asyncpg", "pydantic-core", "fastapi", "cryptography", "uvicorn"):
        assert f"{name}=={listed[name]}" in LOCK.read_text("utf-8")
    assert str(ROOT) not in file.read_text("utf-8")
