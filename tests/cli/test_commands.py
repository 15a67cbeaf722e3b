"""Each acting command against the real services: done once, told in a sentence, and no more when sent again."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import sending
from pathways.loader import FOLDER, find
from planner.clock import LONDON, midnight
from records import listings
from schemas.codes import Attendance, Mechanism, Role
from schemas.journey import Journey, State
from schemas.pathway import Pathway
from tests.cli.driving import Ended, alongside
from tests.durable.following import COORDINATOR, Followed, Place, inpatient, until
from tests.durable.test_mending import follow
from workers.transitions import query_journey

_ids = itertools.count(1)


def local(at: datetime) -> str:
    """An instant as a person writes it."""
    return at.astimezone(LONDON).strftime("%Y-%m-%d %H:%M:%S")


def ago(**span: float) -> datetime:
    """So long before now, in whole seconds."""
    return (datetime.now(UTC) - timedelta(**span)).replace(microsecond=0)


async def journey(person: Followed) -> Journey:
    """Where the person stands, by the records."""
    found = (await listings.transition(person.pool, person.id)).journey
    assert found is not None
    return found


async def once(person: Followed, command: str, *rest: str) -> Ended:
    """Give a command twice under one id: it is done once, and the second time nothing is recorded."""
    command_id = f"command-{next(_ids)}"
    words = [*command.split(), person.id, *rest, "--id", command_id]
    first = await alongside(*words)
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith("Recorded: ")
    again = await alongside(*words)
    assert again.code == 0
    assert again.out.startswith("This was recorded already, on ")
    assert [said for _, said in await person.commits()].count(command_id) == 1
    return first


async def taken_on(here: Place, **said: Any) -> Followed:
    """Somebody who started ten days ago and was discharged five days ago, unless `said` otherwise."""
    known = {"started": ago(days=10), "milestones": {"discharged": ago(days=5)}}
    return await here.take_on(inpatient(), **known | said)


async def test_a_step_is_completed(here: Place) -> None:
    person = await here.take_on()
    ended = await once(person, "complete", "discharge-plan")
    assert "discharge-plan was done on " in ended.text
    assert "Next: " in ended.text
    assert (await journey(person)).steps["discharge-plan"].state is State.DONE


async def test_a_measure_has_scores(here: Place) -> None:
    person = await here.take_on()
    await once(person, "complete", "baseline-measures", "--score", "QPR-15=41", "--score", "ReQoL-10=22")
    rows = await listings.history(here.pool, person.id)
    told = [row.payload["scores"] for row in rows.rows if row.step == "baseline-measures" and "scores" in row.payload]
    assert [{name: one["scales"]["total"]["derived"] for name, one in scores.items()} for scores in told] == [
        {"QPR-15": 41, "ReQoL-10": 22}
    ]


async def test_a_contact_is_tried_and_then_happens(here: Place) -> None:
    person = await taken_on(here, facts={"peer_support": "accepted"})
    tried = ago(hours=3)
    ended = await once(
        person, "attempt", "drop-in-invitation", "--attendance", "did-not-attend", "--mechanism", "video",
        "--at", local(tried),
    )  # fmt: skip
    assert "a try at drop-in-invitation (1 attempt so far), which stays open" in ended.text
    step = (await journey(person)).steps["drop-in-invitation"]
    assert [(one.at, one.attendance, one.mechanism) for one in step.contacts] == [
        (tried, Attendance.DID_NOT_ATTEND, Mechanism.VIDEO)
    ]
    await once(person, "complete", "drop-in-invitation", "--attendance", "attended", "--mechanism", "2")
    assert (await journey(person)).steps["drop-in-invitation"].state is State.DONE


async def test_a_step_is_waived(here: Place) -> None:
    person = await here.take_on()
    ended = await once(person, "waive", "discharge-plan", "--reason", "There is one already")
    assert "discharge-plan need not be done" in ended.text
    step = (await journey(person)).steps["discharge-plan"]
    assert (step.state, step.reason) == (State.WAIVED, "There is one already")


async def test_what_is_overdue_is_acknowledged(here: Place) -> None:
    person = await here.take_on()
    soon = datetime.now(UTC) + timedelta(seconds=2)
    await once(person, "add", "call-gp", "Call the GP", "--due", local(soon), "--ladder", "safety")

    async def told() -> bool:
        return (await journey(person)).steps["call-gp"].rung > 0

    await until(told)
    ended = await once(person, "acknowledge", "call-gp", "--until", "tomorrow")
    assert "call-gp is being seen to" in ended.text
    assert (await journey(person)).steps["call-gp"].acknowledged_until is not None


async def test_a_milestone_is_recorded_and_corrected(here: Place) -> None:
    person = await taken_on(here, milestones={})
    await once(person, "milestone", "discharged", "--at", "yesterday")
    first = (await journey(person)).occurred["discharged"]
    assert first.astimezone(LONDON).hour == 12
    right = ago(days=2)
    ended = await once(person, "milestone", "discharged", "--at", local(right), "--reason", "It was the day before")
    assert "dates moved" in ended.text
    assert (await journey(person)).occurred["discharged"] == right


async def test_a_date_is_expected_and_cleared(here: Place) -> None:
    person = await here.take_on()
    day = (datetime.now(LONDON) + timedelta(days=90)).date()
    ended = await once(person, "expect", "discharged", day.isoformat())
    assert f"the discharge is expected {day:%a %-d %b %Y}; " in ended.text
    known = await journey(person)
    assert known.expected["discharged"] == midnight(day)
    assert known.steps["crisis-plan"].due is not None
    await once(person, "expect", "discharged", "clear")
    assert (await journey(person)).expected == {}


async def test_a_preview_changes_nothing(here: Place) -> None:
    person = await here.take_on()
    before = await person.records()
    day = (datetime.now(LONDON) + timedelta(days=90)).date()
    ended = await alongside("expect", person.id, "discharged", day.isoformat(), "--preview")
    assert ended.code == 0
    assert ended.out.startswith("Nothing is changed. It would mean:\n")
    assert "  crisis-plan " in ended.out
    found = await alongside("expect", person.id, "discharged", day.isoformat(), "--preview", "--json")
    assert "crisis-plan" in [move[0] for move in json.loads(found.out)["moves"]]
    assert await person.records() == before


async def test_a_fact_is_changed_and_cleared(here: Place) -> None:
    person = await here.take_on()
    ended = await once(person, "fact", "section_117", "yes")
    assert "section_117 is true; 1 step added" in ended.text
    assert "section-117-meeting" in (await journey(person)).steps
    await once(person, "fact", "section_117", "clear")
    assert (await journey(person)).facts["section_117"] is False


async def test_wishes_are_a_list(here: Place) -> None:
    person = await here.take_on(find("waiting-list-to-discharge"))
    await once(person, "fact", "preferences", "language:ur", "gender:female")
    assert (await journey(person)).facts["preferences"] == ["language:ur", "gender:female"]


async def test_a_transition_is_held_and_goes_on(here: Place) -> None:
    person = await here.take_on()
    await once(person, "hold", "Back home for a while")
    held = (await journey(person)).hold
    assert held is not None
    assert held.reason == "Back home for a while"
    await once(person, "resume")
    assert (await journey(person)).hold is None


async def test_a_due_date_is_set_by_hand_and_back(here: Place) -> None:
    person = await here.take_on()
    rule = (await journey(person)).steps["discharge-plan"].due
    ended = await once(person, "due", "discharge-plan", "tomorrow", "--reason", "The ward asked")
    assert "set by hand" in ended.text
    assert (await journey(person)).steps["discharge-plan"].by_hand == "The ward asked"
    await once(person, "due", "discharge-plan", "rule")
    step = (await journey(person)).steps["discharge-plan"]
    assert (step.due, step.by_hand) == (rule, None)


async def test_a_step_of_ones_own_is_added(here: Place) -> None:
    person = await here.take_on()
    ended = await once(
        person, "add", "find-the-keys", "Find the keys", "--due", "tomorrow", "--owner", "peer-worker", "--kind", "task"
    )
    assert "find-the-keys is added, due " in ended.text
    step = (await journey(person)).steps["find-the-keys"]
    assert (step.title, step.owner) == ("Find the keys", Role.PEER_WORKER)


async def test_a_handover_is_offered_and_accepted(here: Place) -> None:
    person = await here.take_on()
    offered = await once(person, "handover offer", "--to", "coordinator-2", "--answer-by", "tomorrow")
    assert f"until then {COORDINATOR} coordinates it" in offered.text
    accepted = await once(person, "handover accept", "--as", "coordinator-2")
    assert "coordinator-2 is the coordinator now" in accepted.text
    assert (await journey(person)).coordinator == "coordinator-2"


async def test_a_handover_is_declined_or_withdrawn(here: Place) -> None:
    person = await here.take_on()
    overlap = (datetime.now(LONDON) + timedelta(days=9)).date().isoformat()
    offer = ["--to", "coordinator-2", "--answer-by", "tomorrow", "--overlap-until", overlap]
    await once(person, "handover offer", *offer)
    await once(person, "handover decline", "--as", "coordinator-2", "--reason", "I have too many people")
    await once(person, "handover offer", *offer)
    await once(person, "handover withdraw")
    known = await journey(person)
    assert (known.coordinator, known.handover) == (COORDINATOR, None)


def newer(folder: Path) -> Path:
    """A newer definition of the pathway, with a step more."""
    text = (FOLDER / "inpatient-to-community.yaml").read_text()
    more = """  - id: meet-the-family
    title: Meet the family
    kind: meeting
    owner: coordinator
    due: {after: started, working_days: 20}
    ladder: standard
"""
    file = folder / "newer.yaml"
    file.write_text(text.replace("\nversion: 1\n", "\nversion: 2\n").replace("\nsteps:\n", f"\nsteps:\n{more}"))
    return file


async def test_a_transition_moves_to_a_newer_definition(here: Place, tmp_path: Path) -> None:
    person = await here.take_on()
    file = str(newer(tmp_path))
    before = await person.records()
    foretold = await alongside("move-definition", person.id, file, "--preview")
    assert "meet-the-family is added" in foretold.out
    assert await person.records() == before
    ended = await once(person, "move-definition", file)
    assert "version 2 of inpatient-to-community; 1 step added" in ended.text
    view = await listings.transition(here.pool, person.id)
    assert view.definition is not None
    assert Pathway.parse_canonical(view.definition).version == 2


async def test_a_transition_ends(here: Place) -> None:
    person = await here.take_on()
    ended = await once(person, "exit", "moved-away")
    assert ended.text == (
        "Recorded: the transition ended as moved-away. "
        "The transition is closed as moved-away: nothing more is waited for."
    )
    closed = await alongside("complete", person.id, "discharge-plan")
    assert (closed.code, closed.out) == (5, "")
    assert "closed as moved-away" in closed.err


async def test_a_receipt_as_json(here: Place) -> None:
    person = await here.take_on()
    said = ["complete", person.id, "discharge-plan", "--json", "--id", "with-json"]
    first, again = await alongside(*said), await alongside(*said)
    assert first == again
    receipt = json.loads(first.out)
    assert (receipt["transition_id"], receipt["revision"]) == (person.id, 2)


PERSON = ["--local-id", "AL-77", "--given-name", "Clementine", "--family-name", "Featherstonehaugh"]
ALONG = ["--born", "04/05/1990", "--pathway", "inpatient-to-community", "--coordinator", COORDINATOR]


async def test_somebody_is_taken_on_once(here: Place) -> None:
    day = (datetime.now(LONDON) - timedelta(days=6)).date()
    known = ["--started", day.isoformat(), "--milestone", f"discharged={local(ago(days=1))}"]
    facts = ["--fact", "suicide_risk=yes", "--fact", "bed_class=200"]
    said = ["start", *PERSON, "--nhs-number", "999 000 0018", *ALONG, *known, *facts, "--id", "taken-on"]
    first = await alongside(*said)
    assert first.err == ""
    assert first.out.startswith("Following AL-77 along inpatient-to-community as ")
    assert "Featherstonehaugh" not in first.out
    again = await alongside(*said)
    assert (again.code, again.out) == (0, first.out)
    view = await listings.transition(here.pool, "AL-77")
    assert view.journey is not None
    assert view.started.astimezone(LONDON).date() == day
    assert (view.journey.facts["suicide_risk"], view.journey.facts["bed_class"]) == (True, "200")
    assert "follow-up-48h" in view.journey.steps
    assert view.revision == 1
    await here.client.get_workflow_handle(f"transition-{view.id}").terminate("the test is over")


async def test_somebody_is_on_a_pathway_once(here: Place) -> None:
    said = ["start", *PERSON, *ALONG]
    first = await alongside(*said, "--id", "the-first")
    again = await alongside(*said, "--id", "the-first")
    other = await alongside(*said)
    assert (first.code, again.out, other.code) == (0, first.out, 5)
    assert "already on inpatient-to-community" in other.err
    view = await listings.transition(here.pool, "AL-77")
    await here.client.get_workflow_handle(f"transition-{view.id}").terminate("the test is over")


async def test_somebody_registered_and_never_begun_is_begun(here: Place) -> None:
    person = await here.registered()
    view = await listings.transition(here.pool, person.id)
    who = ["--local-id", view.local_id, "--given-name", view.given_name, "--family-name", view.family_name]
    refused = await alongside("complete", person.id, "discharge-plan")
    assert (refused.code, "has not begun" in refused.err) == (5, True)
    begun = await alongside("start", *who, *ALONG)
    assert (begun.code, begun.err) == (0, "")
    assert (await journey(person)).revision == 1


async def test_somebody_stands_in(here: Place) -> None:
    said = ["cover", COORDINATOR, "--by", "coordinator-2", "--from", "today", "--until", "tomorrow"]
    first = await alongside(*said)
    assert first.code == 0
    assert f"coordinator-2 stands in for {COORDINATOR}" in first.out
    again = await alongside(*said)
    assert (again.code, again.out) == (5, "")
    assert await here.pool.fetchval("SELECT count(*) FROM cover") == 1


@pytest.mark.parametrize(("who", "role"), [(COORDINATOR, "coordinator"), ("lead-1", "team-lead")])
async def test_the_history_says_who_acted_in_which_role(here: Place, who: str, role: str) -> None:
    person = await here.take_on()
    await alongside("complete", person.id, "discharge-plan", "--as", who, "--id", "told")
    rows = (await listings.history(here.pool, person.id)).rows
    assert {(row.role, row.staff) for row in rows if row.command_id == "told"} == {(role, who)}


async def test_where_nobody_works_it_says_how_to_go_on(unattended: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async with unattended.worker():
        person = await unattended.take_on()
    monkeypatch.setattr(sending, "PATIENCE", 0.5)
    commands = [["complete", person.id, "discharge-plan"], ["start", *PERSON, *ALONG]]
    for words in commands:
        ended = await alongside(*words, "--id", "unanswered")
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.endswith("then give the same command again with --id unanswered: it is done once.")
    monkeypatch.setattr(sending, "PATIENCE", 30)
    async with unattended.worker():
        for words in commands:
            again = await alongside(*words, "--id", "unanswered")
            assert (again.code, again.err) == (0, "")
    assert [said for _, said in await person.commits()].count("unanswered") == 1
    view = await listings.transition(unattended.pool, "AL-77")
    assert view.revision == 1
    await unattended.client.get_workflow_handle(f"transition-{view.id}").terminate("the test is over")


async def test_said_again_it_is_known_to_whoever_follows_them_and_had_lost_it(here: Place) -> None:
    person = await taken_on(here)
    early = await query_journey(here.client, person.id)
    words = ("complete", person.id, "discharge-plan", "--as", COORDINATOR, "--id", "lost")
    assert (await alongside(*words)).code == 0
    await follow(here, person, early)
    again = await alongside(*words)
    assert (again.code, again.out.startswith("This was recorded already, on ")) == (0, True)
    assert (await query_journey(here.client, person.id)).revision == 2
