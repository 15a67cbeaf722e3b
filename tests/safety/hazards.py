"""The hazard log as data and as a page, which `python -m tests.safety.hazards > docs/safety/hazard-log.md` writes."""

import sys
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, StringConstraints

from schemas.base import Strict

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "safety" / "hazards.yaml"
PAGE = ROOT / "docs" / "safety" / "hazard-log.md"
BY_PLANNER = "tests/rehearsals/test_rehearsals.py::test_what_must_follow_follows"
DURABLY = "tests/durable/test_rehearsals.py::test_durably_as_by_the_planner"

Words = Annotated[str, StringConstraints(min_length=3, pattern=r"[^.]$")]
Proof = Annotated[str, StringConstraints(pattern=r"^tests/[\w/-]+(\.py::test_\w+|\.yaml)$")]

HEAD = """# Hazard log

Written by `python -m tests.safety.hazards > docs/safety/hazard-log.md` from [hazards.yaml](hazards.yaml), which is the
log itself. What could go wrong and hurt somebody, what stands against it, **which tests and rehearsals show that it
does**, and what is left. A run of all tests fails unless each of them was run and passed.

Nothing here is rated. How severe and how likely each hazard is in a service is for its Clinical Safety Officer to say,
who has not been named; see [safety-case.md](safety-case.md).
"""


class Hazard(Strict):
    """What could hurt somebody, what stands against it, and what shows that it does."""

    id: Annotated[str, StringConstraints(pattern=r"^H\d\d$")]
    hazard: Words
    causes: Words
    effect: Words
    control: Words
    proof: Annotated[list[Proof], Field(min_length=1)]
    residual: Words
    owner: Words

    @property
    def tests(self) -> set[str]:
        """The tests that prove it, as pytest names them; a rehearsal is played by the planner and by the workflow."""
        return {test for proof in self.proof for test in _tests(proof)}


def _tests(proof: str) -> list[str]:
    if not proof.endswith(".yaml"):
        return [proof]
    return [f"{test}[{Path(proof).stem}]" for test in (BY_PLANNER, DURABLY)]


def hazards() -> list[Hazard]:
    """The log."""
    return [Hazard.model_validate(one) for one in yaml.safe_load(FILE.read_text(encoding="utf-8"))]


def page() -> str:
    """The log for people."""
    return "\n".join([HEAD, *(_section(one) for one in hazards())])


def _section(one: Hazard) -> str:
    proofs = "\n".join(f"  * `{proof.removeprefix('tests/')}`" for proof in one.proof)
    return (
        f"## {one.id}: {one.hazard}\n\n"
        f"* **Causes**: {one.causes}.\n* **Effect**: {one.effect}.\n* **Control**: {one.control}.\n"
        f"* **Shown by**, in `tests/`:\n{proofs}\n"
        f"* **What is left**: {one.residual}.\n* **Whose it is**: {one.owner}.\n"
    )


if __name__ == "__main__":
    sys.stdout.write(page())
