"""Peer support from the command line, against the real services: asked, found, booked, moved, and said why."""

import json
from datetime import timedelta
from typing import Any

from pathways.loader import find
from tests.cli.driving import Ended, alongside
from tests.durable.following import TEAM, Followed, Place, now


async def waiting(here: Place, *wishes: str) -> Followed:
    """Somebody who was referred today and accepts peer support."""
    facts: dict[str, Any] = {"peer_support": "accepted"}
    if wishes:
        facts["preferences"] = list(wishes)
    return await here.take_on(find("waiting-list-to-discharge"), started=now(), facts=facts)


async def state(person: Followed) -> dict[str, Any]:
    """What `alongside peer --json` says."""
    found: dict[str, Any] = json.loads((await alongside("peer", person.id, "--json")).out)
    return found


def said(ended: Ended) -> str:
    """What a command that was done said."""
    assert (ended.code, ended.err) == (0, "")
    return ended.text


async def test_who_goes_and_why_is_said_for_everybody(workers: Place) -> None:
    person = await waiting(workers, "language:pl")
    text = said(await alongside("peer", person.id))
    assert "peer-2 goes with them" in text
    assert "peer-2 meets what they asked for (language:pl)" in text
    assert "peer-1 does not meet language:pl" in text
    found = await state(person)
    assert [(one["staff"], one["joining"]) for one in found["assignments"]] == [("peer-2", False)]
    assert list(found["peers"]["booked"]) == ["welcome-contact"]
    listed = json.loads((await alongside("bookings", "peer-2", "--weeks", "4", "--json")).out)
    assert [(one["transition_id"], one["step"]) for one in listed] == [(person.id, "welcome-contact")]
    assert json.loads((await alongside("bookings", "peer-1", "--json")).out) == []
    assert "peer-2 goes with them" in said(await alongside("show", person.id))


async def test_a_contact_moves_and_loses_its_time(workers: Place) -> None:
    person = await waiting(workers)
    later = (now() + timedelta(days=4)).date().isoformat()
    moved = await alongside(
        "book", person.id, "welcome-contact", "--not-before", later, "--as", "peer-1", "--reason", "Another day, please"
    )
    assert "welcome-contact is booked with peer-1 on" in said(moved)
    assert (await state(person))["peers"]["booked"]["welcome-contact"]["starts"][:10] == later
    night = await alongside("book", person.id, "welcome-contact", "--at", f"{later}T03:00", "--as", "peer-1")
    assert (night.code, "does not work then" in night.text) == (5, True)
    unsaid = await alongside("cancel-booking", person.id, "welcome-contact", "--as", "peer-1")
    assert (unsaid.code, "Say why" in unsaid.text) == (2, True)
    gone = await alongside("cancel-booking", person.id, "welcome-contact", "--as", "peer-1", "--reason", "They are ill")
    assert "welcome-contact has no time now, and stays to be done" in said(gone)


async def test_what_the_person_refuses_no_lead_overrides(workers: Place) -> None:
    person = await waiting(workers)
    assert "peer-2 goes with the person" in said(await alongside("wishes", person.id, "--not-with", "peer-1"))
    refused = await alongside("assign", person.id, "--staff", "peer-1", "--reason", "I say so", "--as", "lead")
    assert (refused.code, "That is not overridden" in refused.text) == (5, True)
    assert (await alongside("wishes", person.id)).code == 2


async def test_a_worker_steps_back_and_is_not_asked_why(workers: Place) -> None:
    person = await waiting(workers)
    assert "peer-2 gets to know the person" in said(await alongside("step-back", person.id, "--as", "peer-1"))
    found = await state(person)
    assert [(one["staff"], one["joining"]) for one in found["assignments"]] == [("peer-1", False), ("peer-2", True)]
    assert found["peers"]["booked"]["welcome-contact"]["staff"] == ["peer-1", "peer-2"]
    early = await alongside("accept-person", person.id, "--as", "peer-2")
    assert (early.code, "have not met the person together yet" in early.text) == (5, True)
    assert (await alongside("step-back", person.id, "--reason", "because", "--as", "peer-1")).code == 2


async def test_the_queue_is_in_order_and_looked_at_again(workers: Place) -> None:
    await workers.pool.execute("UPDATE staff SET languages = '{}', hours_per_week = 1 WHERE role = 'peer-worker'")
    person = await waiting(workers)
    assert "one person waits" in said(await alongside("queue", "--team", TEAM))
    assert "has no hours left" in said(await alongside("peer", person.id))
    assert "nobody is free yet No people found a peer worker; one person still waits." in said(
        await alongside("allocate", "--as", "lead")
    )
    await workers.pool.execute("UPDATE staff SET hours_per_week = 20 WHERE id = 'peer-2'")
    found = said(await alongside("allocate", "--team", TEAM, "--as", "lead"))
    assert "Featherstonehaugh: peer-2 goes with them" in found
    assert "One person found a peer worker, and nobody waits any more." in found
    assert said(await alongside("queue")) == "Nobody waits for a peer worker."


async def test_beyond_the_hours_is_a_team_leads_word_and_is_shown(workers: Place) -> None:
    await workers.pool.execute("UPDATE staff SET hours_per_week = 2 WHERE role = 'peer-worker'")
    person = await waiting(workers)
    day = (now() + timedelta(days=5)).date().isoformat()
    words = ["book", person.id, "welcome-contact", "--at", f"{day}T11:00", "--minutes", "180"]
    over = await alongside(*words, "--as", "peer-1")
    assert (over.code, "more than the hours of that week" in over.text) == (5, True)
    assert (await alongside(*words, "--over-hours", "--reason", "It has to be", "--as", "peer-1")).code == 4
    said(await alongside(*words, "--over-hours", "--reason", "It has to be", "--as", "lead"))
    assert "lead said: It has to be" in said(await alongside("overrides"))
