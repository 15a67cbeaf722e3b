"""The hazard log names tests that are there, and a run in which one of them proves nothing does not end well."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.codes import Role
from tests.safety.evidence import wanting
from tests.safety.hazards import BY_PLANNER, DURABLY, PAGE, ROOT, Hazard, hazards, page

OTHERS = {"clinical safety officer"}
"""Who owns a hazard and is no role of ours."""


def test_the_page_is_in_step_with_the_log() -> None:
    assert PAGE.read_text() == page(), "write it again: python -m tests.safety.hazards > docs/safety/hazard-log.md"


def test_each_hazard_is_there_once_and_somebodys() -> None:
    ids = [one.id for one in hazards()]
    assert ids == [f"H{number:02}" for number in range(1, len(ids) + 1)]
    assert len(ids) >= 30
    assert {one.owner for one in hazards()} <= {role.words for role in Role} | OTHERS
    for one in hazards():
        assert len(one.proof) == len(set(one.proof)), one.id


def test_every_test_that_it_names_is_there() -> None:
    """As pytest itself collects them; a rehearsal by the planner and by the workflow."""
    files = {ROOT / proof for one in hazards() for proof in one.proof if proof.endswith(".yaml")}
    assert [str(file) for file in files if not file.is_file()] == []
    named = sorted({test for one in hazards() for test in one.tests})
    asked = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider", *named]
    ours = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}  # it may ask for more words
    told = subprocess.run(asked, cwd=ROOT, env=ours, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-3000:]
    collected = {line.split("[")[0] for line in told.stdout.splitlines() if "::" in line}
    assert collected == {test.split("[")[0] for test in named}


def test_a_rehearsal_is_played_both_ways() -> None:
    one = Hazard.model_validate(
        dict.fromkeys(("hazard", "causes", "effect", "control", "residual", "owner"), "words")
        | {"id": "H01", "proof": ["tests/rehearsals/somebody-dies.yaml"]}
    )
    assert one.tests == {f"{BY_PLANNER}[somebody-dies]", f"{DURABLY}[somebody-dies]"}


PROOF = "tests/x.py::test_x"


@pytest.mark.parametrize(
    ("outcomes", "whole", "why"),
    [
        ({PROOF: "passed"}, True, None),
        ({f"{PROOF}[a]": "passed", f"{PROOF}[b]": "passed"}, True, None),
        ({f"{PROOF}[a]": "passed", f"{PROOF}[b]": "skipped"}, True, "skipped"),
        ({PROOF: "failed"}, True, "failed"),
        ({PROOF: "begun"}, False, "begun"),
        ({}, True, "not run"),
        ({}, False, None),
        ({"tests/x.py::test_xx": "passed"}, True, "not run"),
    ],
)
def test_what_proves_nothing_is_found(outcomes: dict[str, str], whole: bool, why: str | None) -> None:
    assert wanting([PROOF], outcomes, whole=whole) == ({PROOF: why} if why else {})


LYING = """
import pytest
from tests.safety import evidence, hazards
from tests.safety.evidence import pytest_runtest_logreport, pytest_sessionfinish, pytest_terminal_summary

class Only:
    tests = {"test_it.py::test_it"}

evidence.hazards = lambda: [Only()]
"""


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ("assert True", 0),
        ("pytest.skip('not today')", 1),
        ("pytest.xfail('one day')", 1),
        ("assert False", 1),
    ],
)
def test_a_real_run_ends_so(tmp_path: Path, body: str, ends: int) -> None:
    (tmp_path / "conftest.py").write_text(LYING)
    (tmp_path / "test_it.py").write_text(f"import pytest\n\ndef test_it():\n    {body}\n")
    asked = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    told = subprocess.run(asked, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120)
    assert told.returncode == ends, told.stdout
    assert ("The hazard log counts on test_it.py::test_it" in told.stdout) == bool(ends)


def test_a_run_that_leaves_one_out_does_not_end_well(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(LYING)
    (tmp_path / "test_other.py").write_text("def test_other():\n    assert True\n")
    asked = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    told = subprocess.run(asked, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120)
    assert told.returncode == 1
    assert "which was not run" in told.stdout


def test_the_plugin_is_in_every_run() -> None:
    conftest = (ROOT / "tests" / "conftest.py").read_text()
    assert "from tests.safety.evidence import" in conftest
