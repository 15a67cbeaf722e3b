"""`alongside away` as somebody types it, against the real services."""

import json
from datetime import timedelta

from tests.cli.driving import alongside
from tests.cli.test_peers import said, state, waiting
from tests.durable.following import Place, now


def day(ahead: int) -> str:
    """A day so far ahead, as it is typed."""
    return (now() + timedelta(days=ahead)).date().isoformat()


async def test_an_absence_says_what_became_of_each_contact(workers: Place) -> None:
    person = await waiting(workers)
    text = said(await alongside("away", "peer-1", "--from", day(0), "--until", day(4), "--as", "lead"))
    assert text.startswith("Recorded: peer-1 is away from")
    assert "welcome-contact" in text
    assert "somebody else comes at the same time, with peer-2" in text
    assert (await state(person))["peers"]["booked"]["welcome-contact"]["staff"] == ["peer-2"]
    absence = text.split("(")[1].split(")")[0]
    for which in (absence, "peer-1"):
        assert "Everything is covered, as far as it can be." in said(await alongside("away-progress", which))
    again = await alongside("away", "peer-1", "--from", day(2), "--until", day(3), "--as", "lead")
    assert (again.code, "is away from" in again.text) == (5, True)
    assert "What was moved stays moved" in said(await alongside("away-withdraw", absence, "--as", "peer-1"))
    assert (await state(person))["peers"]["booked"]["welcome-contact"]["staff"] == ["peer-2"]


async def test_nobody_is_asked_why_and_not_everybody_may(workers: Place) -> None:
    unasked = await alongside("away", "peer-1", "--from", day(1), "--until", day(2), "--reason", "ill", "--as", "lead")
    assert (unasked.code, "No such option" in unasked.text) == (2, True)
    other = await alongside("away", "peer-1", "--from", day(1), "--until", day(2), "--as", "peer-2")
    assert (other.code, "records only their own absences" in other.text) == (4, True)
    own = await alongside("away", "peer-1", "--from", day(1), "--until", day(2), "--as", "peer-1", "--json")
    assert json.loads(own.out) == []
    back = await alongside("away", "peer-2", "--from", day(3), "--until", day(1), "--as", "lead")
    assert (back.code, "ends before it starts" in back.text) == (2, True)
    assert (await alongside("away-progress", "nonsense")).code == 3
    assert (await alongside("away-stop", "00000000-0000-4000-8000-000000000000", "--as", "lead")).code == 3


async def test_nobody_leaves_while_somebody_counts_on_them(workers: Place) -> None:
    person = await waiting(workers)
    early = await alongside("staff", "leaves", "peer-1", "--as", "lead")
    assert (early.code, "One person counts on peer-1. First `alongside away peer-1" in early.text) == (5, True)
    said(await alongside("away", "peer-1", "--from", day(0), "--until", day(31), "--as", "lead"))
    assert [one["staff"] for one in (await state(person))["assignments"]] == ["peer-2"]
    assert (await alongside("staff", "leaves", "peer-1", "--as", "lead")).code == 0
