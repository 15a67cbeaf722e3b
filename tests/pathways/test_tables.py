"""When each step of the three pathways is due and asked for, word for word as the tables have it."""

import csv
from pathlib import Path

import pytest

from pathways import words
from pathways.loader import find, shipped
from planner.conditions import checked
from planner.refused import Refused
from schemas.pathway import Anchor, Exit, Pathway, Step

TABLES = {
    "inpatient-to-community": """
        named-coordinator    | started + 2 working_days     |
        discharge-plan       | started + 3 working_days     |
        peer-introduction    | started + 10 working_days    | peer support
        baseline-measures    | started + 10 working_days    |
        placement-review     | every 3 months from started, until discharged | out_of_area
        accommodation-talk   | discharged - 20 working_days | peer support
        section-117-meeting  | discharged - 10 working_days | section_117
        accommodation-visit  | discharged - 10 working_days |
        discharge-meeting    | discharged - 10 working_days |
        crisis-plan          | discharged - 5 working_days  |
        recovery-plan-offer  | discharged - 5 working_days  | peer support
        care-plan-sent       | discharged + 24 hours        |
        follow-up-48h        | discharged + 48 hours        | suicide_risk
        follow-up-72h        | discharged + 3 days          |
        gp-summary           | discharged + 7 days          |
        drop-in-invitation   | discharged + 14 days         | peer support
        weekly-peer-contact  | every 7 days from discharged, 4 times | peer support
        monthly-peer-contact | every 28 days from discharged + 28 days, until discharged + 6 months | peer support
        review-3-months      | discharged + 3 months        |
        ending-conversation  | discharged + 5 months        | peer support
        review-6-months      | discharged + 6 months        |
    """,
    "camhs-to-adult": """
        named-worker            | started + 5 working_days  |
        peer-introduction       | started + 20 working_days | peer support
        baseline-goals          | started + 20 working_days |
        annual-review           | every 12 months from started, until transferred |
        transition-plan         | transferred - 6 months    |
        destination-agreed      | transferred - 3 months    |
        family-conversation     | transferred - 3 months    | family_involved and peer support
        planning-meeting        | transferred - 2 months    |
        meet-adult-service      | transferred - 1 months    | destination is adult-mental-health
        information-transfer    | transferred - 1 months    |
        peer-contact | every 14 days from transferred - 3 months, until transferred (expected) + 3 months | peer support
        first-adult-appointment | transferred + 4 weeks     | destination is adult-mental-health
        named-worker-check-1    | transferred + 1 months    |
        named-worker-check-3    | transferred + 3 months    |
        named-worker-check-6    | transferred + 6 months    |
        closing-goals           | transferred + 6 months    |
        engagement-check        | transferred + 12 months   |
    """,
    "waiting-list-to-discharge": """
        welcome-contact        | started + 10 working_days        | peer support
        pre-assessment-contact | assessment - 5 working_days      | peer support
        assessment-attended    | assessment (expected) + 0 days   |
        baseline-measures      | assessment + 10 working_days     |
        waiting-contact        | every 28 days from assessment, until therapy-started  | peer support
        waiting-well-review    | every 13 weeks from assessment, until therapy-started |
        group-offer            | assessment + 6 weeks             | peer support
        community-link         | assessment + 10 weeks            | peer support
        pre-therapy-contact    | therapy-started - 5 working_days | peer support
        therapy-start-attended | therapy-started (expected) + 0 days |
        ending-preparation     | therapy-ended - 4 weeks          | peer support
        discharge-letter       | therapy-ended + 5 working_days   |
        ending-measures        | therapy-ended + 10 working_days  |
        after-therapy-contact  | 2 weeks, 6 weeks, 12 weeks after therapy-ended | peer support
        experience-survey      | therapy-ended + 4 weeks          |
        closing-review         | therapy-ended + 13 weeks         |
    """,
}
PARTS = {
    "inpatient-to-community": {
        "milestones": ["started", "discharged", "readmitted", "ended"],
        "facts": [
            "suicide_risk",
            "section_117",
            "out_of_area",
            "out_of_area_reason",
            "bed_class",
            "discharge_method",
            "discharge_destination",
            "responsible_provider",
            "peer_support",
        ],
        "exits": ["settled", "readmitted", "moved-away", "declined-service", "died"],
        "silence": (21, "discharged"),
    },
    "camhs-to-adult": {
        "milestones": ["started", "transferred", "ended"],
        "facts": ["destination", "family_involved", "peer_support"],
        "exits": ["engaged", "not-engaged", "destination-not-needed", "declined-service", "moved-away", "died"],
        "silence": (42, "started"),
    },
    "waiting-list-to-discharge": {
        "milestones": ["started", "assessment", "therapy-started", "therapy-ended", "ended"],
        "facts": ["peer_support", "preferences"],
        "exits": ["completed-therapy", "no-longer-needed", "declined-service", "moved-away", "died"],
        "silence": (42, "started"),
    },
}


@pytest.mark.parametrize("pathway", shipped())
def test_the_steps_are_those_of_the_table(pathway: str) -> None:
    told = [[cell.strip() for cell in line.split("|")] for line in TABLES[pathway].strip().splitlines()]
    assert [[step.id, _due(step), _only(step)] for step in find(pathway).steps] == told


def _due(step: Step) -> str:
    if step.due is not None:
        return _anchor(step.due)
    series = step.series
    assert series is not None
    if series.at is not None:
        return f"{', '.join(f'{span.count} {span.unit}' for span in series.at)} after {_anchor(series.start)}"
    assert series.every is not None
    times = f", {series.times} times" if series.times else ""
    until = f", until {_anchor(series.until)}" if series.until else ""
    return f"every {series.every.count} {series.every.unit} from {_anchor(series.start)}{times}{until}"


def _anchor(anchor: Anchor) -> str:
    expected = " (expected)" if anchor.after_expected else ""
    length = f" {'-' if anchor.before else '+'} {anchor.count} {anchor.unit}" if anchor.given() else ""
    return f"{anchor.milestone}{expected}{length}"


def _only(step: Step) -> str:
    facts = [name if value is True else f"{name} is {value}" for name, value in step.when.items()]
    peer = ["peer_support is accepted"] if step.kind == "peer-contact" else []
    return " and ".join([*facts, *peer]).replace("peer_support is accepted", "peer support")


@pytest.mark.parametrize("pathway", shipped())
def test_milestones_facts_exits_and_silence_are_as_told(pathway: str) -> None:
    found = find(pathway)
    silence = (found.silence.days, found.silence.after)
    told = {"milestones": list(found.milestone), "facts": list(found.facts), "exits": list(found.exit)}
    assert told | {"silence": silence} == PARTS[pathway]


@pytest.mark.parametrize("pathway", shipped())
def test_every_pathway_has_the_ladders_of_the_table(pathway: str) -> None:
    told = {
        name: [(ladder.reminder.count, ladder.reminder.unit, [*ladder.reminder.to])] if ladder.reminder else []
        for name, ladder in find(pathway).ladders.items()
    }
    for name, ladder in find(pathway).ladders.items():
        told[name] += [(rung.count, rung.unit, [*rung.to]) for rung in ladder.rungs]
    assert told == {
        "safety": [
            (12, "hours", ["owner"]),
            (0, "hours", ["owner", "coordinator", "duty-manager"]),
            (4, "hours", ["service-manager"]),
            (24, "hours", ["safety-lead"]),
        ],
        "standard": [
            (2, "working_days", ["owner"]),
            (1, "working_days", ["owner", "coordinator"]),
            (3, "working_days", ["team-lead"]),
            (5, "working_days", ["service-manager"]),
        ],
        "gentle": [(1, "working_days", ["owner"]), (2, "working_days", ["coordinator"])],
    }


def test_what_the_tables_say_below_themselves() -> None:
    ward, young, waiting = (find(name) for name in PARTS)
    follow_up = ward.step["follow-up-72h"].satisfied_by
    assert follow_up is not None
    assert (follow_up.mechanisms, follow_up.days_after, follow_up.within_days, follow_up.or_milestone) == (
        ["01", "02", "04", "11"], 1, 3, "readmitted",
    )  # fmt: skip
    assert young.coordinator == "named-worker"
    assert young.milestone["transferred"].expected_at_age == 18
    assert young.step["destination-agreed"].reopened_by_declined == "destination"
    first = young.step["first-adult-appointment"]
    assert (first.attempt_tells, first.waive_needs_attempts) == (["named-worker"], 2)
    assert waiting.step["assessment-attended"].records == "assessment"
    assert waiting.step["therapy-start-attended"].records == "therapy-started"
    assert ward.safety_waivers == ["duty-manager", "service-manager", "safety-lead"]


def _leads(way: Exit) -> tuple[str | None, ...]:
    return way.when_done, way.said_with, way.milestone, way.needs_agreed


def _ways(pathway: Pathway) -> dict[str, tuple[str | None, ...]]:
    return {way.id: _leads(way) for way in pathway.exits if any(_leads(way))}


def test_how_each_pathway_ends() -> None:
    agreed, said = "destination", "engagement-check"
    assert _ways(find("inpatient-to-community")) == {
        "settled": ("review-6-months", None, None, None),
        "readmitted": (None, None, "readmitted", None),
    }
    assert _ways(find("camhs-to-adult")) == {
        "engaged": (None, said, None, agreed),
        "not-engaged": (None, said, None, agreed),
        "destination-not-needed": (None, None, None, agreed),
        "declined-service": (None, None, None, agreed),
    }
    assert _ways(find("waiting-list-to-discharge")) == {"completed-therapy": ("closing-review", None, None, None)}


@pytest.mark.parametrize(
    ("pathway", "fact", "value"),
    [
        ("inpatient-to-community", "out_of_area_reason", "10"),
        ("inpatient-to-community", "bed_class", "213"),
        ("inpatient-to-community", "section_117", True),
        ("camhs-to-adult", "destination", "third-sector:declined"),
        ("camhs-to-adult", "family_involved", True),
        ("waiting-list-to-discharge", "peer_support", "paused"),
        ("waiting-list-to-discharge", "preferences", ["culture:south-asian"]),
    ],
)
def test_facts_hold_what_caseloads_say(pathway: str, fact: str, value: bool | str | list[str]) -> None:
    assert checked(find(pathway), fact, value) == value


def test_facts_of_the_example_caseload_are_facts_of_the_pathways() -> None:
    # The file holds two mistakes on purpose, for the import to refuse.
    refused, held = [], 0
    with (Path(__file__).parents[2] / "cli" / "demo_data" / "caseload-2026-11-16.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for fact in filter(None, row["facts"].split(";")):
                name, _, value = fact.partition("=")
                try:
                    checked(find(row["pathway"]), name, {"true": True, "false": False}.get(value, value))
                    held += 1
                except Refused:
                    refused.append(fact)
    assert sorted(refused) == ["bed_class=999", "shoe_size=9"]
    assert held > 300


def test_rules_are_said_in_words() -> None:
    young, waiting = find("camhs-to-adult"), find("waiting-list-to-discharge")
    said = [words.due(young, young.step[name]) for name in ("named-worker", "meet-adult-service", "peer-contact")]
    said += [words.due(waiting, waiting.step[name]) for name in ("assessment-attended", "after-therapy-contact")]
    assert said == [
        "5 working days after start",
        "1 month before transfer",
        "every 14 days from 3 months before transfer, until 3 months after the expected transfer",
        "the day of the expected assessment",
        "2 weeks, 6 weeks and 12 weeks after end of therapy",
    ]
    assert words.when(young.step["family-conversation"]) == "family involved and peer support is accepted"
    assert words.when(young.step["peer-contact"]) == "peer support is accepted"
    assert words.when(young.step["named-worker"]) == ""


@pytest.mark.parametrize("pathway", shipped())
def test_a_definition_travels_as_text_and_stays_the_same(pathway: str) -> None:
    there = find(pathway)
    again = Pathway.parse_canonical(there.canonical)
    assert again == there
    assert (again.canonical, again.digest) == (there.canonical, there.digest)
    # Values worked out on the way are no part of what is said.
    assert (again.order, again.step, again.milestone, again.exit) == (
        there.order, there.step, there.milestone, there.exit,
    )  # fmt: skip
    assert Pathway.model_validate_json(again.canonical).digest == there.digest


def test_defaults_stay_what_they_are() -> None:
    # Running journeys keep their definition without its defaults: changing one here would change their rules.
    plain = {
        "id": "plain",
        "title": "Plain",
        "milestones": [{"id": "started", "name": "start"}],
        "silence": {"days": 7},
        "ladders": {"standard": {"reminder": {"days": 1}, "rungs": [{"days": 1, "to": ["owner"]}]}},
        "exits": [{"id": "died", "title": "Died"}],
        "steps": [
            {
                "id": "call",
                "title": "Call them",
                "kind": "contact",
                "owner": "coordinator",
                "due": {"after": "started", "days": 1},
                "ladder": "standard",
                "satisfied_by": {"or_milestone": "started"},
            }
        ],
    }
    found = Pathway.model_validate(plain).model_dump(mode="json", exclude_none=True)
    assert {name: found[name] for name in set(found) - set(plain)} == {
        "version": 1,
        "coordinator": "coordinator",
        "facts": {},
        "risk_review": {
            "on_safety": {"hours": 4},
            "otherwise": {"working_days": 1},
            "safety_ladder": "safety",
            "other_ladder": "standard",
        },
        "safety_waivers": ["duty-manager", "service-manager", "safety-lead"],
    }
    assert found["milestones"] == [{"id": "started", "name": "start", "not_before": [], "needs": []}]
    assert found["silence"] == {"days": 7, "after": "started"}
    assert found["ladders"]["standard"]["reminder"] == {"days": 1, "to": ["owner"]}
    step = plain["steps"][0]  # type: ignore[index]  # the literal above
    assert found["steps"] == [
        step
        | {
            "when": {},
            "measures": [],
            "waive_needs_attempts": 0,
            "attempt_tells": [],
            "satisfied_by": {"or_milestone": "started", "days_after": 0},
        }
    ]
