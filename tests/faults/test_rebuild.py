"""Temporal is lost with everything in it, and the whole demo caseload is followed again from the records."""

import json
from pathlib import Path

from tests.faults.conftest import DATA, running

TOLD = "SELECT transition_id, step, kind, due, number, recipient FROM notices"
FIRED = (
    "SELECT transition_id, step, payload->>'due' AS due, payload->>'rung' AS rung FROM events WHERE event = 'escalated'"
)


async def test_the_demo_caseload_is_followed_again(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as world:
        for file, more in (("staff-2026-11-16.csv", []), ("caseload-2026-11-16.csv", ["--as-of", "2026-11-16"])):
            for _ in range(3):  # a machine that is too busy may lose a task, and an import may be given again
                code, said = await world.run("import", str(DATA / file), "--refused", str(tmp_path / "no"), *more)
                if code in (0, 1):
                    break
            assert code in (0, 1), said
        told = await world.pool.fetch(TOLD)
        open_now = await world.pool.fetchval("SELECT count(*) FROM transitions WHERE status = 'open'")
    (tmp_path / "data" / "temporal.db").unlink()
    async with running(tmp_path / "data") as world:
        code, said = await world.run("reconcile")
        assert (code, said.count("does not run in Temporal")) == (1, open_now)
        code, said = await world.run("rebuild", "--dry-run", "--json")
        assert (code, json.loads(said)["lost"]["transitions"]) == (0, open_now), said
        code, said = await world.run("rebuild", "--json")
        assert (code, json.loads(said)["made"]["transitions"]) == (0, open_now), said
        code, said = await world.run("reconcile")
        assert code == 0, said
        assert "followed already" in (await world.run("rebuild"))[1]
        again = await world.pool.fetch(TOLD)
        assert len(set(again)) == len(again)
        assert set(told) <= set(again)
        fired = await world.pool.fetch(FIRED)
        assert len(set(fired)) == len(fired)
