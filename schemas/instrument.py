"""The language in which a measure is described: what the YAML files under `pathways/instruments/` may say."""

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from schemas.codes import View
from schemas.pathway import Identifier, Language, Title

InstrumentId = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]*([ -][A-Za-z0-9]+)*$", max_length=40)]
Words = Annotated[str, Field(min_length=3, max_length=600)]
Whole = Annotated[int, Field(strict=True)]
Better = Literal["higher", "lower"]
Rule = Literal["sum", "mean", "table", "each", "gas", "parts", "given"]


class Licence(Language):
    """What the owner of a measure asks of whoever uses it, and what may be shipped and kept."""

    needs: Literal["nothing", "registration", "licence"]
    """What a service needs before answers may be entered. Without a record of it, only totals may be."""
    terms: Words
    """What is known of the terms, and what is not."""
    owner: Title
    """Whose it is, as it must be said where it is used."""
    wording: bool = False
    """Whether the wording of its questions ships."""
    get: Words
    """Where the questionnaire is got."""


class Items(Language):
    """The questions, or the goals, each answered with a whole number."""

    count: Annotated[Whole, Field(ge=1, le=100)]
    """How many there are; of goals, at most."""
    low: Whole
    """The lowest answer."""
    high: Whole
    """The highest answer."""
    goals: bool = False
    """They are the person's own goals: at least one is rated, and a goal keeps its number."""
    at_once: Annotated[Whole, Field(ge=1, le=100)] | None = None
    """How many goals are rated at once, at most."""
    labels: list[Title] = []
    """What each is called here: only where its wording may be shipped."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.low >= self.high:
            raise ValueError("the lowest answer lies below the highest")
        if self.labels and len(self.labels) != self.count:
            raise ValueError(f"there are {self.count} questions and {len(self.labels)} labels: name each, or none")
        return self

    @property
    def noun(self) -> str:
        """What one is called."""
        return "goal" if self.goals else "question"

    def label(self, number: int) -> str:
        """What the one of that number is called."""
        return self.labels[number - 1] if self.labels else f"{self.noun.capitalize()} {number}"


class Threshold(Language):
    """How much change is more than chance, and who says so."""

    points: Annotated[float, Field(gt=0)] | dict[View, Annotated[float, Field(gt=0)]]
    """How many points, in the scale's own score; by view where they differ."""
    source: Words
    """Who says so."""
    confirmed: bool = True
    """Whether the source was read. One that was not is told, and never applied."""

    def of(self, view: View) -> float | None:
        """The points for a view, where they are known and confirmed."""
        if not self.confirmed:
            return None
        return self.points.get(view) if isinstance(self.points, dict) else self.points


class Cutoff(Language):
    """A line in the scale which a source draws. It is said, with the source; nobody is judged by it."""

    below: float
    """Scores under it lie on its lower side."""
    says: Words
    """What the source says of the lower side."""
    source: Words
    """Who draws it."""


def _ranges(value: object) -> object:
    """Ranges such as "1-8" as the numbers that they mean."""
    if not isinstance(value, list):
        return value
    found: list[object] = []
    for part in value:
        first, dash, last = str(part).partition("-")
        whole = dash and first.isdecimal() and last.isdecimal()
        found += range(int(first), int(last) + 1) if whole else [part]
    return found


class Scale(Language):
    """One number that is worked out from the answers, or entered."""

    id: Identifier
    """What records call it."""
    title: Title
    """What people call it."""
    words: Title
    """What it is about, within a sentence: "recovery as they see it"."""
    rule: Rule
    """How it is worked out: the sum, the mean, a table by the sum, each answer by itself, goal attainment (T), the sum
    of other scales, or not at all (given)."""
    of: Annotated[list[Whole], BeforeValidator(_ranges)] = []
    """The questions that it is made of, such as [1-8]; all, when left out."""
    parts: list[Identifier] = []
    """The scales that it is the sum of."""
    times: Annotated[Whole, Field(ge=1, le=100)] = 1
    """The sum is multiplied by this."""
    table: dict[Annotated[Whole, BeforeValidator(lambda key: int(key) if isinstance(key, str) else key)], float] = {}
    """The score for each sum."""
    rho: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Goal attainment: how far the goals are taken to go together."""
    low: float
    """The lowest score."""
    high: float
    """The highest score."""
    enter: Literal["raw", "score", "no"] = "no"
    """What may be entered without the answers: the sum, the score, or nothing."""
    decimals: Annotated[Whole, Field(ge=0, le=2)] = 0
    """How many decimals a number that is entered may have."""
    required: bool = False
    """Whether a set without it is not whole."""
    better: Better
    """Which way is better for the person."""
    change: Threshold | None = None
    """How much change is more than chance."""
    cut_offs: list[Cutoff] = []
    """Lines that sources draw."""
    drawn: bool = True
    """Whether it is drawn over time."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.low >= self.high:
            raise ValueError("the lowest score lies below the highest")
        wanted = {"table": ("table", self.table), "gas": ("rho", self.rho), "parts": ("parts", self.parts)}
        for rule, (name, value) in wanted.items():
            if (self.rule == rule) != (value not in ({}, [], None)):
                raise ValueError(f"`{name}` belongs to the rule {rule}, and the rule {rule} needs it")
        if self.times != 1 and self.rule != "sum":
            raise ValueError("`times` belongs to the rule sum")
        return self

    @property
    def entered(self) -> tuple[float, float]:
        """The lowest and highest number that may be entered."""
        if self.enter == "raw" and self.table:
            return min(self.table), max(self.table)
        return self.low, self.high


class Choice(Language):
    """One of the answers to a question with words to choose from."""

    id: Identifier
    """What records call it."""
    title: Title
    """How it reads."""
    counts: Literal["positive", "negative", "neither"]
    """How it counts."""


class Instrument(Language):
    """A measure: what it asks, how it is scored, which change is more than chance, and what its licence allows."""

    id: InstrumentId
    """What pathways call it."""
    title: Title
    """What it is called in full."""
    about: Words
    """What it asks about, in our own words."""
    domain: Annotated[Whole, Field(ge=1, le=5)]
    """The outcome domain that it belongs to; the sixth, service use, comes from the records themselves."""
    version: Annotated[Whole, Field(ge=1)]
    """The version of the scoring, raised with each change of it."""
    views: Annotated[list[View], Field(min_length=1)] = [View.SELF]
    """Whose view it may be."""
    licence: Licence
    """What its owner asks."""
    items: Items | None = None
    """Its questions, or goals; none where only totals are ever entered."""
    scales: list[Scale] = []
    """The numbers that it comes to."""
    question: Title | None = None
    """The one question that is asked, where its answers are words."""
    choices: list[Choice] = []
    """The answers to choose from."""
    anonymous: bool = False
    """Answers are counted, and never kept with whoever gave them."""
    between_groups: bool = True
    """Whether groups may be compared by it."""
    notes: list[Words] = []
    """What else whoever reads a score must know."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.anonymous != bool(self.choices) or self.anonymous == bool(self.scales):
            raise ValueError("a measure has scales; an anonymous one has choices and a question instead")
        for scale in self.scales:
            if scale.rule not in ("given", "parts") and self.items is None and scale.enter == "no":
                raise ValueError(f"the scale {scale.id} needs questions, or a total that may be entered")
            if self.items is not None and not set(scale.of) <= set(range(1, self.items.count + 1)):
                raise ValueError(f"the scale {scale.id} is made of questions that there are not")
            if unknown := set(scale.parts) - set(self.scale):
                raise ValueError(f"the scale {scale.id} is the sum of {sorted(unknown)[0]}, which there is not")
        return self

    @cached_property
    def scale(self) -> dict[str, Scale]:
        """The scales by id."""
        return {scale.id: scale for scale in self.scales}

    @property
    def entered(self) -> list[Scale]:
        """The scales whose totals may be entered."""
        return [scale for scale in self.scales if scale.enter != "no"]

    def scale_of(self, number: str) -> Scale:
        """The scale that a kept number belongs to: its own, or that of which each answer counts by itself."""
        found = self.scale.get(number)
        return found if found is not None else next(scale for scale in self.scales if scale.rule == "each")
