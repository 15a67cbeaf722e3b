"""`alongside ready` as somebody types it, and the ethnic category of somebody who starts."""

import json
from datetime import timedelta

import pytest

from records.staff import upsert_staff
from schemas.codes import Role
from tests.cli.driving import Ended, alongside
from tests.durable.following import TEAM, Place, now
from tests.planner.story import INPATIENT
from tests.records.counted import Counted, follow
from tests.records.journeys import member
from workers.client import Pool


def day(ago: int) -> str:
    """A day so long ago, as it is typed."""
    return (now() - timedelta(days=ago)).date().isoformat()


@pytest.fixture
async def one(unattended: Place, pool: Pool) -> Counted:
    """Somebody who came on a ward a month ago."""
    await upsert_staff(pool, [member("peer-1", Role.PEER_WORKER, TEAM)])
    return await follow(pool, INPATIENT, f"{day(30)} 10:00", team=TEAM, coordinator="coordinator-1")


async def begin(one: Counted, ago: int = 10, *more: str) -> Ended:
    said = ("--from", day(ago), "--for", "18", "--whose", "05", *more)
    return await alongside("ready", "begin", one.person.local_id, *said)


async def test_it_is_recorded_ended_corrected_and_listed(one: Counted) -> None:
    assert "never recorded" in (await alongside("ready", "list", one.id)).text
    begun = await begin(one)
    assert "Recorded: ready from" in begun.text, begun
    assert "housing: supported accommodation (18), social care" in begun.text
    ended = json.loads((await alongside("ready", "end", one.id, "--on", day(3), "--json")).out)
    assert ended["ended_by"] == "coordinator-1"
    what = ("--from", day(9), "--on", day(3), "--for", "03", "--whose", "05", "--reason", "a day late")
    right = json.loads((await alongside("ready", "correct", ended["id"], *what, "--json")).out)
    assert right["corrects"] == ended["id"]
    withdrawn = await alongside("ready", "withdraw", right["id"], "--reason", "never so")
    assert "it stays in the history" in withdrawn.text
    listed = json.loads((await alongside("ready", "list", one.id, "--json")).out)
    assert {row["withdrawn_why"] for row in listed} == {"a day late", "never so"}
    assert "withdrawn: never so" in (await alongside("ready", "list", one.id)).text


async def test_what_cannot_be_is_a_sentence(one: Counted) -> None:
    assert (await begin(one, 40)).code == 2
    refused = await alongside("ready", "begin", one.id, "--from", day(1), "--for", "44", "--whose", "05")
    assert (refused.code, "give one of 01, 02" in refused.err) == (2, True)
    assert (await alongside("ready", "begin", one.id, "--from", "soon", "--for", "18", "--whose", "05")).code == 2
    assert (await alongside("ready", "begin", "nobody", "--from", day(1), "--for", "18", "--whose", "05")).code == 3
    assert (await alongside("ready", "end", one.id, "--on", day(1))).code == 5
    assert (await alongside("ready", "withdraw", "nonsense", "--reason", "so")).code == 3
    peer = await begin(one, 10, "--as", "peer-1")
    assert (peer.code, "may not do this" in peer.err) == (4, True)
    await begin(one)
    assert (await begin(one)).code == 5


async def test_a_start_says_which_ethnic_categories_there_are(unattended: Place) -> None:
    said = ("--local-id", "AL1", "--given-name", "Sam", "--family-name", "Example", "--born", "1990-05-04")
    along = ("--pathway", INPATIENT, "--coordinator", "coordinator-1", "--ethnicity", "Q")
    refused = await alongside("start", *said, *along)
    assert (refused.code, "not an ethnic category: give one of A, B" in refused.err) == (2, True), refused
