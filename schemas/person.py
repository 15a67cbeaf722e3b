"""The person whom a transition is for, and the transition as it is entered before its first commit."""

from datetime import date
from typing import Annotated
from uuid import UUID, uuid5

from nhs_number.validate import is_valid
from pydantic import AfterValidator, StringConstraints

from schemas.base import Instant, Strict
from schemas.codes import Division
from schemas.command import StaffId
from schemas.ethnicity import checked as checked_ethnicity
from schemas.staff import Name

LocalId = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,39}$")]
"""The service's own number for a person."""

_COUNT_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def checked_nhs_number(given: str) -> str:
    """The ten digits of an NHS number that may be somebody's; ValueError says what is wrong with any other."""
    number = given.replace(" ", "").replace("-", "")
    if not (number.isascii() and number.isdigit()):
        raise ValueError("NHS number is not made of digits")
    if len(number) != 10:
        count = _COUNT_WORDS[len(number)] if len(number) < len(_COUNT_WORDS) else str(len(number))
        raise ValueError(f"NHS number has {count} digit{'' if len(number) == 1 else 's'}")
    if set(number) in ({"0"}, {"9"}):
        raise ValueError(f"NHS number is all {'zeros' if number[0] == '0' else 'nines'}")
    if not is_valid(number):
        raise ValueError("NHS number fails its check digit")
    return number


def _ethnicity(given: str) -> str:
    try:
        return checked_ethnicity(given)
    except ValueError as wrong:
        raise ValueError(f"ethnicity {wrong}") from None


class Person(Strict):
    """Who somebody is. Held in the records only: never in Temporal, a log line or a message."""

    local_id: LocalId
    nhs_number: Annotated[str, AfterValidator(checked_nhs_number)] | None = None
    given_name: Name
    family_name: Name
    date_of_birth: date
    ethnicity: Annotated[str, AfterValidator(_ethnicity)] | None = None


class Registration(Strict):
    """A transition as it is entered before it starts. Without a team it has its coordinator's."""

    id: UUID
    pathway: str
    started: Instant
    taken_on: Instant
    team: Name | None = None
    coordinator: StaffId | None = None
    division: Division = Division.ENGLAND_AND_WALES


def transition_id(person_id: UUID, pathway: str, started: Instant) -> UUID:
    """The id of a person's transition: the same for the same start, so that entering it twice is entering it once."""
    return uuid5(person_id, f"{pathway} {started.isoformat()}")
