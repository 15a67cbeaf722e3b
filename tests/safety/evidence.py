"""What a run of the tests has shown of the hazard log.

A test that proves something must pass: one that is skipped, or expected to fail, proves nothing, and ends the run as
failed. When everything was asked for, each test that is named must have been run as well.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from tests.safety.hazards import hazards

_outcomes: dict[str, str] = {}


def outcome_of(before: str | None, report: pytest.TestReport) -> str:
    """What became of a test: the worst of its setting up, its running and its clearing away."""
    if report.failed or before == "failed":
        return "failed"
    if report.skipped or before == "skipped" or hasattr(report, "wasxfail"):
        return "skipped"
    return "passed" if report.when == "call" or before == "passed" else "begun"


def wanting(proofs: Iterable[str], outcomes: Mapping[str, str], *, whole: bool) -> dict[str, str]:
    """The proofs that prove nothing, each with why. A proof stands for all the examples of its test."""
    found = {}
    for proof in sorted(proofs):
        results = {outcome for test, outcome in outcomes.items() if test == proof or test.startswith(f"{proof}[")}
        if results - {"passed"}:
            found[proof] = " and ".join(sorted(results - {"passed"}))
        elif whole and not results:
            found[proof] = "not run"
    return found


def whole(config: Any) -> bool:
    """Whether every test was asked for: nothing named, nothing left out."""
    option = config.option
    narrowed = (
        option.keyword,
        option.markexpr,
        option.deselect,
        option.ignore,
        option.ignore_glob,
        getattr(option, "lf", False),
    )
    everything = set(config.args) <= {str(config.rootpath), str(config.rootpath / "tests"), "tests"}
    return everything and not any(narrowed) and not option.collectonly and not option.maxfail


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what became of each test; with several processes, the first hears of all of them."""
    name = report.nodeid.split("@")[0]  # xdist adds the group
    _outcomes[name] = outcome_of(_outcomes.get(name), report)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which something that is to prove a control does not."""
    if hasattr(session.config, "workerinput"):
        return
    missing = wanting({test for one in hazards() for test in one.tests}, _outcomes, whole=whole(session.config))
    session.config.stash[MISSING] = missing
    if missing and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say which."""
    for proof, why in config.stash.get(MISSING, {}).items():
        terminalreporter.write_line(f"The hazard log counts on {proof}, which was {why}.", red=True)


MISSING = pytest.StashKey[dict[str, str]]()
