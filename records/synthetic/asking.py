"""What people answer when they are asked how they are: better as months go by for most, and some would rather not."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pathways.measures import shipped
from planner.clock import local_day
from records.experience import apart
from records.measuring import beside
from records.synthetic.life import Life
from schemas.codes import View
from schemas.instrument import Instrument, Scale
from schemas.journey import StepState

DECLINES, NOT_ASKED = 0.06, 0.04
"""In which share of times somebody would rather not, or is not asked at all."""
ON_PAPER = 0.15
"""How often only the total is told of a measure whose answers may be kept."""
OTHER_VIEWS = 0.4
"""How often a second view is asked for, of measures that have one."""
FACES = {"very-good": 0.42, "good": 0.3, "neither": 0.1, "poor": 0.08, "very-poor": 0.04, "do-not-know": 0.06}


def ask(life: Life, step: StepState) -> dict[str, Any]:
    """What is said of each measure that a step asks for, as a face sends it; nothing of those who were not asked."""
    rule = life.pathway.step.get(step.of or "")
    life.well = min(0.98, max(0.02, life.well + life.chance.gauss(0.05, 0.12)))
    return {
        name: answer(life, shipped()[name])
        for name in (rule.measures if rule else [])
        if name in shipped() and not life.chance.yes(NOT_ASKED)
    }


def answer(life: Life, instrument: Instrument) -> Any:
    """What somebody says of one measure, in one view or in two."""
    if instrument.anonymous:
        return {"choice": life.chance.pick(FACES)}
    views = [instrument.views[0]]
    if len(instrument.views) > 1 and life.chance.yes(OTHER_VIEWS):
        views.append(life.chance.choice(instrument.views[1:]))
    return [_of_view(life, instrument, view) for view in views]


def _of_view(life: Life, instrument: Instrument, view: View) -> dict[str, Any]:
    if life.chance.yes(DECLINES):
        return {"view": view.value, "declined": True}
    items = instrument.items
    if items is None or instrument.licence.needs != "nothing" or (not items.goals and life.chance.yes(ON_PAPER)):
        return {"view": view.value, "totals": {one.id: _total(life, one) for one in instrument.entered}}
    numbers: Iterable[int] = range(1, items.count + 1)
    if items.goals:
        numbers = sorted(life.chance.sample(range(1, 4), life.chance.randint(1, 3)))
    return {"view": view.value, "items": {str(one): round(_near(life, items.low, items.high)) for one in numbers}}


def _total(life: Life, scale: Scale) -> float:
    return round(_near(life, *scale.entered), scale.decimals)


def _near(life: Life, least: float, most: float) -> float:
    """A number that says how they are, more or less."""
    well = min(1.0, max(0.0, life.chance.gauss(life.well, 0.1)))
    return least + (most - least) * well


def scored(life: Life, said: dict[str, Any], on: datetime) -> dict[str, Any]:
    """What the command carries of it: scores, beside the first ones until that day."""
    firsts: dict[tuple[str, View, int], dict[str, float]] = {}
    for row in sorted(life.measures, key=lambda row: (row["taken_on"], row["revision"])):
        if row["taken_on"] <= local_day(on).isoformat():
            of = firsts.setdefault((row["instrument"], View(row["view"]), row["version"]), {})
            for one in row["scales"]:
                of.setdefault(one["scale"], one["derived"])
    return beside(said, firsts, frozenset(), {})


def tell(life: Life, step: StepState, said: dict[str, Any], on: datetime) -> None:
    """Keep what was answered: of what is anonymous no more than the team, the pathway and the month."""
    anonymous = apart(said)
    for name, told in said.items():
        for one in told if isinstance(told, list) else []:
            life.note("measured", step=step.id, on=on, instrument=name, **one)
    for name, choice in anonymous.items():
        month = local_day(life.now).replace(day=1)
        life.service.note("survey", team=life.team, pathway=life.pathway.id, month=month, answer=choice)
        life.answers.append({"team": life.team, "month": month.isoformat(), "instrument": name, "answer": choice})
