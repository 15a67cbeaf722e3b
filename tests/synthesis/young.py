"""What really happened to young people: where they went, and how they were brought there."""

from collections.abc import Iterator
from datetime import datetime

from tests.synthesis.told import Case, Span, Told, Way, birthday, day, ends, instant, months_on

YOUNG = "camhs-to-adult"


def destinations(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Everybody, whether they have anywhere to go or not."""
    for way in told.ways:
        if way.pathway != YOUNG:
            continue
        said = way.all("destination")
        place, standing = (said[-1]["to"], said[-1]["status"]) if said else (None, "unset")
        agreed, went, over = standing == "accepted", _transferred(way), way.ended
        moment = went if agreed and went else over or now
        expected = ends(birthday(told.born[way.person], 18), before=True)
        none = not agreed and over is None
        yield {
            "day": day(moment), "team": way.team, "pathway": way.pathway,
            "destination": place if agreed else "none agreed", "went": agreed and went is not None,
            "agreed_ahead": agreed and went is None and over is None,
            "ended_agreed": agreed and went is None and over is not None,
            "none": none, "none_unset": none and standing == "unset", "none_proposed": none and standing == "proposed",
            "none_declined": none and standing == "declined",
            "none_after": none and min(went or expected, expected) <= now,
            "ended_none": not agreed and over is not None,
        }  # fmt: skip


def _transferred(way: Way) -> datetime | None:
    one = way.first("transferred")
    return instant(one["on"]) if one else None


def track(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Transfers to an adult service, and which of the four criteria each met."""
    for way in told.ways:
        went = _transferred(way) if way.pathway == YOUNG else None
        said = way.all("destination")
        if went is None or not said or said[-1]["to"] != "adult-mental-health" or said[-1]["status"] == "declined":
            continue
        check = _check(way, went)
        over = check["finished"] is not None or (
            check["due"] <= now and (way.ended is None or way.ended >= check["due"])
        )  # fmt: skip
        waiting = not over and way.ended is None
        met = {
            "information": _in_time(told, way, "information-transfer", 1),
            "planning": _in_time(told, way, "planning-meeting", 2),
            "parallel": _in_time(told, way, "meet-adult-service", 1),
            "continuity": check["seen"] is not None and check["seen"] < check["due"],
        }
        count = sum(met.values())
        yield {
            "day": day(went), "team": way.team, "pathway": way.pathway, "transfers": True, "judged": over,
            "waiting": waiting, "ended_before": not over and not waiting,
            **{name: over and value for name, value in met.items()},
            "all_four": over and count == 4, "some": over and 1 <= count <= 3, "none": over and count == 0,
        }  # fmt: skip


def _check(way: Way, went: datetime) -> Case:
    """The named worker's contact after 3 months: by when, when they were seen, and when that was said."""
    step = "named-worker-check-3"
    seen = [
        one for one in way.all("contact", step=step)
        if one["attendance"] in ("5", "6") and instant(one["on"]) >= went
    ]  # fmt: skip
    waived = way.first("waived", step=step)
    finished = min((instant(one["at"]) for one in [*seen[:1], *([waived] if waived else [])]), default=None)
    due = ends(months_on(day(went), 3))
    for held, resumed in way.holds():
        if instant(way.all("transferred")[0]["at"]) <= resumed and (finished is None or resumed <= finished):
            due += resumed - held
    return {"due": due, "finished": finished, "seen": instant(seen[0]["on"]) if seen else None}


def _in_time(told: Told, way: Way, step: str, months: int) -> bool:
    """Whether it was done before its date, as that stood when it was said to be done."""
    done = way.first("done", step=step)
    if done is None:
        return False
    said = instant(done["at"])
    moved = way.first("transferred")
    anchor = birthday(told.born[way.person], 18)
    if moved is not None and instant(moved["at"]) <= said:
        anchor = day(instant(moved["on"]))
    due = ends(months_on(anchor, -months))
    for held, resumed in way.holds():
        if resumed <= said:
            due += resumed - held
    return instant(done["on"]) < due


def engagement(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Transfers, and what was found a year later."""
    for way in told.ways:
        went = _transferred(way) if way.pathway == YOUNG else None
        if went is None:
            continue
        said = [one["exit"] for one in way.all("ended")]
        known, over = bool({"engaged", "not-engaged"} & set(said)), way.ended
        due = ends(months_on(day(went), 12))
        for held, resumed in way.holds():
            if instant(way.all("transferred")[0]["at"]) <= resumed:
                due += resumed - held
        place = way.all("destination")
        yield {
            "day": day(went), "team": way.team, "pathway": way.pathway, "transfers": True, "known": known,
            "destination": place[-1]["to"] if place else None,
            "engaged": "engaged" in said, "not_engaged": "not-engaged" in said,
            "not_yet": over is None and due > now, "overdue": over is None and due <= now,
            "otherwise": over is not None and not known,
        }  # fmt: skip
