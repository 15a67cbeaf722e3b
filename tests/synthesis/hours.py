"""What peer workers really did with their hours: the contacts that were booked, and those that had no booked time."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.synthesis.told import Case, Fact, Span, Told, Way, day, instant

PLACES = {"02": "telephone", "04": "telephone", "11": "video"}


def contacts(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Each booked contact that is over, once for every worker who came, and each that had no booking."""
    for way in told.ways:
        given, without = _matched(way)
        for hour, contact in given:
            if contact is None and instant(hour["ends"]) > now:
                continue
            for minutes in hour["minutes"].values():
                yield _case(way, hour["starts"], contact, hour["place"], minutes)
        for contact in without:
            yield _case(way, contact["on"], contact, PLACES.get(contact["mechanism"]), None)


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
