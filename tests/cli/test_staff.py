"""The staff list, a team's local policy and the calendar feeds from the command line."""

import json
from pathlib import Path

import httpx
import pytest

from records.feeds import NO_FEED
from tests.cli.driving import alongside
from tests.web.doors import house_on
from web.server import serving
from workers.client import Pool
from workers.ports import LOOPBACK, listen

STAFF = Path(__file__).parents[2] / "cli" / "demo_data" / "staff-2026-11-16.csv"
LEAD, PEER = "lead-first-outreach-north", "peer-f1"


@pytest.fixture(autouse=True)
async def _imported(pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALONGSIDE_DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")  # none of these commands needs it
    monkeypatch.setenv("ALONGSIDE_AS", LEAD)
    ended = await alongside("import", str(STAFF))
    assert (ended.code, ended.out) == (0, f"{STAFF.name}: 38 new, 0 already there, 0 refused.\n")


async def test_the_list_is_by_team_and_role() -> None:
    ended = await alongside("staff", "list", "--team", "CAMHS Cambridge", "--role", "peer-worker", "--json")
    assert [one["id"] for one in json.loads(ended.out)] == ["peer-c2", "peer-c3"]
    table = (await alongside("staff", "list")).text
    assert "peer-f1" in table
    assert "service-manager-1" in table
    assert (await alongside("staff", "list", "--team", "Nowhere")).out == "Nobody works here who is that.\n"


async def test_a_change_is_recorded_with_who_made_it() -> None:
    given = (
        "--hours",
        "6",
        "--works",
        "tue 10:00-16:00",
        "--language",
        "en",
        "--language",
        "pl",
        "--attribute",
        "none",
    )
    ended = await alongside("staff", "set", PEER, *given)
    assert (ended.code, ended.err) == (0, "")
    assert "has hours per week, works, languages, attributes as given" in ended.out
    shown = json.loads((await alongside("staff", "show", PEER, "--json")).out)
    assert (shown["hours_per_week"], shown["works"]) == (6.0, "tue 10:00-16:00")
    assert (shown["languages"], shown["attributes"]) == (["en", "pl"], [])
    history = (await alongside("staff", "history", PEER)).out.splitlines()
    assert history[0].endswith("by import: entered")
    assert f"by {LEAD}: " in history[1]
    assert "hours per week 4 → 6" in history[1]
    assert "works tue 10:00-14:00 → tue 10:00-16:00" in history[1]
    assert len(history) == 2


async def test_what_cannot_be_is_a_sentence_and_changes_nothing() -> None:
    for given, code, why in [
        (["--hours", "20"], 2, "contracted 20 h but the pattern holds 4 h"),
        (["--hours", "40"], 2, "a number from 0.1 to 37.5"),
        (["--works", "someday"], 2, "write it as mon-fri 09:00-17:00"),
        (["--line-manager", "nobody"], 2, "neither an id of the staff list nor a role"),
        (["--job-share", "coord-n1"], 2, "another role or team"),
        (["--email", "nowhere"], 2, "an address such as"),
        ([], 2, "Say what to change"),
        (["--hours", "3", "--as", PEER], 4, f"{PEER} is peer worker: this is for team lead"),
        (["--hours", "3", "--as", "stranger"], 3, "stranger"),
    ]:
        ended = await alongside("staff", "set", PEER, *given)
        assert (ended.code, why in ended.err) == (code, True), ended
    assert len((await alongside("staff", "history", PEER)).out.splitlines()) == 1
    assert (await alongside("staff", "show", "stranger")).code == 3


async def test_a_job_share_and_somebody_who_leaves() -> None:
    assert (await alongside("staff", "set", "peer-c2", "--job-share", "peer-c3")).code == 0
    assert json.loads((await alongside("staff", "show", "peer-c3", "--json")).out)["job_share"] == "peer-c2"
    made = await alongside("feed", "create", "peer-c2", "--json")
    ended = await alongside("staff", "leaves", "peer-c2")
    assert ended.out == "Recorded: peer-c2 does not work here any more.\n"
    assert json.loads((await alongside("staff", "show", "peer-c3", "--json")).out)["job_share"] is None
    assert "revoked" in (await alongside("feed", "show", "peer-c2")).out
    assert made.code == 0
    assert (await alongside("staff", "leaves", "peer-c2")).code == 5
    lead = await alongside("staff", "leaves", "peer-lead", "--as", "service-manager-1")
    assert "still the line manager or supervisor of peer-c1, peer-c3" in lead.text


async def test_a_teams_own_policy_is_told_from_the_services() -> None:
    team = "FIRST outreach north"
    set_ = await alongside("team", "set", team, "travel_minutes=35", "warm_handover=true")
    assert set_.out == f"Recorded as local policy of {team}: travel_minutes 35, warm_handover yes.\n"
    shown = (await alongside("team", "show", team)).out.splitlines()
    assert "every value is local policy" in shown[0]
    assert all("local policy" in line for line in shown)
    assert any(line.startswith("travel_minutes") and line.rstrip().endswith("the team’s own") for line in shown)
    assert any(line.startswith("contact_minutes") and line.rstrip().endswith("the service’s") for line in shown)
    assert (await alongside("team", "set", team, "travel_minutes=default")).code == 0
    assert json.loads((await alongside("team", "show", team, "--json")).out)["own"] == ["warm_handover"]
    history = (await alongside("team", "history", team)).out.splitlines()
    assert [f"by {LEAD}: " in line for line in history] == [True, True]
    assert "travel minutes 35 → -" in history[1]
    for given, code, why in [
        (["travel_minutes=900"], 2, "travel_minutes '900': input should be less than or equal to 480"),
        (["tea_minutes=5"], 2, "tea_minutes is nothing to settle: there are contact_minutes"),
        (["travel_minutes"], 2, "write it KEY=VALUE"),
        (["travel_minutes=5", "--as", PEER], 4, "this is for team lead"),
    ]:
        refused = await alongside("team", "set", team, *given)
        assert (refused.code, why in refused.err) == (code, True), refused
    assert (await alongside("team", "show", "Nowhere")).code == 3


async def test_a_feed_is_made_read_and_revoked(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    door = listen(LOOPBACK, 0)
    monkeypatch.setenv("ALONGSIDE_PUBLIC_URL", f"http://{LOOPBACK}:{door.getsockname()[1]}/")
    async with serving(await house_on(pool), door), httpx.AsyncClient(trust_env=False) as client:
        made = await alongside("feed", "create", PEER)
        address = made.out.splitlines()[1]
        assert (await client.get(address)).headers["content-type"].startswith("text/calendar")
        assert "it can be read" in (await alongside("feed", "show", PEER)).out
        assert (await alongside("feed", "create", PEER)).code == 5
        assert (await alongside("feed", "revoke", PEER)).code == 0
        gone = await client.get(address)
    assert (gone.status_code, gone.text) == (404, NO_FEED + "\n")
    assert (await alongside("feed", "revoke", PEER)).code == 3


async def test_a_taken_port_is_named() -> None:
    door = listen(LOOPBACK, 0)
    port = door.getsockname()[1]
    ended = await alongside("web", "--port", str(port))
    door.close()
    assert (ended.code, f"{LOOPBACK} port {port} cannot be listened on" in ended.err) == (1, True)
