"""`make audit`: whether anything of the lock is known to be unsafe. What could not be found out counts as not known.

It asks an advisory service, `pypi` or `osv`: without one it says so and fails, for silence would read as safety.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

LOCK = Path(__file__).parents[2] / "requirements.lock"
SERVICES = ("pypi", "osv")
SAFE, UNSAFE, UNKNOWN = 0, 1, 2


class Verdict(NamedTuple):
    """What is said, and what the command answers with."""

    code: int
    words: str


def verdict(told: str, complaint: str) -> Verdict:
    """What the answer of pip-audit means."""
    try:
        found: list[dict[str, Any]] = json.loads(told)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = complaint.strip().splitlines()[-1] if complaint.strip() else "it said nothing"
        return Verdict(UNKNOWN, f"Nothing was audited: the advisory service gave no answer ({last[:200]}).")
    unsafe = [
        f"{one['name']} {one['version']}: {bad['id']}{_mended(bad)}" for one in found for bad in one.get("vulns", [])
    ]
    unknown = [str(one["name"]) for one in found if "skip_reason" in one]
    if unsafe:
        return Verdict(UNSAFE, "\n".join(["Known to be unsafe:", *unsafe, *_not_asked(unknown, found)]))
    if unknown or not found:
        return Verdict(UNKNOWN, "\n".join(_not_asked(unknown, found)))
    return Verdict(SAFE, f"Of none of the {len(found)} packages is anything unsafe known.")


def _mended(bad: dict[str, Any]) -> str:
    return f", mended in {', '.join(bad['fix_versions'])}" if bad.get("fix_versions") else ", not mended yet"


def _not_asked(unknown: Sequence[str], found: Sequence[object]) -> list[str]:
    if found and not unknown:
        return []
    some = f", {', '.join(unknown[:5])} among them" if unknown else ""
    return [f"{len(unknown)} of {len(found)} packages could not be looked up{some}: of these nothing is known."]


def audit(service: str) -> Verdict:
    """Ask a service about everything in the lock."""
    program = Path(sys.executable).with_name("pip-audit")
    asked = ["-r", str(LOCK), "--require-hashes", "--disable-pip", "-s", service, "-f", "json"]
    done = subprocess.run([program, *asked], capture_output=True, text=True, check=False)
    return verdict(done.stdout, done.stderr)


if __name__ == "__main__":
    service = sys.argv[1] if len(sys.argv) > 1 else SERVICES[0]
    if service not in SERVICES:
        sys.exit(f"Ask one of these services: {', '.join(SERVICES)}.")
    found = audit(service)
    print(found.words)
    sys.exit(found.code)
