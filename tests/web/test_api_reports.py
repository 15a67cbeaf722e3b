"""Reports at the door for machines: what they count, small numbers withheld, for those who may read them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, NamedTuple

import httpx
import pytest
import pytest_asyncio

from planner.policy import Scope
from records.reports.registry import REPORTS
from records.staff import upsert_staff
from schemas.codes import Role
from tests.planner.story import INPATIENT, london
from tests.records.counted import follow
from tests.records.journeys import MANAGERS, member, team_of
from tests.web.doors import house_on, served
from tests.web.machines import API, let_in, token
from workers.client import Pool

MARCH = {"from": "2026-03-01", "to": "2026-03-31"}
PROBLEM = "application/problem+json"


class Door(NamedTuple):
    """An API with two teams: six people on a ward in the north, two in the south."""

    browser: httpx.AsyncClient
    pool: Pool

    async def get(self, path: str, who: str = "ops", *scopes: Scope, **params: Any) -> httpx.Response:
        sent = let_in(await token(self.pool, who, *scopes))
        return await self.browser.get(f"{API}/reports{path}", headers=sent, params=params)


@pytest_asyncio.fixture
async def door(pool: Pool) -> AsyncIterator[Door]:
    others = [member("peer-north", Role.PEER_WORKER, "Team north"), member("admin", Role.ADMINISTRATOR, None)]
    await upsert_staff(pool, [*team_of("north"), *team_of("south"), *MANAGERS, *others])
    for team, count in (("north", 6), ("south", 2)):
        for _ in range(count):
            await follow(pool, INPATIENT, "2026-03-02 10:00", team=f"Team {team}", coordinator=f"coord-{team}")
    here = replace(await house_on(pool), clock=lambda: london("2026-03-20 12:00"))
    async with served(here) as browser:
        yield Door(browser, pool)


async def test_every_report_is_there_with_what_it_counts(door: Door) -> None:
    rows = (await door.get("")).json()["rows"]
    assert [row["id"] for row in rows] == [one.id for one in REPORTS]
    for row in rows:
        assert row["numerator"]
        assert row["denominator"]
        answer = await door.get(f"/{row['id']}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["report"] == row
        assert set(row["splits"]) >= ({"in_team", "on_pathway"} if row["id"] == "outcomes" else {"team", "pathway"})


async def test_small_numbers_are_withheld_and_nobody_is_named(door: Door) -> None:
    answer = await door.get("/inpatients", by="team", **MARCH)
    told = answer.json()
    assert [(row["split"], row["cells"]["on_a_ward"]) for row in told["rows"]] == [
        ("Team north", 6), ("Team south", "under 5"),
    ]  # fmt: skip
    assert told["total"] is None
    assert (told["begins"], told["until"], told["by"]) == ("2026-03-01", "2026-04-01", "team")
    assert "Ada" not in answer.text
    inside = await door.get("/inpatients", "service", **MARCH)  # who may see lists gets no more by a machine
    assert inside.json()["rows"][0]["cells"]["on_a_ward"] == 8
    south = await door.get("/inpatients", "service", team="Team south", **MARCH)
    assert south.json()["rows"][0]["cells"]["on_a_ward"] == "under 5"


async def test_who_leads_a_team_reads_that_of_their_own(door: Door) -> None:
    told = (await door.get("/inpatients", "lead-north", team="Team south", **MARCH)).json()
    assert (told["team"], told["rows"][0]["cells"]["on_a_ward"]) == ("Team north", 6)


@pytest.mark.parametrize("who", ["coord-north", "peer-north", "admin"])
async def test_the_role_must_allow_it(door: Door, who: str) -> None:
    for path in ("", "/inpatients"):
        answer = await door.get(path, who)
        assert (answer.status_code, answer.headers["content-type"]) == (403, PROBLEM)


async def test_the_scope_must_allow_it(door: Door) -> None:
    for path in ("", "/inpatients"):
        assert (await door.get(path, "ops", Scope.READ_PEOPLE)).status_code == 403
        assert (await door.browser.get(f"{API}/reports{path}")).status_code == 401
        assert (await door.get(path, "ops", Scope.READ_WORK)).status_code == 200


@pytest.mark.parametrize(
    ("path", "said", "status"),
    [
        ("/nothing", {}, 404),
        ("/..%2Fsecrets", {}, 404),
        ("/inpatients", {"by": "colour"}, 422),
        ("/inpatients", {"from": "yesterday"}, 422),
        ("/inpatients", {"from": "2026-02-31"}, 422),
        ("/inpatients", {"from": "2026-03-01", "to": "2026-02-01"}, 422),
        ("/inpatients", {"from": "1990-01-01"}, 422),
        ("/inpatients", {"to": "0001-01-01"}, 422),
        ("/inpatients", {"to": "9999-12-31"}, 422),
        ("/inpatients", {"team": ""}, 422),
        ("/inpatients", {"team": "a\0b"}, 422),
        ("/inpatients", {"inside": "true"}, 422),
        ("/inpatients", {"team": "No such team"}, 200),
    ],
)
async def test_what_cannot_be_asked_is_a_problem(door: Door, path: str, said: dict[str, str], status: int) -> None:
    answer = await door.get(path, "ops", Scope.READ_WORK, **said)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.headers["content-type"] == PROBLEM
        assert answer.json()["detail"]


async def test_it_is_described(door: Door) -> None:
    told = (await door.browser.get(f"{API}/openapi.json")).json()
    one = told["paths"]["/reports/{report}"]["get"]
    assert {parameter["name"] for parameter in one["parameters"]} == {"report", "from", "to", "team", "pathway", "by"}
    assert "Counted" in str(one["responses"]["200"])
    assert "/reports" in told["paths"]
