"""Out alone, as a worker and a team lead use it on the command line."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from planner.clock import LONDON
from records import staff, visits
from schemas.codes import Role
from schemas.staff import StaffMember
from tests.cli.driving import Ended, alongside
from tests.durable.following import COORDINATOR, FAMILY_NAME, GIVEN_NAME, TEAM, Place, until

WORKER, LEAD = "peer-1", "lead-1"


@pytest.fixture(autouse=True)
async def worker(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer worker of the team, who acts for themselves."""
    monkeypatch.delenv("ALONGSIDE_AS")
    await staff.upsert_staff(here.pool, [StaffMember(id=WORKER, name="A Worker", role=Role.PEER_WORKER, team=TEAM)])


def ahead(**span: float) -> str:
    """So long from now, as a person writes it."""
    return (datetime.now(UTC) + timedelta(**span)).astimezone(LONDON).strftime("%Y-%m-%d %H:%M:%S%z")


async def go(*said: str) -> Ended:
    """The worker goes out into the town for an hour, unless `said` otherwise."""
    return await alongside("check-in", WORKER, "--until", ahead(hours=1), *(said or ("--place", "community")))


async def test_going_out_and_coming_back() -> None:
    assert (await alongside("visits")).out == "Nobody is out.\n"
    gone = await go()
    assert (gone.code, gone.err) == (0, "")
    assert gone.out.startswith("Checked in: peer-1 is out until ")
    listed = await alongside("visits")
    assert "peer-1" in listed.out
    assert "community" in listed.out
    back = await alongside("check-out", WORKER)
    assert back.out == "Checked out: peer-1 is back, says peer-1.\n"
    assert (await alongside("visits")).out == "Nobody is out.\n"
    again = await alongside("check-out", WORKER)
    assert (again.code, again.text) == (3, "peer-1 is not out on a visit: see `alongside visits` for who is.")


async def test_each_command_sent_twice_is_done_once(here: Place) -> None:
    first = await go("--place", "community", "--id", "out-1", "--json")
    assert json.loads((await go("--place", "community", "--id", "out-1", "--json")).out) == json.loads(first.out)
    longer = await alongside("extend-visit", WORKER, "--until", ahead(hours=2), "--id", "longer-1")
    assert longer.out.startswith("Extended: peer-1 is expected back by ")
    back = await alongside("check-out", WORKER, "--id", "back-1", "--json")
    assert json.loads((await alongside("check-out", WORKER, "--id", "back-1", "--json")).out) == json.loads(back.out)
    assert await here.pool.fetchval("SELECT count(*) FROM visits") == 1


async def test_the_team_lead_checks_out_and_it_says_so(here: Place) -> None:
    visit_id = json.loads((await go("--place", "community", "--json")).out)["id"]
    refused = await alongside("check-out", WORKER, "--by", COORDINATOR)
    assert refused.code == 4
    assert "coordinator-1 does not answer for peer-1" in refused.text
    done = await alongside("check-out", visit_id[:8], "--by", LEAD)
    assert done.out == "Checked out: peer-1 is back, says lead-1.\n"
    assert (await visits.visit(here.pool, visit_id)).checked_out_by == LEAD


async def test_a_first_visit_at_home_is_made_by_two_or_says_why_not(here: Place) -> None:
    person = await here.take_on()
    refused = await go("--for", person.id)
    assert refused.code == 4
    assert "made by two" in refused.text
    joint = await go("--for", person.id, "--with", LEAD)
    assert joint.out.startswith("Checked in: peer-1 and lead-1 are out until ")
    shown = await alongside("visits")
    assert person.id[:8] in shown.out
    assert GIVEN_NAME not in shown.out
    assert FAMILY_NAME not in shown.out
    assert (await alongside("check-out", LEAD)).out == "Checked out: peer-1 is back, says lead-1.\n"
    assert (await go("--for", person.id)).code == 0
    await alongside("check-out", WORKER)


async def test_a_reason_lets_somebody_go_alone(here: Place) -> None:
    person = await here.take_on()
    alone = await go("--for", person.id, "--alone-because", "they asked for nobody else")
    assert alone.code == 0, alone.text
    await alongside("check-out", WORKER)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ((), "Say where the visit is"),
        (("--place", "telephone"), "no check-in is needed"),
        (("--place", "moon"), "place: input should be"),
        (("--place", "community", "--with", WORKER), "cannot come along with themselves"),
        (("--place", "community", "--with", "nobody-1"), "nobody-1"),
        (("--place", "community", "--for", "no-such"), "No such transition"),
    ],
)
async def test_what_cannot_be_is_said_in_a_sentence(said: tuple[str, ...], sentence: str) -> None:
    ended = await alongside("check-in", WORKER, "--until", ahead(hours=1), *said)
    assert ended.code in (2, 3)
    assert sentence in ended.text
    assert (await alongside("visits")).out == "Nobody is out.\n"


@pytest.mark.parametrize(("hours", "sentence"), [(-1, "is not ahead"), (9, "8 hours at most")])
async def test_the_end_is_ahead_and_not_too_far(hours: float, sentence: str) -> None:
    ended = await alongside("check-in", WORKER, "--place", "community", "--until", ahead(hours=hours))
    assert ended.code == 2
    assert sentence in ended.text


async def test_who_is_late_is_shown_with_how_late_and_told(here: Place) -> None:
    await go()
    visit = await visits.find(here.pool, WORKER)
    await alongside("extend-visit", WORKER, "--until", ahead(seconds=1.5))
    late = await alongside("visits")
    assert visit.id[:8] in late.out

    async def told_of() -> bool:
        return bool(await here.pool.fetchval("SELECT count(*) FROM visit_notices"))

    await until(told_of)
    told = await alongside("inbox", "--for", WORKER)
    assert "Are you safe?" in told.text
    assert "0 min" in (await alongside("visits")).out
    await alongside("check-out", WORKER)
