"""The format of rehearsals: what an entry may say, what an expectation matches, and what a file may not name."""

from typing import Any

import pytest
from pydantic import ValidationError

from pathways.loader import find
from planner import casting
from planner.rehearsal import VERBS, Entry, Expectation, Never, Rehearsal, play, unmet
from schemas.event import Event
from tests.planner.story import INPATIENT

AT = "2026-09-01T10:00:00+00:00"
LATER = "2026-09-01T11:00:00+01:00"  # the same instant
EVENT = Event.model_validate(
    {"event": "escalated", "at": AT, "step": "plan", "rung": 1, "to": ["coordinator", "team-lead"]}
)


def a_rehearsal(**said: Any) -> Rehearsal:
    """A story in which nothing happens, unless said otherwise."""
    plain = {"title": "Nothing happens", "pathway": INPATIENT, "start": {"at": AT}, "until": "2026-10-01T00:00:00Z"}
    return Rehearsal.model_validate(plain | said)


@pytest.mark.parametrize(
    ("wanted", "met"),
    [
        ({"event": "escalated"}, True),
        ({"event": "escalated", "at": LATER}, True),
        ({"event": "escalated", "to": ["team-lead", "coordinator"]}, True),
        ({"event": "escalated", "to": ["coordinator"]}, False),
        ({"event": "escalated", "rung": 2}, False),
        ({"event": "missed"}, False),
        ({"event": "escalated", "due": None}, False),  # it tells of no date at all
        ({"step": "plan", "rung": 1}, True),
        ({"event": "escalated", "late": False}, False),
    ],
)
def test_every_key_given_must_be_equal(wanted: dict[str, Any], met: bool) -> None:
    assert Expectation.model_validate(wanted).met_by(EVENT) is met


def test_due_null_matches_only_a_date_that_is_gone() -> None:
    wanted = Expectation.model_validate({"event": "due", "due": None})
    gone = Event.model_validate({"event": "due", "at": AT, "step": "plan", "due": None})
    moved = Event.model_validate({"event": "due", "at": AT, "step": "plan", "due": AT})
    assert (wanted.met_by(gone), wanted.met_by(moved)) == (True, False)


@pytest.mark.parametrize(
    ("bounds", "met"),
    [
        ({}, True),
        ({"before": "2026-09-01T10:00:01Z"}, True),
        ({"before": AT}, False),
        ({"after": "2026-09-01T09:59:59Z"}, True),
        ({"after": AT}, False),
        ({"after": "2026-09-01T09:00:00Z", "before": "2026-09-01T09:30:00Z"}, False),
    ],
)
def test_never_may_be_bound_in_time(bounds: dict[str, str], met: bool) -> None:
    assert Never.model_validate({"event": "escalated", **bounds}).met_by(EVENT) is met


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"complete": "plan", "waive": "plan"},
        {"acknowledge": "plan"},
        {"set_due": {"plan": AT, "other": AT}},
        {"complete": "plan", "by": "nobody"},
        {"complete": "plan", "attendance": "9"},
        {"milestone": "discharged", "unheard-of": 1},
    ],
)
def test_an_entry_says_one_thing_and_says_it_whole(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Entry.model_validate({"at": AT} | said)


@pytest.mark.parametrize("empty", [{}, {"before": AT}])
def test_an_expectation_says_something(empty: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Never.model_validate(empty)


def test_every_verb_makes_a_command() -> None:
    details: dict[str, dict[str, Any]] = {
        "complete": {"complete": "plan", "exit": "settled"},
        "acknowledge": {"acknowledge": "plan", "until": LATER},
        "expected": {"expected": {"discharged": None}},
        "facts": {"facts": {"suicide_risk": True}},
        "resume": {"resume": True},
        "set_due": {"set_due": {"plan": AT}},
        "add": {"add": {"step": "extra", "title": "Extra", "due": AT}},
        "handover": {"handover": {"to": "c-2", "answer_by": AT}},
        "accept": {"accept": True},
        "withdraw": {"withdraw": True},
        "definition": {"definition": INPATIENT},
        "wishes": {"wishes": {"not_with": "ada"}},
        "assign": {"assign": {"staff": "ada"}},
        "accept_person": {"accept_person": True},
        "book": {"book": {"step": "plan"}},
        "absence": {"absence": {"staff": "ada", "starts": AT, "ends": AT}},
        "check_in": {"check-in": {"staff": "ada", "until": AT, "place": "home"}},
        "extend_visit": {"extend-visit": {"staff": "ada", "until": AT}},
    }
    happens = [{"at": AT, **details.get(verb, {verb: "word"})} for verb in VERBS]
    told = [command for _, command in a_rehearsal(happens=happens).told(find)]
    assert len({command.id for command in told}) == len(VERBS)


def test_what_is_unmet_is_told_in_words_with_what_came_nearest() -> None:
    rehearsal = a_rehearsal(
        expect=[{"event": "missed", "step": "discharge-plan", "at": "2026-09-05T00:00:00Z"}],
        never=[{"event": "missed", "step": "named-coordinator"}],
    )
    first, second = unmet(rehearsal, play(rehearsal, find(INPATIENT), find))
    assert first.startswith("expected but did not happen: ")
    assert "2026-09-04T23:00:00Z" in first
    assert second.startswith("must never happen but did, at 2026-09-03T23:00:00")


def test_entries_are_played_in_the_order_of_time() -> None:
    happens = [
        {"at": "2026-09-03T10:00:00Z", "complete": "discharge-plan"},
        {"at": "2026-09-02T10:00:00Z", "complete": "named-coordinator"},
    ]
    rehearsal = a_rehearsal(happens=happens)
    told = [event.step for event in play(rehearsal, find(INPATIENT), find) if event.event == "completed"]
    assert told == ["named-coordinator", "discharge-plan"]


ADA = {"id": "ada", "works": "mon-tue 09:00-17:00", "hours": 16}
NAMED_WRONG: list[tuple[dict[str, Any], str]] = [
    ({"happens": [{"at": AT, "complete": "discharge-pan"}]}, "is discharge-plan meant?"),
    ({"happens": [{"at": AT, "waive": "weekly-peer-contact"}]}, "say which, for example weekly-peer-contact#1"),
    ({"happens": [{"at": AT, "complete": "weekly-peer-contact#5"}]}, "comes 4 times"),
    ({"happens": [{"at": AT, "complete": "crisis-plan#1"}]}, "comes once"),
    ({"happens": [{"at": AT, "milestone": "discharge"}]}, "is discharged meant?"),
    ({"happens": [{"at": AT, "expected": {"discharge": AT}}]}, "is discharged meant?"),
    ({"happens": [{"at": AT, "facts": {"suicide-risk": True}}]}, "is suicide_risk meant?"),
    ({"happens": [{"at": AT, "facts": {"suicide_risk": "yes"}}]}, "either true or false"),
    ({"happens": [{"at": AT, "exit": "dead"}]}, "the pathway has no exit dead"),
    ({"happens": [{"at": "2026-12-01T00:00:00Z", "milestone": "discharged"}]}, "would never be played"),
    ({"expect": [{"event": "missed", "step": "discharge-pan"}]}, "is discharge-plan meant?"),
    ({"never": [{"event": "closed", "exit": "dead"}]}, "the pathway has no exit dead"),
    ({"staff": [ADA, ADA]}, "ada is in the list already"),
    ({"staff": [ADA | {"hours": 20}]}, "contracted 20 h but the pattern holds 16 h: correct the hours or the pattern"),
    ({"staff": [ADA | {"job_share": "bob"}]}, "nobody of the story is called bob"),
    ({"staff": [ADA], "happens": [{"at": AT, "assign": {"staff": "adda"}}]}, "is ada meant?"),
    ({"staff": [ADA], "happens": [{"at": AT, "step_back": "adda"}]}, "add them to `staff`, or correct the name"),
    ({"staff": [ADA], "happens": [{"at": AT, "wishes": {"not_with": "adda"}}]}, "is ada meant?"),
    ({"staff": [ADA], "happens": [{"at": AT, "absence": {"staff": "bob", "starts": AT, "ends": AT}}]}, "called bob"),
    (
        {
            "staff": [ADA],
            "happens": [{"at": AT, "check-in": {"staff": "ada", "joined_by": "bob", "until": AT, "place": "home"}}],
        },
        "called bob",
    ),
    ({"staff": [ADA], "happens": [{"at": AT, "book": {"step": "crisis-pan"}}]}, "is crisis-plan meant?"),
    ({"staff": [ADA], "happens": [{"at": AT, "cancel_booking": "crisis-pan"}]}, "is crisis-plan meant?"),
    ({"staff": [ADA], "expect": [{"event": "assigned", "staff": "adda"}]}, "is ada meant?"),
    ({"staff": [ADA], "never": [{"event": "booked", "along": ["bob"]}]}, "called bob"),
    ({"expect": [{"event": "missed", "step": "tell-the-person:crisis-pan#1"}]}, "is crisis-plan meant?"),
    ({"until": "2026-08-01T00:00:00Z"}, "lies before the start"),
    ({"start": {"at": AT, "facts": {"no_such": True}}}, "has no fact no_such"),
]


@pytest.mark.parametrize(("said", "words"), NAMED_WRONG, ids=[words for _, words in NAMED_WRONG])
def test_what_the_pathway_has_not_got_is_named_with_its_place(said: dict[str, Any], words: str) -> None:
    (place, message), *others = casting.problems(a_rehearsal(**said), find(INPATIENT))
    assert words in message
    assert place[0] in said
    assert others == []


@pytest.mark.parametrize(
    "step",
    [
        "silence",
        "handover#1",
        "risk-review:follow-up-72h#2",
        "risk-review:weekly-peer-contact#2#1",
        "peer-worker#1",
        "tell-the-person:new-worker#1",
        "tell-the-person:drop-in-invitation#2",
        "tell-the-person:weekly-peer-contact#2#1",
    ],
)
def test_steps_that_no_definition_names_may_be_named(step: str) -> None:
    assert casting.problems(a_rehearsal(expect=[{"event": "missed", "step": step}]), find(INPATIENT)) == []
