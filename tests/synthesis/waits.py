"""What really happened to those who waited: by stage, whether they came, and for how long nobody saw them."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from tests.synthesis.told import Case, Span, Told, Way, day, instant, months_on, tenths

WAITING = "waiting-list-to-discharge"
SILENT_AFTER = {"inpatient-to-community": 21, "camhs-to-adult": 42, WAITING: 42}
ETHNICITY = {
    "A": "White: British", "B": "White: Irish", "C": "White: other", "D": "Mixed: White and Black Caribbean",
    "E": "Mixed: White and Black African", "F": "Mixed: White and Asian", "G": "Mixed: other", "H": "Asian: Indian",
    "J": "Asian: Pakistani", "K": "Asian: Bangladeshi", "L": "Asian: other", "M": "Black: Caribbean",
    "N": "Black: African", "P": "Black: other", "R": "Chinese", "S": "Other",
    "Z": "Not stated: they were asked and would rather not say",
}  # fmt: skip


def stages(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Each stage that somebody has come to."""
    for way in told.ways:
        if way.pathway != WAITING:
            continue
        assessed = min(way.seen(step="assessment-attended"), default=None)
        begun = min(way.seen(step="therapy-start-attended"), default=None)
        over = way.first("therapy ended")
        for stage, since, until in (
            ("1 referral to assessment", way.began, assessed),
            ("2 assessment to start of therapy", assessed, begun),
            ("3 start to end of therapy", begun, instant(over["on"]) if over else None),
        ):
            if since is not None:
                yield {"team": way.team, "pathway": way.pathway, "stage": stage, **_stage(way, since, until, now)}


def _stage(way: Way, since: datetime, until: datetime | None, now: datetime) -> Case:
    last = day(until or way.ended or now)
    days = (last - day(since)).days
    done, waiting = until is not None, until is None and way.ended is None
    found: Case = {"day": last, "done": done, "waiting": waiting, "left_before": not done and not waiting}
    for name, counts in (("done", done), ("waiting", waiting)):
        found |= {
            f"{name}_days": days if counts else None, f"{name}_longest": days if counts else None,
            f"{name}_18_weeks": counts and days > 126,
            f"{name}_18_months": counts and last > months_on(day(since), 18),
        }  # fmt: skip
    return found


def missed(step: str) -> Callable[[Told, datetime, Span], Iterator[Case]]:
    """Appointments of a step, with what had been before them."""

    def cases(told: Told, now: datetime, span: Span) -> Iterator[Case]:
        for way in told.ways:
            for one in way.all("contact", step=step):
                yield _appointment(told, way, one)

    return cases


def _appointment(told: Told, way: Way, one: Case) -> Case:
    at, how = instant(one["on"]), one["attendance"]
    met = any(
        instant(other["on"]) < at and other["attendance"] in ("5", "6")
        and (other["kind"] == "peer-contact" or other["role"] == "peer-worker")
        for other in way.all("contact")
    )  # fmt: skip
    taken, absent = how in ("3", "5", "6", "7"), how in ("3", "7")
    return {
        "day": day(at), "team": way.team, "pathway": way.pathway,
        "ethnicity": ETHNICITY.get(told.ethnicity[way.person] or ""), "preference": _preference(told, way, at),
        "taken": taken, "seen": taken and not absent, "missed": absent, "with_peer": taken and met,
        "without_peer": taken and not met, "seen_with": taken and not absent and met, "missed_with": absent and met,
        "seen_without": taken and not absent and not met, "missed_without": absent and not met,
        "cancelled_by_person": how == "2", "cancelled_by_us": how == "4",
    }  # fmt: skip


def _preference(told: Told, way: Way, at: datetime) -> str:
    """What they had asked for of who comes to them, and whether the peer worker of that hour has it."""
    asked = [
        wish for wish in way.all("referred")[0]["wishes"] if wish.split(":")[0] in ("language", "gender", "culture")
    ]
    with_them = [one["staff"] for one in way.all("goes with", joining=False) if instant(one["at"]) <= at]
    worker = told.staff.get(with_them[-1]) if with_them and with_them[-1] else None
    if not asked:
        return "not asked"
    if worker is None:
        return "asked, no peer worker then"
    has = [*(f"language:{one}" for one in worker["languages"]), *worker["attributes"]]
    met = sum(wish in has for wish in asked)
    return "asked and met" if met == len(asked) else "asked, met in part" if met else "asked, not met"


def silences(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Each time that nobody had seen somebody for too long, and what ended it."""
    for way in told.ways:
        for raised, ended, seen in _silent(way, now):
            state = (
                "silent" if ended is None else "closed" if seen is None else "seen" if seen > raised else "told_late"
            )
            days = tenths(seen - raised) if state == "seen" and seen is not None else None
            yield {
                "day": day(raised), "team": way.team, "pathway": way.pathway, "raised": True, state: True,
                "days": days, "days_longest": days,
            }  # fmt: skip


def _silent(way: Way, now: datetime) -> Iterator[tuple[datetime, datetime | None, datetime | None]]:
    """When it was raised, when that ended, and the contact that did."""
    watched = _watched(way)
    if watched is None:
        return
    watched_from, anchor = watched
    allowed = timedelta(days=SILENT_AFTER[way.pathway])
    heard = [(instant(one["at"]), instant(one["on"])) for one in way.all("contact") if one["attendance"] in ("5", "6")]
    last = max((on for said, on in heard if said <= watched_from), default=anchor)
    due, since = max(anchor, last) + allowed, watched_from
    for said, on in [*((said, on) for said, on in heard if said > watched_from), (way.ended or now, None)]:
        raised = max(due, since)
        if on is None:
            if raised <= said:
                yield raised, way.ended, None
            return
        if on <= last:
            continue
        if raised <= said:
            yield raised, said, on
        last, since = on, said
        due = max(anchor, last) + allowed


def _watched(way: Way) -> tuple[datetime, datetime] | None:
    """From when on it is watched, and what the time without a contact is counted from at the earliest."""
    if way.pathway != "inpatient-to-community":
        return way.began, way.began
    left = way.first("discharged")
    return (instant(left["at"]), instant(left["on"])) if left else None
