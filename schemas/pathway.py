"""The language in which a pathway is written: what the YAML files under `pathways/` may say.

Only the shape of each piece is here. Whether the pieces fit together (a rule on a milestone that
exists, a series that ends) is asked by `planner.soundness`.
"""

import hashlib
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from schemas.base import Strict
from schemas.codes import COORDINATING_ROLES, Mechanism, Role, StepKind

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$", max_length=60)]
"""A short name in lower case with hyphens or underscores, as it appears in ids and on screens."""

LadderName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]

UNITS = ("hours", "days", "weeks", "months", "working_days")


class Span(Strict):
    """A length of time in exactly one unit. How each unit is counted is said in `planner.clock`."""

    hours: Annotated[int, Field(ge=0, le=87_600)] | None = None
    days: Annotated[int, Field(ge=0, le=3_650)] | None = None
    weeks: Annotated[int, Field(ge=0, le=520)] | None = None
    months: Annotated[int, Field(ge=0, le=120)] | None = None
    working_days: Annotated[int, Field(ge=0, le=2_500)] | None = None

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
    before: Identifier | None = None
    after_expected: Identifier | None = None

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


class Series(Strict):
    """A step that comes again: at an even interval, or at listed distances, from an anchor."""

    every: Interval | None = None
    at: Annotated[list[Interval], Field(min_length=1, max_length=100)] | None = None
    start: Anchor = Field(alias="from")
    times: Annotated[int, Field(ge=1, le=1_000)] | None = None
    until: Anchor | None = None

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


class Ladder(Strict):
    """Who is told when a step is late, in which order, and who is reminded before it is."""

    class Reminder(Interval):
        """Told this long before the due instant."""

        to: Annotated[list[Literal["owner"] | Role], Field(min_length=1)] = ["owner"]

    class Rung(Interval):
        """Told this long after the due instant."""

        to: Annotated[list[Literal["owner"] | Role], Field(min_length=1)]

    reminder: Reminder | None = None
    rungs: Annotated[list[Rung], Field(min_length=1, max_length=9)]


def _as_code(value: Any) -> Any:
    # YAML reads an unquoted 200 as a number; a code is never one.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Code = Annotated[str, BeforeValidator(_as_code), Field(min_length=1, max_length=80)]


class Fact(Strict):
    """Something known of the person or the transition that decides which steps apply.

    boolean: true or false. choice: one of `values`. agreed-choice: one of `values` with a status,
    written `value:status`, where the status is proposed, accepted or declined. asked-for: a list of
    `kind:wish`, the kinds being `values`; only ever what the person asked for.
    """

    type: Literal["boolean", "choice", "agreed-choice", "asked-for"]
    values: Annotated[list[Code], Field(min_length=1)] | None = None
    default: bool | Code | None = None
    title: str | None = Field(default=None, max_length=120)

    @model_validator(mode="after")
    def _values(self) -> Self:
        if (self.values is None) != (self.type == "boolean"):
            raise ValueError(
                "a boolean fact has no values" if self.values else f"a fact of type {self.type} lists its values"
            )
        return self


Wanted = bool | Code | Annotated[list[Code], Field(min_length=1)]


class Milestone(Strict):
    """Something that happens once to the person, at an instant that may be expected before it is known."""

    id: Identifier
    name: Annotated[str, Field(max_length=60)]
    expected_at_age: Annotated[int, Field(ge=0, le=120)] | None = None
    not_before: list[Identifier] = []
    needs: list[Identifier] = []


class Satisfies(Strict):
    """Which contacts satisfy a step, beyond being attended."""

    mechanisms: Annotated[list[Mechanism], Field(min_length=1)] | None = None
    days_after: Annotated[int, Field(ge=0, le=30)] = 0
    or_milestone: Identifier | None = None
    within_days: Annotated[int, Field(ge=1, le=60)] | None = None


class Step(Strict):
    """One thing that somebody does for the person, by a date, or is asked about until it is done."""

    id: Identifier
    title: Annotated[str, Field(min_length=3, max_length=120)]
    kind: StepKind
    owner: Role
    due: Due | None = None
    series: Series | None = None
    ladder: LadderName
    when: dict[Identifier, Wanted] = {}
    measures: list[Annotated[str, Field(max_length=40)]] = []
    may_complete: list[Role] | None = None
    may_waive: list[Role] | None = None
    waive_needs_attempts: Annotated[int, Field(ge=0, le=20)] = 0
    attempt_tells: list[Role] = []
    satisfied_by: Satisfies | None = None
    records: Identifier | None = None
    reopened_by_declined: Identifier | None = None
    why: Annotated[str, Field(max_length=400)] | None = None

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if (self.due is None) == (self.series is None):
            raise ValueError("say either `due` (once) or `series` (again and again)")
        return self


class Silence(Strict):
    """How long the person may go without any attended contact."""

    days: Annotated[int, Field(ge=1, le=366)]
    after: Identifier = "started"


class Exit(Strict):
    """A way for the transition to close."""

    id: Identifier
    title: Annotated[str, Field(max_length=120)]
    when_done: Identifier | None = None
    said_with: Identifier | None = None
    milestone: Identifier | None = None
    needs_agreed: Identifier | None = None


class RiskReview(Strict):
    """What follows when somebody was expected and was not seen."""

    on_safety: Interval = Interval(hours=4)
    otherwise: Interval = Interval(working_days=1)
    safety_ladder: LadderName = "safety"
    other_ladder: LadderName = "standard"


class Pathway(Strict):
    """A whole pathway: its milestones, facts, steps, ladders and the ways it ends."""

    id: Identifier
    title: Annotated[str, Field(min_length=3, max_length=120)]
    version: Annotated[int, Field(ge=1)] = 1
    coordinator: Role = Role.COORDINATOR
    milestones: Annotated[list[Milestone], Field(min_length=1)]
    facts: dict[Identifier, Fact] = {}
    silence: Silence
    ladders: Annotated[dict[LadderName, Ladder], Field(min_length=1)]
    risk_review: RiskReview = RiskReview()
    exits: Annotated[list[Exit], Field(min_length=1)]
    steps: Annotated[list[Step], Field(min_length=1)]
    safety_waivers: list[Role] = [Role.DUTY_MANAGER, Role.SERVICE_MANAGER, Role.SAFETY_LEAD]

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


