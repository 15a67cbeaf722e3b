"""What peer workers really did with their hours: the contacts that were booked, and those that had no booked time."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.synthesis.told import Case, Fact, Span, Told, Way, day, instant, tenths

PLACES = {"02": "telephone", "04": "telephone", "11": "video"}


def contacts(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Each booked contact that is over, once for every worker who came, and each that had no booking."""
    for way in told.ways:
        given, without = _matched(way)
        for hour, contact in given:
            if contact is None and instant(hour["ends"]) > now:
                continue
            for staff, minutes in hour["minutes"].items():
                yield _case(way, hour["starts"], contact, hour["place"], minutes) | {"worker": _named(told, staff)}
        for contact in without:
            own = _case(way, contact["on"], contact, PLACES.get(contact["mechanism"]), None)
            yield own | {"worker": _named(told, contact["staff"])}


def _named(told: Told, staff: str) -> str:
    return f"{told.staff[staff]['name']} ({staff})"


def none(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Each time that somebody waited for a worker, and each contact the first time that no hour was found for it."""
    for way in told.ways:
        without: set[str] = set()
        for place, one in enumerate(way.done):
            later = way.done[place + 1 :]
            if one["what"] == "waits for a worker":
                yield _without(way, one, "a person without a worker", _worker(later))
            if one["what"] == "no hour" and one["step"] not in without:
                without.add(one["step"])
                yield _without(way, one, "a contact without a time", _hour(later, one["step"]))


def _worker(later: list[Fact]) -> tuple[Fact, bool] | None:
    """What ended the wait for a worker, and whether one was found."""
    for one in later:
        if one["what"] == "goes with" and not one["joining"] and one["staff"] is not None:
            return one, True
        if one["what"] == "peer support" and one["answer"] != "accepted":
            return one, False
    return None


def _hour(later: list[Fact], step: str) -> tuple[Fact, bool] | None:
    """What ended the search for an hour, and whether the contact came about."""
    for one in later:
        had = one["what"] == "contact" and one["attendance"] in ("5", "6")
        if one.get("step") == step and (had or one["what"] in ("hour given", "waived")):
            return one, one["what"] != "waived"
        if one["what"] == "peer support" and one["answer"] != "accepted":
            return one, False
    return None


def _without(way: Way, one: Fact, sort: str, end: tuple[Fact, bool] | None) -> Case:
    since = instant(one["at"])
    found = end is not None and end[1]
    over = not found and (end is not None or way.ended is not None)
    return {
        "day": day(since), "team": way.team, "pathway": way.pathway, "sort": sort, "told": True,
        "people": sort == "a person without a worker", "contacts": sort == "a contact without a time", "found": found,
        "waiting": not found and not over, "over": over,
        "days": tenths(instant(end[0]["at"]) - since) if end is not None and found else None,
    }  # fmt: skip


def _matched(way: Way) -> tuple[list[tuple[Fact, Fact | None]], list[Fact]]:
    """The hours that were given and kept, each with the contact that was had in it; and the other contacts.

    A contact is that of an hour from an hour before it on; of one that nobody told of in time, on its day alone.
    """
    over = {one["booking"]: one["how"] for one in way.all("hour over")}
    had: dict[str, Fact] = {}
    hours: dict[str, list[Fact]] = {}
    without = []
    for one in way.done:
        if one["what"] == "hour given" and over.get(one["booking"]) != "released":
            hours.setdefault(one["step"], []).append(one)
        if one["what"] == "contact" and "peer-" in one["kind"] + one["role"]:
            own = next((hour for hour in hours.get(one["step"], []) if _fits(hour, one, over, had)), None)
            if own is None:
                without.append(one)
            else:
                had[own["booking"]] = one
    return [(hour, had.get(hour["booking"])) for some in hours.values() for hour in some], without


def _fits(hour: Fact, contact: Fact, over: dict[str, str], had: dict[str, Fact]) -> bool:
    starts, on = instant(hour["starts"]), instant(contact["on"])
    late = over.get(hour["booking"]) == "unreported"
    return hour["booking"] not in had and on >= starts - timedelta(hours=1) and (not late or day(on) == day(starts))


def _case(way: Way, at: str, contact: Fact | None, place: str | None, minutes: int | None) -> Case:
    how = contact["attendance"] if contact else None
    hours = minutes / 60 if minutes is not None else None
    return {
        "day": day(instant(at)), "team": way.team, "pathway": way.pathway, "place": place, "contacts": True,
        "done": how in ("5", "6"), "cancelled": how in ("2", "4"), "not_seen": how in ("3", "7"),
        "unreported": how is None, "unbooked": minutes is None, "hours": hours,
        "hours_done": hours if how in ("5", "6") else None, "groups": False, "hours_groups": None,
    }  # fmt: skip
