"""What was said of measures becomes scores: every face asks here before it sends that a step was done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from pathways.measures import shipped
from planner.change import compared
from planner.clock import local_day
from planner.refused import Refused
from planner.scoring import Weights, score
from records import goals, licences, measures
from records.database import Database
from schemas.codes import View
from schemas.instrument import Instrument
from schemas.measure import Answer, Result

Firsts = Mapping[tuple[str, View, int], Mapping[str, float]]


class NotScored(Refused):
    """What was said of a measure cannot be scored; `instrument` is which."""

    def __init__(self, instrument: str, message: str) -> None:
        super().__init__("invalid", message)
        self.instrument = instrument


async def scored(db: Database, transition_id: str, said: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The scores that a command carries: what was said of each measure, beside the first scores in the same view.

    Refused, with the question, when a set is not whole or not in range. A measure that nobody has defined is passed on
    as the number that was said. An anonymous answer is left out: see `experience.apart`.
    """
    held = await licences.held(db)
    firsts = await measures.first(db, transition_id, local_day(at))
    weights = await goals.weights(db, transition_id)
    return beside(said, firsts, held, weights)


def beside(said: Mapping[str, Any], firsts: Firsts, held: frozenset[str], weights: Weights) -> dict[str, Any]:
    """The same where the first scores, the licences and what each goal weighs are known already."""
    scores: dict[str, Any] = {}
    for name, told in said.items():
        instrument = shipped().get(name)
        if instrument is None:
            scores[name] = _number(name, told)
            continue
        found = [
            _result(instrument, answer, firsts, licensed=licences.may_answer(instrument, held), weights=weights)
            for answer in answers(name, told)
        ]
        _once_each(name, found)
        plain = [one.model_dump(mode="json", exclude_none=True) for one in found]
        scores[name] = plain[0] if len(plain) == 1 else plain
    return scores


def answers(name: str, told: Any) -> list[Answer]:
    """What was said of one measure: a total, answers in their order, or whatever an answer may say; one a view."""
    many = told if isinstance(told, list) and told and all(isinstance(one, dict) for one in told) else [told]
    return [_answer(name, one) for one in many]


def _answer(name: str, told: Any) -> Answer:
    if isinstance(told, list):
        told = {"items": told}
    elif isinstance(told, str):
        told = {"choice": told}
    elif not isinstance(told, dict):
        told = {"total": told}
    try:
        return Answer.model_validate(told)
    except ValidationError as error:
        raise NotScored(name, f"{name}: {_why(error)}.") from None


def _why(error: ValidationError) -> str:
    detail = error.errors()[0]
    where = " ".join(str(part) for part in detail["loc"] if part != "[key]")
    message = detail["msg"].removeprefix("Value error, ")
    message = f"{message[0].lower()}{message[1:]}"
    return f"{where}: {message}" if where else message


def _number(name: str, told: Any) -> float:
    answer = _answer(name, told)
    if answer.total is None:
        raise NotScored(name, f"{name} is no measure that Alongside can score: give its total as a number.")
    return answer.total


def _result(instrument: Instrument, answer: Answer, firsts: Firsts, *, licensed: bool, weights: Weights) -> Result:
    try:
        result = score(instrument, answer, licensed=licensed, weights=weights)
    except Refused as why:
        raise NotScored(instrument.id, why.message) from None
    return compared(instrument, result, firsts.get((instrument.id, result.view, result.version), {}))


def _once_each(name: str, found: list[Result]) -> None:
    views = [one.view for one in found]
    twice = next((view for view in views if views.count(view) > 1), None)
    if twice is not None:
        raise NotScored(name, f"{name}: the view {twice} is told twice, keep one of them.")
