"""What somebody writes of a person in their own words: which texts that are, how they are sealed, and opened again.

A sealed text stays text, where it was: between two characters that nobody types stands what is sealed, in base64. So
it is chained and counted as any other, and codes beside it stay as they are.
"""

import base64
import json
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import is_dataclass
from types import UnionType
from typing import Annotated, Any, NamedTuple, TypeAlias, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from asyncpg import Record
from pydantic import BaseModel

from planner.commands import NOT_BY_HAND
from planner.reasons import CODES
from planner.workforce.allocation import Considered
from planner.workforce.roster import Ask
from records.database import Link, keys_of
from records.errors import RecordsError
from records.keyring import KeyRing
from records.person_keys import KeyLost, PersonSealer, make_key, sealer
from records.rows import Row, as_json
from schemas.base import Own
from schemas.bulk import AnyMany
from schemas.event import Event
from schemas.journey import Journey

BEGINS, ENDS, WHOLE = "\ue000", "\ue001", "\ue002"
"""What stands around something sealed; and what says that it is a JSON value of its own, which a text stands for."""
GONE = "(erased)"
"""What is read where the key is destroyed."""
_SEALED = re.compile(f"{BEGINS}([A-Za-z0-9+/=]+){ENDS}")
_IN_JSON = re.compile(f'"{BEGINS}{WHOLE}([A-Za-z0-9+/=]+){ENDS}"|{_SEALED.pattern}')
_OF_NOBODY = b"\0"
"""How what is sealed with the key ring itself begins: words of nobody in particular."""
_ABOUT = b"somebody's words"
ITEMS = "items"
_ONE_WORD = re.compile("[a-z0-9-]{1,40}")
_COMPARED = re.compile("(language|gender|culture):[A-Za-z0-9-]{1,40}")
"""Wishes of who comes that are looked for in the staff list, and counted as met or not."""

KEY_OF = """
-- Whose a transition is, and their key.
SELECT t.person_id, k.wrapped, k.destroyed_at FROM transitions t LEFT JOIN person_keys k ON k.person_id = t.person_id
WHERE t.id = $1
"""


class Words:
    """Seals somebody's words of one person, or of nobody in particular. No key is asked for where there are none."""

    def __init__(self, link: Link, person_id: UUID | None, wrapped: bytes | None) -> None:
        self._link = link
        self._whose = person_id
        self._wrapped = wrapped
        self._sealer: PersonSealer | None = None
        self._known: dict[str, str] = {}

    def seal(self, text: str) -> str:
        """A text, sealed; it stays text. Refused when the person's key is destroyed."""
        if text == GONE:
            return text
        if text not in self._known:
            sealed = self._of_person().seal_words(text) if self._whose else self._of_nobody(text)
            self._known[text] = f"{BEGINS}{base64.b64encode(sealed).decode()}{ENDS}"
        return self._known[text]

    def reason(self, text: str | None, codes: Collection[str] = CODES) -> str | None:
        """Why somebody did something, sealed unless it is a code; None stays None."""
        return text if text is None or text in codes else self.seal(text)

    def journey(self, told: Row, codes: Collection[str]) -> Row:
        """A journey as data, with what somebody wrote in it sealed."""
        return dict(self._sealed(_JOURNEY, told, codes))

    def events(self, rows: Iterable[Row], codes: Collection[str]) -> list[Row]:
        """Events as rows, with what somebody wrote in them sealed."""
        return [
            row | {"reason": self.reason(row["reason"], codes), "payload": self._sealed(_EVENT, row["payload"], codes)}
            for row in rows
        ]

    def considered(self, rows: Iterable[Row]) -> list[Row]:
        """What was found of those who were considered: it may say what the person asked for."""
        return [self._sealed(_CONSIDERED, row, ()) for row in rows]

    def ask(self, row: Row) -> Row:
        """What a person asks of a worker."""
        return dict(self._sealed(_ASK, row, ()))

    def many(self, told: Row) -> Row:
        """What somebody says of many."""
        return dict(self._sealed(_MANY, told, ()))

    def fact(self, value: Any) -> Any:
        """What a fact is."""
        return self._sealed(Own.WISHES, value, ())

    def _sealed(self, plan: "Plan", told: Any, codes: Collection[str]) -> Any:
        return _walked(plan, told, lambda text: text if text in codes else self.seal(text))

    def _of_person(self) -> PersonSealer:
        if self._sealer is None:
            if self._whose is None or self._wrapped is None:
                raise RecordsError("conflict", "What was kept of this person is destroyed: nothing more is written.")
            self._sealer = sealer(keys_of(self._link), self._whose, self._wrapped)
        return self._sealer

    def _of_nobody(self, text: str) -> bytes:
        return _OF_NOBODY + keys_of(self._link).seal(text.encode(), _ABOUT)


async def words_of(link: Link, transition_id: UUID | None) -> Words:
    """What seals somebody's words of the person of a transition; without one, or where it is unknown, of nobody."""
    row = await link.fetchrow(KEY_OF, transition_id) if transition_id is not None else None
    return Words(link, None, None) if row is None else await words_with(link, row)


async def words_with(link: Link, row: Record) -> Words:
    """The same where a query has read whose a transition is, and their key."""
    if row["wrapped"] is None and row["destroyed_at"] is None:  # from before there were keys
        await make_key(link, row["person_id"])
        return Words(link, row["person_id"], await link.fetchval(KEY_MADE, row["person_id"]))
    return Words(link, row["person_id"], row["wrapped"])


KEY_MADE = """
-- The key that somebody has now.
SELECT wrapped FROM person_keys WHERE person_id = $1
"""


def opened(text: str, person: PersonSealer | None, keys: KeyRing, *, in_json: bool) -> str:
    """A text with all that is sealed in it opened; without the person's key something stands for it.

    Raises Unreadable.
    """

    def plain(told: str, gone: str) -> str:
        sealed = base64.b64decode(told)
        if sealed.startswith(_OF_NOBODY):
            return keys.open(sealed[len(_OF_NOBODY) :], _ABOUT).decode()
        try:
            return person.open_words(sealed) if person is not None else gone
        except KeyLost:
            return gone

    def in_place(found: re.Match[str]) -> str:
        return plain(found[1], "null") if found[1] else json.dumps(plain(found[2], GONE), ensure_ascii=False)[1:-1]

    # In one go: what somebody wrote is never taken for something sealed.
    return _IN_JSON.sub(in_place, text) if in_json else _SEALED.sub(lambda found: plain(found[1], GONE), text)


class Each(NamedTuple):
    """Every value of a list or of an object."""

    of: "Plan"


Plan: TypeAlias = "Own | Each | dict[str, Plan] | None"
"""Where in a value somebody's own words may stand; None where nowhere."""


def plan(kind: Any) -> Plan:
    """Where in the values of a type somebody's own words may stand, as its fields are marked."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        marked = [one for one in inner[1:] if isinstance(one, Own)]
        return marked[-1] if marked else plan(inner[0])
    if origin in (Union, UnionType):
        return _either([found for one in inner if (found := plan(one)) is not None])
    if origin in (list, dict):
        found = plan(inner[-1])
        return None if found is None else Each(found)
    if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, BaseModel) or hasattr(kind, "_fields")):
        hints = get_type_hints(kind, include_extras=True)
        return {name: found for name, hint in hints.items() if (found := plan(hint)) is not None} or None
    return None


def _either(plans: list[Plan]) -> Plan:
    fields = [one for one in plans if isinstance(one, dict)]
    if len(fields) > 1:
        return {name: found for one in fields for name, found in one.items()}
    return plans[0] if plans else None


def _walked(plan: Plan, value: Any, seal: Callable[[str], str]) -> Any:
    if plan is None or value is None:
        return value
    if isinstance(plan, Own):
        return _OWN[plan](value, seal)
    if isinstance(plan, Each):
        if isinstance(value, dict):
            return {name: _walked(plan.of, one, seal) for name, one in value.items()}
        return [_walked(plan.of, one, seal) for one in value]
    told = dict(value)
    for name, inner in plan.items():
        if told.get(name) is not None and not (inner is Own.TITLE and _given(told)):
            told[name] = _walked(inner, told[name], seal)
    return told


def _given(step: Row) -> bool:
    """Whether a step has its title from the pathway, or from the planner."""
    return step.get("of") is not None or step["kind"] in NOT_BY_HAND


def _words(value: Any, seal: Callable[[str], str]) -> Any:
    return seal(value)


def _wishes(value: Any, seal: Callable[[str], str]) -> Any:
    return [_wish(str(one), seal) for one in value] if isinstance(value, list | tuple) else value


def _wish(wish: str, seal: Callable[[str], str]) -> str:
    kind, colon, what = wish.partition(":")
    if not colon:
        return wish if _ONE_WORD.fullmatch(wish) else seal(wish)
    return wish if _ONE_WORD.fullmatch(what) or _COMPARED.fullmatch(wish) else f"{kind}:{seal(what)}"


def _answers(value: Any, seal: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _single(one, seal) if name == ITEMS else _answers(one, seal) for name, one in value.items()}
    if isinstance(value, list):
        return [_answers(one, seal) for one in value]
    return seal(value) if isinstance(value, str) and not _ONE_WORD.fullmatch(value) else value


def _single(items: Any, seal: Callable[[str], str]) -> Any:
    """The answers to single questions: they go with the key, and what was counted of them stays."""
    return f"{BEGINS}{WHOLE}{seal(as_json(items))[len(BEGINS) :]}" if items else items


_OWN = {Own.WORDS: _words, Own.TITLE: _words, Own.WISHES: _wishes, Own.ANSWERS: _answers}
_JOURNEY, _EVENT, _CONSIDERED, _ASK, _MANY = (plan(kind) for kind in (Journey, Event, Considered, Ask, AnyMany))
