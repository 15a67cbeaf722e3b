"""Everything that is held about a person as one page for them: it can be read and printed, and loads nothing."""

from datetime import date, datetime
from typing import Any

from planner import words
from records import access
from records.held import Held
from schemas.codes import ATTENDANCE_WORDS, MECHANISM_WORDS, Attendance, Mechanism, Role
from schemas.erasing import REFUSED_WORDS, WHY_WORDS, RefusedFor, Why
from schemas.ethnicity import CATEGORIES
from schemas.ready import ATTRIBUTIONS, REASONS
from web.entries import entries, staff_in
from web.pages.access import seen
from web.pages.person import WHY_WORDS as MAY_WORDS
from web.render import Pages

SAID = {
    "attendance": lambda code: ATTENDANCE_WORDS[Attendance(code)],
    "mechanism": lambda code: MECHANISM_WORDS[Mechanism(code)],
    "ethnicity": lambda code: CATEGORIES.get(code, code),
    "role": lambda code: Role(code).words,
    "code": lambda code: access.REASON_WORDS[access.Reason(code)],
    "refused_for": lambda code: REFUSED_WORDS[RefusedFor(code)],
    "attribution": lambda code: ATTRIBUTIONS.get(code, code),
    "page": seen,
}
"""What codes mean, by the column that they stand in."""
SAID_IN = {
    ("ready_periods", "reason"): lambda code: REASONS.get(code, code),
    ("access_log", "why"): lambda code: MAY_WORDS.get(code, code),
    ("erasures", "why"): lambda code: WHY_WORDS[Why(code)],
    ("escalations", "roles"): lambda codes: [Role(code).words for code in codes],
}
"""The same, where a column of that name means something of its own."""


def html(found: Held, names: dict[str, str]) -> str:
    """The page; `names` are what members of staff are called whom the histories name."""
    histories = [entries(journey.history, names) for journey in found.journeys]
    known = {"held": found, "histories": histories, "cell": cell, "label": label}
    return Pages().text("held.html", known)


def named(found: Held) -> set[str]:
    """The ids of staff whom the histories name."""
    return {one for journey in found.journeys for one in staff_in(journey.history)}


def label(name: str) -> str:
    """What a column is called."""
    return name.replace("_", " ").capitalize()


def cell(part: str, name: str, value: Any) -> str:
    """A value as a person reads it."""
    if value is None or value == []:
        return ""
    said = SAID_IN.get((part, name)) or SAID.get(name)
    return _read(said(value) if said is not None else value)


def _read(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return words.moment(value)
        case date():
            return f"{value:%a %-d %b %Y}"
        case list():
            return "; ".join(_read(one) for one in value)
        case dict():
            return ", ".join(f"{label(str(name))}: {_read(one)}" for name, one in value.items())
    return str(value)
