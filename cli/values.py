"""What people write on the command line, as the codes that are kept: attendances, mechanisms, `name=value`."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from cli.errors import Stop
from schemas.codes import Attendance, Mechanism, View

if TYPE_CHECKING:
    from schemas.journey import FactValue
    from schemas.pathway import Pathway

T = TypeVar("T", Attendance, Mechanism)

CLEAR = "clear"
"""Takes a fact or an expected date away."""

ATTENDANCES = {
    "attended": Attendance.ATTENDED,
    "attended-late": Attendance.ATTENDED_LATE,
    "cancelled": Attendance.CANCELLED_BY_PERSON,
    "did-not-attend": Attendance.DID_NOT_ATTEND,
    "was-not-brought": Attendance.DID_NOT_ATTEND,
    "cancelled-by-us": Attendance.CANCELLED_BY_PROVIDER,
    "too-late": Attendance.TOO_LATE_TO_BE_SEEN,
}
MECHANISMS = {code.name.lower().replace("_", "-"): code for code in Mechanism}

_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,6})?")
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def attendance(text: str) -> Attendance:
    """The attendance status meant, by code or in words."""
    return _meant("--attendance", text, ATTENDANCES, {code.value: code for code in Attendance})


def attempt(text: str) -> Attendance:
    """The attendance status of a contact that did not come about."""
    code = attendance(text)
    if code.attended:
        raise Stop(f"--attendance {text} says that they were seen: report that with `alongside complete`.", 2)
    return code


def mechanism(text: str) -> Mechanism:
    """The consultation mechanism meant, by code or in words."""
    return _meant("--mechanism", text, MECHANISMS, {code.value: code for code in Mechanism})


def _meant(option: str, text: str, words: Mapping[str, T], codes: Mapping[str, T]) -> T:
    said = text.strip().lower().replace(" ", "-")
    found = words.get(said) or codes.get(said) or codes.get(f"0{said}")
    if found is None:
        listed = ", ".join(f"{word} ({code.value})" for word, code in words.items())
        raise Stop(f"{option} {text!r} is not known: give one of {listed}.", 2)
    return found


def pairs(option: str, given: list[str], form: str = "NAME=VALUE") -> list[tuple[str, str]]:
    """The names and values of an option that may be given several times."""
    found = []
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise Stop(f"{option} {text!r} is not understood: write it {form}.", 2)
        found.append((name, value))
    return found


def once(option: str, given: list[tuple[str, str]]) -> dict[str, str]:
    """Pairs as a dictionary; Stop when a name is said twice."""
    names = [name for name, _ in given]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Stop(f"{option} says {', '.join(twice)} twice: give each once.", 2)
    return dict(given)


def scores(given: list[str], view: View | None = None, declined: Sequence[str] = ()) -> dict[str, Any] | None:
    """What was said of each measure, and in whose view: `view`, unless the name says it, as in SDQ@parent."""
    said = once("--score", pairs("--score", given))
    told = [(name, _said(value)) for name, value in said.items()]
    told += [(name, {"declined": True}) for name in once("--declined", [(name, "yes") for name in declined])]
    found: dict[str, Any] = {}
    for name, one in told:
        measure, _, whose = name.partition("@")
        of_view = _view(whose) if whose else view
        found.setdefault(measure, []).append(one | {"view": of_view} if of_view is not None else one)
    return {name: many[0] if len(many) == 1 else many for name, many in found.items()} or None


def _view(text: str) -> View:
    try:
        return View(text)
    except ValueError:
        raise Stop(f"@{text} is no view that is known: it is one of {', '.join(View)}.", 2) from None


def _said(text: str) -> dict[str, Any]:
    """A total, answers in their order, answers or totals by name, or one answer in words."""
    parts = [part.strip() for part in text.split(",")]
    if ":" in text:
        return _named(text, parts)
    numbers = [_score(part) for part in parts]
    if any(isinstance(number, str) for number in numbers):
        if len(parts) == 1:
            return {"choice": text}
        raise Stop(f"--score {text!r} is not understood: answers are numbers with commas between.", 2)
    return {"total": numbers[0]} if len(numbers) == 1 else {"items": numbers}


def _named(text: str, parts: list[str]) -> dict[str, Any]:
    found: dict[str, int | float] = {}
    for part in parts:
        name, _, number = (piece.strip() for piece in part.partition(":"))
        value = _score(number)
        if not name or isinstance(value, str) or name in found:
            raise Stop(f"--score {text!r} is not understood: write 1:3,2:4 or total:12, each once.", 2)
        found[name] = value
    kind = "items" if all(name.isdecimal() for name in found) else "totals"
    return {kind: found}


def _score(text: str) -> int | float | str:
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def fact(pathway: "Pathway", name: str, texts: list[str]) -> "FactValue | None":
    """The value of a fact: yes or no, a choice, or a list of wishes; None for `clear`.

    Whether the pathway has such a fact and the fact such a value is the planner's to say.
    """
    if texts == [CLEAR]:
        return None
    kind = pathway.facts[name].type if name in pathway.facts else None
    if kind == "asked-for":
        return texts
    if len(texts) != 1:
        raise Stop(f"{name} has one value: give it once.", 2)
    return _BOOLEANS.get(texts[0].lower(), texts[0]) if kind == "boolean" else texts[0]


WISHES = ("language", "gender", "culture", "times", "contact")
"""What a person may ask for of peer support, where the pathway says nothing else."""


def wishes(pathway: "Pathway", texts: list[str]) -> list[str]:
    """What the person asked for, each as kind:wish; none for `clear`. Stop when a kind is not known."""
    if texts == [CLEAR]:
        return []
    fact = pathway.facts.get("preferences")
    kinds = tuple(fact.values or WISHES) if fact is not None else WISHES
    for text in texts:
        kind, _, what = text.partition(":")
        if kind not in kinds or not what.strip():
            raise Stop(
                f"--wish {text!r}: write it kind:wish, such as language:ur. The kinds are {', '.join(kinds)}.", 2
            )
    return texts
