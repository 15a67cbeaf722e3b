"""What the pages of a start say, read from their forms: anew at every page, because what travels is never trusted."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import NamedTuple

from pydantic import ValidationError

from planner import conditions
from planner import dates as planned
from planner import journey as planner
from planner.clock import local_day
from planner.refused import Refused
from records import known
from schemas.command import Start
from schemas.journey import FactValue
from schemas.pathway import Fact, Milestone, Pathway
from schemas.person import Person, checked_nhs_number
from web.forms import Problems, moment

LONGEST = 200
OLDEST = 130
"""Years: nobody here is older."""
NOON = time(12)
PERSON = (
    "local_id",
    "nhs_number",
    "given_name",
    "family_name",
    "born-day",
    "born-month",
    "born-year",
    "known_as",
    "ethnicity",
)
PATHWAY = ("pathway", "coordinator", "team")
DATED = ("started", "expected-", "happened-", "fact-")
"""How the fields of the page of dates and facts begin."""


class Said:
    """The texts of a form, by field."""

    def __init__(self, form: Mapping[str, object]) -> None:
        self.texts = {name: text.strip() for name, text in form.items() if isinstance(text, str)}

    def text(self, name: str) -> str:
        """What a field says; nothing when it was left out."""
        return self.texts.get(name, "")

    def among(self, page: str) -> list[tuple[str, str]]:
        """The fields of a page that say something, to be carried on."""
        return [(name, text) for name, text in self.texts.items() if text and page_of(name) == page]


def page_of(name: str) -> str | None:
    """The page that a field is on; None for one that is on none."""
    if name in PERSON:
        return "person"
    if name == "same":
        return "same"
    if name in PATHWAY:
        return "pathway"
    return "dates" if name.startswith(DATED) else None


def person(said: Said, now: datetime) -> tuple[Person | None, Problems]:
    """Who the form says that the person is, or what is wrong with it."""
    problems = {**_number(said), **_named(said)}
    born, wrong = _born(said, now)
    if wrong:
        problems["born"] = wrong
    if problems:
        return None, problems
    names = {name: said.text(name) for name in ("local_id", "given_name", "family_name")}
    known_too = {name: said.text(name) or None for name in ("nhs_number", "ethnicity")}
    try:
        return Person.model_validate(names | known_too | {"date_of_birth": born}), {}
    except ValidationError as error:
        wrong_fields = {str(detail["loc"][0]) for detail in error.errors()}
        return None, {name: AS_IT_MAY_BE[name] for name in wrong_fields}


AS_IT_MAY_BE = {
    "local_id": "A local id has letters, digits and _ . / - only, at most 40 of them, such as AL00123.",
    "given_name": f"Write their given name in at most {LONGEST} letters.",
    "ethnicity": "Choose one of the list, or leave it open.",
    "family_name": f"Write their family name in at most {LONGEST} letters.",
}


def _number(said: Said) -> Problems:
    if not said.text("nhs_number"):
        return {}
    try:
        checked_nhs_number(said.text("nhs_number"))
    except ValueError as error:
        return {"nhs_number": f"That is no NHS number: the {str(error).replace('NHS number', 'number')}."}
    return {}


def _named(said: Said) -> Problems:
    missing = {
        "local_id": "Write the local id: the number that your service has for them.",
        "given_name": "Write their given name.",
        "family_name": "Write their family name.",
    }
    found = {name: sentence for name, sentence in missing.items() if not said.text(name)}
    longest = {"local_id": LONGEST, "given_name": LONGEST, "family_name": LONGEST, "known_as": known.LONGEST}
    for name, most in longest.items():
        if len(said.text(name)) > most or not said.text(name).isprintable():
            found[name] = f"Write it in one line of at most {most} letters."
    return found


def _born(said: Said, now: datetime) -> tuple[date | None, str]:
    parts = [said.text(f"born-{part}") for part in ("day", "month", "year")]
    if not any(parts):
        return None, "Write their date of birth."
    try:
        day, month, year = (int(part) for part in parts if part.isascii() and part.isdigit())
        born = date(year, month, day)
    except (ValueError, OverflowError):
        return None, "Write a date of birth that exists, in numbers, such as 27 3 1985."
    today = local_day(now)
    if born > today:
        return None, "The date of birth lies in the future."
    if born.year < today.year - OLDEST:
        return None, "The date of birth is too long ago: write all four digits of the year."
    return born, ""


class Going(NamedTuple):
    """What is known of the journey: when it started, what is expected, what has happened, and facts."""

    started: datetime | None
    expected: dict[str, datetime]
    happened: dict[str, datetime]
    facts: dict[str, FactValue]


def milestones(pathway: Pathway) -> list[Milestone]:
    """The milestones that may be expected or have happened to somebody who starts: not those that end it."""
    ends = {one.milestone for one in pathway.exits} | {planned.STARTED, planned.ENDED}
    return [one for one in pathway.milestones if one.id not in ends]


def going(pathway: Pathway, said: Said, now: datetime) -> tuple[Going, Problems]:
    """What the form says of the journey, and what is wrong with it."""
    problems: Problems = {}

    def at(field: str, alone: time) -> datetime | None:
        try:
            return moment(said.text(field), said.text(f"{field}-time"), now, alone)
        except ValueError as error:
            problems[field] = str(error)
            return None

    started = at("started", time())
    happened = {one.id: at(f"happened-{one.id}", NOON) for one in milestones(pathway)}
    expected = {one.id: at(f"expected-{one.id}", time()) for one in milestones(pathway)}
    facts: dict[str, FactValue] = {}
    for name, rule in pathway.facts.items():
        try:
            value = fact(said, name, rule)
            if value is not None:
                facts[name] = conditions.checked(pathway, name, value)
        except Refused as refused:
            problems[f"fact-{name}"] = refused.message
    was = {name: when for name, when in happened.items() if when is not None}
    ahead = {name: when for name, when in expected.items() if when is not None and name not in was}
    return Going(started, ahead, was, facts), problems


def fact(said: Said, name: str, rule: Fact) -> FactValue | None:
    """What is said of a fact; None when nothing is."""
    text = said.text(f"fact-{name}")
    match rule.type:
        case "boolean":
            if text not in ("", "yes", "no"):
                raise Refused("invalid", "Choose yes, no, or not known.")
            return {"yes": True, "no": False}.get(text)
        case "asked-for":
            wishes = [
                f"{kind}:{wish.strip()}"
                for kind in rule.values or []
                for wish in said.text(f"fact-{name}-{kind}").split(",")
                if wish.strip()
            ]
            return wishes or None
        case "agreed-choice":
            status = said.text(f"fact-{name}-status")
            return f"{text}:{status}" if text and status else text or None
    return text or None


def check(pathway: Pathway, start: Start) -> Problems:
    """What the planner refuses of a start, at the field that it is about: each is tried after those before it."""
    bare = start.model_copy(update={"facts": {}, "expected": {}, "milestones": {}})
    try:
        planner.start(pathway, bare)
    except Refused as refused:
        return {"started": refused.message}
    problems: Problems = {}
    sound: dict[str, datetime] = {}
    for name, at in sorted(start.milestones.items(), key=lambda one: one[1]):
        try:
            planner.start(pathway, bare.model_copy(update={"milestones": sound | {name: at}}))
            sound[name] = at
        except Refused as refused:
            problems[f"happened-{name}"] = refused.message
    journey = planner.start(pathway, bare.model_copy(update={"milestones": sound})).journey
    for name, at in start.expected.items():
        try:
            planned.may_be_expected(journey, pathway, name, at, start.at)
        except Refused as refused:
            problems[f"expected-{name}"] = refused.message
    return problems
