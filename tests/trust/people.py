"""A thousand people whom nobody is by chance, and a search for them in anything that was written."""

import base64
import json
import random
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from schemas.person import Person

SEED = 20261128
BEGINS = "zqx"
"""How every word of theirs begins: letters that no language puts together."""
_LETTERS = 8
_WEIGHTS = range(10, 1, -1)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WORD = re.compile(BEGINS.encode() + rb"[a-z]{%d}" % _LETTERS)
_NUMBER = re.compile(rb"(?=(9[ .-]?9[ .-]?9[ .-]?(?:\d[ .-]?){6}\d))")
_NUMERIC = re.compile(
    rb"(?=(?<!\d)(\d{4})[-/. ]?(\d\d)[-/. ]?(\d\d)(?!\d))|(?=(?<!\d)(\d\d?)[-/. ](\d\d?)[-/. ](\d{4})(?!\d))"
)
_WORDED = re.compile(rb"(?=(?<!\d)(\d\d?)(?:st|nd|rd|th)? ?([a-z]{3})[a-z]* ?,?(\d{4}))")
_FRACTION = re.compile(rb'"nanos":\d{1,9}')
"""Of a second, as Temporal's library writes it: eight digits of it are somebody's date of birth now and then."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")


@dataclass(frozen=True)
class Somebody:
    """A person, and what somebody writes about them."""

    person: Person
    free_text: str


def thousand(count: int = 1_000) -> list[Somebody]:
    """So many people, each with names, a number and a word in free text of their own; dates of birth hardly twice."""
    chance = random.Random(SEED)
    numbers = _nhs_numbers(chance)
    return [_somebody(chance, number, next(numbers)) for number in range(count)]


def _somebody(chance: random.Random, number: int, nhs_number: str) -> Somebody:
    person = Person(
        local_id=f"{_word(chance)}-{number}",
        nhs_number=nhs_number,
        given_name=_word(chance).title(),
        family_name=_word(chance).title(),
        date_of_birth=date(1940, 1, 1) + timedelta(days=chance.randrange(24_000)),
    )
    return Somebody(person, f"They said {_word(chance)}, and asked to be called later")


def _word(chance: random.Random) -> str:
    return BEGINS + "".join(chance.choices(string.ascii_lowercase, k=_LETTERS))


def _nhs_numbers(chance: random.Random) -> Iterator[str]:
    """Numbers of the 999 range, each once and with its check digit."""
    for middle in chance.sample(range(1_000_000), 100_000):
        digits = f"999{middle:06}"
        check = (11 - sum(weight * int(one) for weight, one in zip(_WEIGHTS, digits, strict=False)) % 11) % 11
        if check < 10:
            yield f"{digits}{check}"


class Search:
    """Looks for anything of these people in bytes, however it is written there; in base64, too."""

    def __init__(self, people: list[Somebody]) -> None:
        said = [
            f"{one.person.given_name} {one.person.family_name} {one.person.local_id} {one.free_text}" for one in people
        ]
        self._words = set(_WORD.findall(" ".join(said).lower().encode()))
        self._numbers = {str(one.person.nhs_number).encode() for one in people}
        self._births = {one.person.date_of_birth for one in people}

    def found(self, written: bytes) -> set[str]:
        """What of these people stands there: empty when nothing does."""
        return set(self._plainly(written)) | {hit for inner in _unpacked(written) for hit in self._plainly(inner)}

    def _plainly(self, written: bytes) -> Iterator[str]:
        lower = written.lower()
        yield from (word.decode() for word in set(_WORD.findall(lower)) & self._words)
        numbers = {re.sub(rb"\D", b"", one) for one in _NUMBER.findall(lower)}
        yield from (number.decode() for number in numbers & self._numbers)
        yield from (str(day) for day in set(_dates(lower)) & self._births)


def _dates(lower: bytes) -> Iterator[date]:
    """Every date that stands there: 1987-03-05, 19870305, 5/3/1987, 05.03.1987, 5 March 1987, 5th Mar 1987."""
    for year, month, day, day_first, month_next, year_last in _NUMERIC.findall(_FRACTION.sub(b"", lower)):
        yield from _date(*((year, month, day) if year else (year_last, month_next, day_first)))
    for day, name, year in _WORDED.findall(lower):
        if (known := name.decode()) in _MONTHS:
            yield from _date(year, str(_MONTHS.index(known) + 1).encode(), day)


def _date(year: bytes, month: bytes, day: bytes) -> Iterator[date]:
    try:
        yield date(int(year), int(month), int(day))
    except ValueError:
        return


def _unpacked(written: bytes) -> Iterator[bytes]:
    for found in _BASE64.findall(written):
        text = found.rstrip(b"=")
        yield base64.b64decode(text[: len(text) // 4 * 4])


def spelled(one: Somebody) -> list[bytes]:
    """Ways in which something of a person could be written: each of them must be found."""
    person, born = one.person, one.person.date_of_birth
    number = str(person.nhs_number)
    plain = [
        *(person.given_name, person.family_name, person.family_name.upper(), f"x{person.given_name}x", one.free_text),
        *(number, f"{number[:3]} {number[3:6]} {number[6:]}", f"{number[:3]}-{number[3:6]}-{number[6:]}"),
        *(born.isoformat(), f"{born:%d/%m/%Y}", f"{born:%d.%m.%Y}", f"{born.day}/{born.month}/{born.year}"),
        *(f"{born:%Y%m%d}", f"{born.day} {born:%B %Y}", f"{born.day} {born:%b %Y}", f"{born.isoformat()}T00:00:00Z"),
    ]
    packed = [base64.b64encode(f'{{"who": "{text}", "and": "more"}}'.encode()).decode() for text in plain]
    return [text.encode() for text in [*plain, *packed, json.dumps({"data": packed[0]})]]
