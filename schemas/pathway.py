"""The language in which a pathway is written: what the YAML files under `pathways/` may say.

Only the shape of each piece is here. Whether the pieces fit together (a rule on a milestone that
exists, a series that ends) is asked by `planner.soundness`.
"""

import hashlib
from functools import cached_property, lru_cache
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from schemas.base import Strict, as_code
from schemas.codes import COORDINATING_ROLES, Mechanism, Role, StepKind

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$", max_length=60)]
"""A short name in lower case with hyphens or underscores, as it appears in ids and on screens."""

LadderName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]

UNITS = ("hours", "days", "weeks", "months", "working_days")


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("is one line of text: put no line break or tab in it")
    return text


Name = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_one_line)]
"""What people call something, within a sentence."""

Title = Annotated[str, Field(min_length=3, max_length=120), AfterValidator(_one_line)]
"""What people read of something in one line."""


class Language(Strict):
    """A piece of the language: what is said under a field is what an editor shows of it."""

    model_config = ConfigDict(use_attribute_docstrings=True, str_strip_whitespace=True)


class Span(Language):
    """A length of time in exactly one unit. How each unit is counted is said in `planner.clock`."""

    hours: Annotated[int, Field(strict=True, ge=0, le=87_600)] | None = None
    """Exact elapsed time: a clock change never moves it."""
    days: Annotated[int, Field(strict=True, ge=0, le=3_650)] | None = None
    """To the end of that local day. Weekends and bank holidays do not move it."""
    weeks: Annotated[int, Field(strict=True, ge=0, le=520)] | None = None
    """As 7 days each."""
    months: Annotated[int, Field(strict=True, ge=0, le=120)] | None = None
    """To the end of that local day; the month's last day where the day does not exist."""
    working_days: Annotated[int, Field(strict=True, ge=0, le=2_500)] | None = None
    """To the end of that working day: Monday to Friday without the division's bank holidays."""

    def given(self) -> list[str]:
        """The units that this span names."""
        return [unit for unit in UNITS if getattr(self, unit) is not None]

    @cached_property
    def unit(self) -> str:
        """The one unit counted in; "none" for the anchor itself."""
        named = self.given()
        return named[0] if named else "none"

    @cached_property
    def count(self) -> int:
        """How many of the unit."""
        return 0 if self.unit == "none" else int(getattr(self, self.unit))

    def words(self) -> str:
        """For example "5 working days"."""
        noun = self.unit.replace("_", " ")
        return f"{self.count} {noun[:-1] if self.count == 1 else noun}"


class Interval(Span):
    """A span that must be said, in one unit."""

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if len(self.given()) != 1:
            raise ValueError(f"say exactly one of {', '.join(UNITS)}, for example `working_days: 5`")
        return self


class Anchor(Span):
    """A moment told from a milestone: after it happened, before it is expected, or after it is expected.

    Without a unit it is the milestone's own instant.
    """

    after: Identifier | None = None
    """The milestone that it comes after: known once that has happened."""
    before: Identifier | None = None
    """The milestone that it comes before: known once that is expected."""
    after_expected: Identifier | None = None
    """The milestone that it comes after, counted from the expected date until it has happened."""

    @model_validator(mode="after")
    def _one_milestone(self) -> Self:
        if len([m for m in (self.after, self.before, self.after_expected) if m]) != 1:
            raise ValueError("say exactly one of after, before, after_expected, naming a milestone")
        if len(self.given()) > 1:
            raise ValueError(f"say only one of {', '.join(UNITS)}")
        return self

    @cached_property
    def milestone(self) -> str:
        """The milestone that it hangs on."""
        return self.after or self.before or self.after_expected or ""

    @property
    def from_expected(self) -> bool:
        """Counted from the expected instant until the milestone is recorded."""
        return self.after is None

    @property
    def sign(self) -> int:
        """-1 before the milestone, 1 after it."""
        return -1 if self.before else 1


class Due(Anchor):
    """When a step is due."""

    @model_validator(mode="after")
    def _a_unit(self) -> Self:
        if not self.given():
            raise ValueError(f"say how long, in one of {', '.join(UNITS)} (`days: 0` is the end of that day)")
        return self


class Series(Language):
    """A step that comes again: at an even interval, or at listed distances, from an anchor."""

    every: Interval | None = None
    """An even interval: the first occurrence is due one interval after `from`."""
    at: Annotated[list[Interval], Field(min_length=1, max_length=100)] | None = None
    """Distances from `from`, each longer than the one before."""
    start: Anchor = Field(alias="from")
    """Where counting begins: a milestone, or some time before or after it."""
    times: Annotated[int, Field(strict=True, ge=1, le=1_000)] | None = None
    """How many occurrences there are."""
    until: Anchor | None = None
    """The last moment at which an occurrence may fall due; a milestone by itself ends the series when it happens."""

    @model_validator(mode="after")
    def _even_or_listed(self) -> Self:
        if (self.every is None) == (self.at is None):
            raise ValueError("say either `every` (an even interval) or `at` (a list of distances)")
        if self.every is not None and self.every.count == 0:
            raise ValueError("an interval of nothing would never move on: make it at least 1")
        return self

    @property
    def last(self) -> int | None:
        """The number of the last occurrence, when counted."""
        return len(self.at) if self.at is not None else self.times


class Ladder(Language):
    """Who is told when a step is late, in which order, and who is reminded before it is."""

    class Reminder(Interval):
        """Told this long before the due instant."""

        to: Annotated[list[Literal["owner"] | Role], Field(min_length=1)] = ["owner"]
        """Roles, or `owner` for whoever does the step."""

    class Rung(Interval):
        """Told this long after the due instant."""

        to: Annotated[list[Literal["owner"] | Role], Field(min_length=1)]
        """Roles, or `owner` for whoever does the step."""

    reminder: Reminder | None = None
    """Who is told before it is due."""
    rungs: Annotated[list[Rung], Field(min_length=1, max_length=9)]
    """Who is told after it was due, each rung later than the one before."""


Code = Annotated[str, BeforeValidator(as_code), Field(min_length=1, max_length=80)]


class Fact(Language):
    """Something known of the person or the transition that decides which steps apply.

    boolean: true or false. choice: one of `values`. agreed-choice: one of `values` with a status,
    written `value:status`, where the status is proposed, accepted or declined. asked-for: a list of
    `kind:wish`, the kinds being `values`; only ever what the person asked for.
    """

    type: Literal["boolean", "choice", "agreed-choice", "asked-for"]
    """What it may hold."""
    values: Annotated[list[Code], Field(min_length=1)] | None = None
    """What a choice is made from, or the kinds of what may be asked for."""
    default: bool | Code | None = None
    """What it is until somebody says otherwise."""
    title: Title | None = None
    """What it means, for people."""

    @model_validator(mode="after")
    def _values(self) -> Self:
        if (self.values is None) != (self.type == "boolean"):
            raise ValueError(
                "a boolean fact has no values" if self.values else f"a fact of type {self.type} lists its values"
            )
        return self


Wanted = bool | Code | Annotated[list[Code], Field(min_length=1)]


class Milestone(Language):
    """Something that happens once to the person, at an instant that may be expected before it is known."""

    id: Identifier
    """What the rules call it. Every pathway has `started` and `ended`."""
    name: Name
    """What people call it, as in "5 days after NAME"."""
    expected_at_age: Annotated[int, Field(strict=True, ge=0, le=120)] | None = None
    """Expected on the birthday at this age, unless somebody says otherwise."""
    not_before: list[Identifier] = []
    """Milestones that it cannot come before, when they have happened."""
    needs: list[Identifier] = []
    """Milestones that must have happened before it can be recorded."""


class Satisfies(Language):
    """Which contacts satisfy a step, beyond being attended."""

    mechanisms: Annotated[list[Annotated[Mechanism, BeforeValidator(as_code)]], Field(min_length=1)] | None = None
    """Consultation mechanisms (MHSDS codes) that count; any, when left out."""
    days_after: Annotated[int, Field(strict=True, ge=0, le=30)] = 0
    """The first local day after the milestone on which a contact counts: 1 is the day after."""
    or_milestone: Identifier | None = None
    """A milestone that satisfies the step instead of a contact, when it happens within these days."""
    within_days: Annotated[int, Field(strict=True, ge=1, le=60)] | None = None
    """The last local day after the milestone on which `or_milestone` satisfies it; a later contact does so late."""


class Step(Language):
    """One thing that somebody does for the person, by a date, or is asked about until it is done."""

    id: Identifier
    """What commands and records call it; an occurrence of a series is `id#1`, `id#2` and so on."""
    title: Title
    """What is to be done, in plain words."""
    kind: StepKind
    """Contacts, peer contacts and appointments ask how it went and how contact was made."""
    owner: Role
    """Who does it."""
    due: Due | None = None
    """When it is due, once."""
    series: Series | None = None
    """When it is due, again and again."""
    ladder: LadderName
    """Who is told when it is late."""
    when: dict[Identifier, Wanted] = {}
    """Facts that must all be so for it to be asked for: a value, a list of values, or true for any value."""
    measures: list[Annotated[str, Field(min_length=1, max_length=40)]] = []
    """Questionnaires that belong to it."""
    may_complete: list[Role] | None = None
    """Who may report it; the owner and those who care for the person, when left out."""
    may_waive: list[Role] | None = None
    """Who may waive it; when left out, the coordinator or team lead, and on the safety ladder `safety_waivers`."""
    waive_needs_attempts: Annotated[int, Field(strict=True, ge=0, le=20)] = 0
    """How many recorded attempts to reach the person there must be before it can be waived."""
    attempt_tells: list[Role] = []
    """Who is told of each attempt at which the person was not seen."""
    satisfied_by: Satisfies | None = None
    """Which contacts complete it; others are recorded as attempts."""
    records: Identifier | None = None
    """The milestone that completing it records; an attempt clears the expected date."""
    reopened_by_declined: Identifier | None = None
    """The agreed choice that opens it again when it is declined."""
    why: Annotated[str, Field(max_length=400)] | None = None
    """Why it is asked for, with the source."""

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if (self.due is None) == (self.series is None):
            raise ValueError("say either `due` (once) or `series` (again and again)")
        return self


class Silence(Language):
    """How long the person may go without any attended contact."""

    days: Annotated[int, Field(strict=True, ge=1, le=366)]
    """Elapsed days without an attended contact."""
    after: Identifier = "started"
    """The milestone from which it counts."""


class Exit(Language):
    """A way for the transition to close."""

    id: Identifier
    """What commands and records call it."""
    title: Title
    """How it ended, for people."""
    when_done: Identifier | None = None
    """The step whose completion closes the transition so."""
    said_with: Identifier | None = None
    """The step with whose completion somebody says that it ended so."""
    milestone: Identifier | None = None
    """The milestone whose recording closes the transition so."""
    needs_agreed: Identifier | None = None
    """The agreed choice that must be accepted before the transition may close so."""


class RiskReview(Language):
    """What follows when somebody was expected and was not seen."""

    on_safety: Interval = Interval(hours=4)
    """How soon after a missed step on the ladder `safety`."""
    otherwise: Interval = Interval(working_days=1)
    """How soon after any other missed step."""
    safety_ladder: LadderName = "safety"
    """The ladder of a review after a missed step on the ladder `safety`."""
    other_ladder: LadderName = "standard"
    """The ladder of any other review."""


class Pathway(Language):
    """A whole pathway: its milestones, facts, steps, ladders and the ways it ends."""

    id: Identifier
    """What commands and records call it."""
    title: Title
    """What people call it."""
    version: Annotated[int, Field(strict=True, ge=1)] = 1
    """Raised with each change: journeys stay on the version that they started with until they are moved."""
    coordinator: Role = Role.COORDINATOR
    """What the coordinator is called here."""
    milestones: Annotated[list[Milestone], Field(min_length=1)]
    """What happens once to the person."""
    facts: dict[Identifier, Fact] = {}
    """What may be known of the person or the transition."""
    silence: Silence
    """How long the person may go without any attended contact."""
    ladders: Annotated[dict[LadderName, Ladder], Field(min_length=1)]
    """Ladders of its own, besides or instead of `safety`, `standard` and `gentle`."""
    risk_review: RiskReview = RiskReview()
    """What follows when somebody was expected and was not seen."""
    exits: Annotated[list[Exit], Field(min_length=1)]
    """The ways it may end."""
    steps: Annotated[list[Step], Field(min_length=1)]
    """What is done, by whom, by when."""
    safety_waivers: list[Role] = [Role.DUTY_MANAGER, Role.SERVICE_MANAGER, Role.SAFETY_LEAD]
    """Who may waive a step on the ladder `safety`."""

    def role(self, role: Role) -> Role:
        """The same role under the name that this pathway uses for its coordinator."""
        return self.coordinator if role in COORDINATING_ROLES else role

    @cached_property
    def step(self) -> dict[str, Step]:
        """The steps by id."""
        return {step.id: step for step in self.steps}

    @cached_property
    def order(self) -> dict[str, int]:
        """Where each step stands in the file: the order in which steps of one instant are told."""
        return {step.id: at for at, step in enumerate(self.steps)}

    @cached_property
    def milestone(self) -> dict[str, Milestone]:
        """The milestones by id."""
        return {milestone.id: milestone for milestone in self.milestones}

    @cached_property
    def exit(self) -> dict[str, Exit]:
        """The exits by id."""
        return {exit_.id: exit_ for exit_ in self.exits}

    @cached_property
    def canonical(self) -> str:
        """The definition as text that is the same for the same meaning: what travels, and what is digested."""
        return self.model_dump_json(by_alias=True, exclude_defaults=True)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical text: the name of exactly this version of the rules."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()

    @staticmethod
    def parse_canonical(text: str) -> "Pathway":
        """The definition that a canonical text tells; the same text gives the same object."""
        return _parsed(text)


@lru_cache(maxsize=64)
def _parsed(text: str) -> Pathway:
    return Pathway.model_validate_json(text)
