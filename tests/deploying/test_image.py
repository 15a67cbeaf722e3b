"""The image: built from what the repository holds, by hash, and run as an ordinary user."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, words), comments dropped and continued lines joined."""
    kept = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = "\n".join(kept).replace("\\\n", " ")
    lines = [" ".join(line.split()) for line in joined.splitlines() if line.strip()]
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]


def of(kind: str) -> list[str]:
    """The words of every instruction of one kind, in order."""
    return [words for instruction, words in instructions() if instruction == kind]


def allowed() -> set[str]:
    """What .dockerignore lets into the build."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines, "all but what is named stays out: no secrets, no data, no history"
    return {line.removeprefix("!") for line in lines if line.startswith("!")}


def test_both_stages_start_from_one_python_pinned_by_tag() -> None:
    starts = {words.split(" AS ")[0] for words in of("FROM")}
    assert len(starts) == 1
    found = re.fullmatch(r"python:(\d+)\.(\d+)-slim-\w+", starts.pop())
    assert found is not None
    least = re.findall(r"\d+", PYPROJECT["project"]["requires-python"])
    assert (int(found[1]), int(found[2])) >= (int(least[0]), int(least[1]))


def test_it_runs_as_an_ordinary_user() -> None:
    user = of("USER")[-1]
    assert user == "10001:10001"
    assert any("--uid 10001 --gid 10001" in words for words in of("RUN"))
    last = [kind for kind, _ in instructions()]
    assert last.index("USER") > len(last) - 1 - last[::-1].index("FROM"), "the last stage says it"


def test_its_entry_is_the_one_command_of_the_project() -> None:
    assert of("ENTRYPOINT") == ['["alongside"]']
    assert list(PYPROJECT["project"]["scripts"]) == ["alongside"]


def test_what_is_copied_exists() -> None:
    for words in of("COPY"):
        if words.startswith("--from="):
            continue
        *sources, _ = words.split()
        for source in sources:
            assert (ROOT / source).exists()
            assert source == "." or source in allowed()


def test_every_package_of_the_project_reaches_the_build() -> None:
    assert set(PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= allowed()
    assert not {".env", ".git", "tests"} & allowed()


def test_what_is_installed_is_held_to_the_hashes_of_the_lock() -> None:
    builds = " ".join(of("RUN"))
    assert re.search(r"pip install [^&]*\buv==\d", builds)
    assert "--verify-hashes --constraint requirements.lock" in builds
    assert "--build-constraints requirements.lock --require-hashes" in builds
    assert "--no-deps" in builds
    locked = (ROOT / "requirements.lock").read_text()
    pinned = {name.lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)==\S+.*\\\n\s+--hash=", locked, re.MULTILINE)}
    asked = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["build-system"]["requires"]]
    assert {re.split(r"[^A-Za-z0-9_.-]", need)[0].lower() for need in asked} <= pinned
