"""Peer support from the command line, against the real services: asked, found, booked, moved, and said why."""

import json
from datetime import timedelta
from typing import Any

import pytest

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


async def test_assigning_answers_who_goes_and_why_and_who_else_was_considered(workers: Place) -> None:
    person = await waiting(workers)
    by_hand = ["assign", person.id, "--staff", "peer-2", "--reason", "They have met"]
    text = said(await alongside(*by_hand, "--at-once", "--as", "lead"))
    assert "Recorded: peer-2 goes with the person." in text
    assert "peer-2 goes with them, since" in text
    assert "chosen by lead Why: peer-2 was chosen by hand: They have met" in text
    assert "Considered as well: peer-1 " in text
    again = await alongside(*by_hand, "--as", "lead", "--json")
    assert (again.code, "goes with this person already" in again.text) == (5, True)
    by_rule = await alongside("assign", person.id, "--as", "lead")
    assert (by_rule.code, "name somebody, with a reason" in by_rule.text) == (5, True)


@pytest.mark.parametrize(
    ("said_of", "code", "sentence"),
    [
        (("assign", "--staff", "nobody-1", "--reason", "They have met"), 3, "nobody-1"),
        (("assign", "--staff", "not an id", "--reason", "They have met"), 2, "--as and --staff: an id"),
        (("assign", "--reason", "They have met"), 2, "go with --staff"),
        (("assign", "--staff", "peer-2"), 2, "Say why it should be this worker"),
        (("wishes",), 2, "--wish KIND:WISH, --asked-for STAFF or --not-with STAFF"),
        (("wishes", "--wish", "urdu"), 2, "write it kind:wish, such as language:ur"),
        (("wishes", "--wish", "tongue:ur"), 2, "The kinds are language, gender, culture, times, contact."),
        (("wishes", "--not-with", "peer-9"), 3, "peer-9"),
        (("wishes", "--asked-for", "peer-9"), 3, "peer-9"),
        (("step-back", "--staff", "peer-9"), 3, "peer-9"),
        (("book", "welcome-contact", "--place", "moon"), 2, "'ward', 'community', 'home'"),
        (("book", "welcome-contact", "--minutes", "3"), 2, "--minutes: between 5 and 480"),
        (("book", "welcome-contact", "--at", "soon"), 2, "--at 'soon' is not a date"),
    ],
)
async def test_what_cannot_be_is_said_in_a_sentence(
    workers: Place, said_of: tuple[str, ...], code: int, sentence: str
) -> None:
    person = await waiting(workers)
    before = await state(person)
    command, *rest = said_of
    refused = await alongside(command, person.id, *rest, "--as", "lead")
    assert (refused.code, refused.out) == (code, "")
    assert sentence in refused.text
    assert await state(person) == before


async def test_wishes_are_kept_taken_away_and_do_not_move_what_is_booked(workers: Place) -> None:
    person = await waiting(workers)
    kept = said(await alongside("wishes", person.id, "--wish", "times:evening", "--wish", "language:pl"))
    assert "what is booked stays as it is" in kept
    assert "asked for: times:evening, language:pl" in said(await alongside("peer", person.id))
    said(await alongside("wishes", person.id, "--wish", "clear"))
    assert (await state(person))["peers"]["wishes"] == []
    assert "asked for" not in said(await alongside("peer", person.id))


async def test_why_nobody_is_looked_for_is_said(workers: Place) -> None:
    person = await workers.take_on(find("waiting-list-to-discharge"), started=now(), facts={"peer_support": "offered"})
    nobody = said(await alongside("peer", person.id))
    assert "nobody is looked for: they have not accepted peer support, or paused it." in nobody
    asked = said(await alongside("assign", person.id, "--as", "lead"))
    assert "no peer worker is sought yet, because they have not accepted peer support" in asked
    assert "queue" not in asked


async def test_nobody_is_told_whom_a_person_refused_or_who_stepped_back(workers: Place) -> None:
    person = await waiting(workers)
    said(await alongside("wishes", person.id, "--not-with", "peer-2"))
    found = await state(person)
    assert not {"not_with", "stepped_back"} & set(found["peers"])
    said(await alongside("step-back", person.id, "--as", "peer-1"))
    text = said(await alongside("peer", person.id))
    assert "peer-1 stays theirs until somebody else has met them and taken over." in text
    assert text.count("does not go with this person.") == 2
    shown = said(await alongside("show", person.id))
    assert "peer-1 goes with them, until somebody else has met them and taken over" in shown
    assert "waits for another peer worker since" in shown


async def test_a_time_after_the_due_date_is_said(workers: Place) -> None:
    person = await waiting(workers)
    late = (now() + timedelta(days=40)).date().isoformat()
    booked = said(await alongside("book", person.id, "welcome-contact", "--at", f"{late}T11:00", "--as", "peer-1"))
    assert "community, after it is due (" in booked


async def test_the_history_tells_of_peer_support_in_sentences(workers: Place) -> None:
    person = await waiting(workers)
    said(await alongside("step-back", person.id, "--as", "peer-1"))
    told = said(await alongside("history", person.id))
    for sentence in (
        "peer-1 goes with the person (peer-1 has",
        "peer-1 steps back peer-2 gets to know the person, to take over",
        "booked with peer-1 and peer-2:",
        "(another worker is sought for it)",
    ):
        assert sentence in told


async def test_an_unknown_team_or_worker_is_said(workers: Place) -> None:
    for command in (("queue", "--team", "Nowhere"), ("allocate", "--team", "Nowhere", "--as", "lead")):
        refused = await alongside(*command)
        assert (refused.code, "There is no team 'Nowhere'" in refused.text) == (3, True)
    assert (await alongside("bookings", "nobody-1")).code == 3
    empty = await alongside("queue", "--team", TEAM)
    assert said(empty) == f"{TEAM}: nobody waits for a peer worker."
    assert said(await alongside("allocate", "--as", "lead")) == "Nobody waits for a peer worker."
    assert json.loads((await alongside("allocate", "--as", "lead", "--json")).out) == []


async def test_a_workers_week_says_when_where_whom_and_together_with_whom(workers: Place) -> None:
    person = await waiting(workers)
    said(await alongside("step-back", person.id, "--as", "peer-1"))
    week = said(await alongside("bookings", "peer-2", "--weeks", "3"))
    assert "community: Clementine Featherstonehaugh (TEST-" in week
    assert week.endswith("welcome-contact, together with peer-1")
