"""What really happened on wards: delays, people who were there, and placements out of area."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from tests.synthesis.told import Case, Span, Told, Way, day, ends, instant, months_on

WARD = "inpatient-to-community"


def delays(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Days of delay, each month by itself."""
    for way in told.ways:
        for ready in _ready(way):
            since, until, said = ready
            last = min(until - timedelta(days=1) if until else day(now), day(now), span.until - timedelta(days=1))
            days = [since + timedelta(days=n) for n in range(1, (last - since).days + 1)]
            days = [one for one in days if one >= span.begins]
            for month in sorted({one.replace(day=1) for one in days}):
                own = [one for one in days if one.replace(day=1) == month]
                over = until is not None and own[-1] == until - timedelta(days=1)
                yield {
                    "day": own[0], "team": way.team, "pathway": way.pathway, "delays": True, "days": len(own),
                    "nhs": said["attribution"] == "04", "social_care": said["attribution"] == "05",
                    "both": said["attribution"] == "06", "attribution": said["attribution"], "delay": said["reason"],
                    "length": (own[-1] - since).days if over else None,
                }  # fmt: skip


def _ready(way: Way) -> Iterator[tuple[date, date | None, Case]]:
    for one in way.all("ready"):
        if way.first("ready withdrawn", period=one["period"]) is not None:
            continue
        since = date.fromisoformat(one["since"])
        said = way.first("ready no more", period=one["period"])
        over = [date.fromisoformat(said["until"])] if said else []
        over += [day(at) for at in (_left(way), way.ended) if at is not None]
        yield since, max(since, min(over)) if over else None, one


def _left(way: Way) -> datetime | None:
    left = way.first("discharged")
    return instant(left["on"]) if left else None


def inpatients(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Who was on a ward when each month ended."""
    month = span.begins.replace(day=1)
    while month < span.until and month <= day(now):
        last = min(months_on(month, 1), span.until, day(now) + timedelta(days=1)) - timedelta(days=1)
        at = min(ends(last), now)
        for way in told.ways:
            if way.pathway == WARD and way.began <= at and not _gone(way, at):
                yield _there(way, last, at)
        month = months_on(month, 1)


def _gone(way: Way, at: datetime) -> bool:
    return any(one is not None and one <= at for one in (_left(way), way.ended))


def _there(way: Way, last: date, at: datetime) -> Case:
    bed = way.all("admitted")[0]["bed"]
    placed = _placed(way)
    return {
        "day": last, "team": way.team, "pathway": way.pathway, "bed_class": bed, "on_a_ward": True,
        "bed_not_known": bed is None, "days": (last - day(way.began)).days,
        "out_of_area": placed is True or (isinstance(placed, datetime) and at < placed),
        "delayed": any(since < last and (until is None or last < until) for since, until, _ in _ready(way)),
    }  # fmt: skip


def _placed(way: Way) -> datetime | bool | None:
    """Until when they were placed out of area: an instant, True for still, None for never."""
    if not way.all("admitted")[0]["away"]:
        return None
    back = way.first("came back to the area")
    return instant(back["at"]) if back else True


def out_of_area(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Placements that began, and placements that ended."""
    for way in told.ways:
        placed = _placed(way) if way.pathway == WARD else None
        if placed is None:
            continue
        gone = min((at for at in (_left(way), way.ended) if at is not None), default=None)
        back = placed if isinstance(placed, datetime) and (gone is None or placed < gone) else None
        reason = way.all("admitted")[0]["reason"]
        whose = {"team": way.team, "pathway": way.pathway}
        yield {
            **whose, "day": day(way.began), "began": True, "inappropriate": reason == "10",
            "other_reason": reason in ("11", "12", "13", "14"), "reason_not_known": reason in (None, "99"),
        }  # fmt: skip
        over = back or gone
        if over is not None:
            yield {
                **whose, "day": day(over), "ended": True, "brought_back": back is not None,
                "left_from_there": back is None, "days": (day(over) - day(way.began)).days,
            }  # fmt: skip
        yield from ({**whose, **review} for review in _reviews(way, over, now))


def _reviews(way: Way, over: datetime | None, now: datetime) -> Iterator[Case]:
    """A review every 3 months of the stay, as long as they were placed."""
    number = 0
    while True:
        number += 1
        due, step = ends(months_on(day(way.began), 3 * number)), f"placement-review#{number}"
        done, waived = way.first("done", step=step), way.first("waived", step=step)
        finished = min((instant(one["at"]) for one in (done, waived) if one), default=None)
        for held, resumed in way.holds():
            if (finished is None or resumed <= finished) and (over is None or resumed <= over):
                due += resumed - held
        if due > now or (finished is None and over is not None and over < due):
            return
        on = instant(done["on"]) if done else None
        yield {
            "day": day(due - timedelta(seconds=1)), "reviews": True, "reviewed_in_time": on is not None and on < due,
            "reviewed_late": on is not None and on >= due, "not_reviewed": on is None,
        }  # fmt: skip
