"""The figures of a past, from its ledger alone: by the definitions, in plain Python, sharing nothing with reports."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from tests.synthesis.told import Case, Span, Told, Way, birthday, day, ends, instant, months_on, opens

NOT_FOLLOWED = ("30", "37", "40", "42", "48", "49", "50", "53", "79", "84", "87", "89")
DIRECT = ("01", "02", "04", "11")
BANK_HOLIDAYS = {
    (2023, "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26"),
    (2024, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26"),
    (2025, "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26"),
    (2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
}
"""Of England, as they were announced."""


def follow_up(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Discharges whose three days are over."""
    for way in told.ways:
        left = way.first("discharged")
        if left is None:
            continue
        at = instant(left["on"])
        left_on = day(at)
        counts = [left_on + timedelta(days=days) for days in (1, 2, 3)]
        if counts[-1] >= day(now):
            continue
        said, bed = way.all("left")[0], way.all("admitted")[0]["bed"]
        died = told.died(way.person)
        eligible = (
            bed in ("200", "201", "202", "205", "212", "213")
            and said["method"] not in ("4", "5")
            and said["destination"] not in NOT_FOLLOWED
            and not (died is not None and left_on <= died <= counts[-1])
        )
        yield {
            "day": counts[-1] + timedelta(days=1), "team": way.team, "pathway": way.pathway, "bed_class": bed,
            "discharges": True, "bed_not_known": bed is None, "eligible": eligible,
            "followed": eligible and _followed(told, way, said, counts),
            "not_followed": eligible and not _followed(told, way, said, counts),
            **_clock(way, at, "local", "follow-up-72h", ends(counts[-1])),
            **(_clock(way, at, "risk", "follow-up-48h", at + timedelta(hours=48)) if said["risk"] else {}),
        }  # fmt: skip


def _followed(told: Told, way: Way, said: Case, counts: list[date]) -> bool:
    everything = told.of(way.person)
    contacts = [] if said["follows"] == "another" else [
        at for one in everything for at in one.seen(mechanisms=DIRECT)
    ]  # fmt: skip
    spells = [one.began for one in everything if one is not way and one.pathway == way.pathway]
    spells += [instant(one["at"]) for one in way.all("readmitted")]
    return any(day(at) in counts for at in [*contacts, *spells])


def _clock(way: Way, left: datetime, name: str, step: str, due: datetime) -> Case:
    """One of the two clocks of our own: whether it was asked for, and whether it was met."""
    met_at, finished = _finished_clock(way, left, step)
    cancelled = finished is None and way.ended is not None
    return {f"{name}_asked": not cancelled, f"{name}_met": met_at is not None and met_at < due}


def _finished_clock(way: Way, left: datetime, step: str) -> tuple[datetime | None, datetime | None]:
    """When the follow-up really was, and when it was said; a waiver finishes it without one."""
    days = 1 if step == "follow-up-72h" else 0
    mechanisms = DIRECT if step == "follow-up-72h" else None
    for one in way.all("contact", step=step):
        on = instant(one["on"])
        seen = one["attendance"] in ("5", "6") and (mechanisms is None or one["mechanism"] in mechanisms)
        if seen and on >= left and day(on) >= day(left) + timedelta(days=days):
            return on, instant(one["at"])
    back = way.first("readmitted")
    if step == "follow-up-72h" and back is not None and not way.all("waived", step=step):
        on = instant(back["at"])
        if 1 <= (day(on) - day(left)).days <= 3:
            return on, on
    if (waived := way.first("waived", step=step)) is not None:
        return None, instant(waived["at"])
    return None, None


def four_weeks(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Waits: referrals of one person with at most 5 days between them are one."""
    referrals = [way for way in told.ways if way.pathway == "waiting-list-to-discharge"]
    for person in sorted({way.person for way in referrals}):
        spell: list[Way] = []
        for way in sorted((one for one in referrals if one.person == person), key=lambda one: one.began):
            if spell and not _soon_after(spell, way):
                yield _wait(told, spell, now)
                spell = []
            spell.append(way)
        yield _wait(told, spell, now)


def _soon_after(spell: list[Way], way: Way) -> bool:
    over = [one.ended for one in spell]
    return any(at is None for at in over) or day(way.began) <= max(day(at) for at in over if at) + timedelta(days=5)


def _wait(told: Told, spell: list[Way], now: datetime) -> Case:
    began = day(spell[0].began)
    born = told.born[spell[0].person]
    child = began < birthday(born, 18)
    stops = {
        "contact": [at for way in spell for at in way.seen(mechanisms=DIRECT)],
        "outcome": [
            instant(one["on"]) for way in spell for one in way.all("done", kind="measure")
            if one["step"] != "experience-survey"
        ],
        "plan": [at for way in spell for at in way.seen(step="therapy-start-attended")],
    }  # fmt: skip
    if not child and began >= date(2024, 4, 1):
        stops["assessment"] = [at for way in spell for at in way.seen(step="assessment-attended")]
    stopped = max(day(min(at)) for at in stops.values()) if all(stops.values()) else None
    over = None if any(way.ended is None for way in spell) else max(day(way.ended) for way in spell if way.ended)
    until = stopped or over or day(now)
    days = (until - began).days
    last = spell[-1]
    return {
        "day": until, "team": last.team, "pathway": last.pathway, "age_group": "under 18" if child else "adults",
        "stopped": stopped is not None, "within": stopped is not None and days <= 28,
        "waited": days if stopped else None, "waiting": stopped is None and over is None,
        "very_long": stopped is None and over is None and days > 728,
        "ended_before": stopped is None and over is not None,
    }  # fmt: skip


def failed_contacts(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Contacts that did not come about."""
    for way in told.ways:
        missed: dict[str, int] = {}
        for one in way.all("contact"):
            if one["attendance"] in ("5", "6"):
                continue
            on = instant(one["on"])
            born = told.born[way.person]
            child = day(on) < birthday(born, 18)
            review = one["attendance"] in ("3", "7")
            case = {
                "day": day(on), "team": way.team, "pathway": way.pathway, "kind": one["kind"], "failed": True,
                "cancelled_by_person": one["attendance"] == "2",
                "did_not_attend": one["attendance"] == "3" and not child,
                "not_brought": one["attendance"] == "3" and child, "cancelled_by_us": one["attendance"] == "4",
                "too_late": one["attendance"] == "7", "review_needed": review,
            }  # fmt: skip
            if review:
                missed[one["step"]] = missed.get(one["step"], 0) + 1
                case[_review(way, one, missed[one["step"]])] = True
            yield case


def _review(way: Way, missed: Case, number: int) -> str:
    name = f"risk-review:{missed['step']}#{number}"
    asked = instant(missed["at"])
    review, waived = way.first("done", step=name), way.first("waived", step=name)
    if review is None:
        return "not_reviewed" if waived or way.ended else "review_open"
    due = asked + timedelta(hours=4) if missed["safety"] else ends(_working_days_after(day(asked)))
    if not missed["safety"]:
        for held, resumed in way.holds():
            if asked < resumed <= instant(review["at"]):
                due += resumed - held
    return "reviewed_in_time" if instant(review["on"]) < due else "reviewed_late"


def _working_days_after(of: date, days: int = 1) -> date:
    for _ in range(days):
        of += timedelta(days=1)
        while of.weekday() > 4 or _bank_holiday(of):
            of += timedelta(days=1)
    return of


def _bank_holiday(of: date) -> bool:
    return any(of.year == year and f"{of:%m-%d}" in days for year, days in BANK_HOLIDAYS)


def safety_escalations(told: Told, now: datetime, span: Span) -> Iterator[Case]:
    """Rungs of the safety ladder: at the due instant, 4 hours and 24 hours after it."""
    for way in told.ways:
        for step, asked, due, finished in _on_safety(way):
            rungs = [due + timedelta(hours=hours) for hours in (0, 4, 24)]
            yield from _rungs(way, step, "safety", max(asked, due), rungs, finished, now)


STARTED = {
    "inpatient-to-community": [
        ("named-coordinator", 2, "standard"), ("discharge-plan", 3, "standard"), ("baseline-measures", 10, "gentle"),
    ],
    "camhs-to-adult": [("named-worker", 5, "standard"), ("baseline-goals", 20, "gentle")],
}  # fmt: skip
"""What is to be done some working days after the start."""
LEFT = [("gp-summary", timedelta(days=7)), ("review-3-months", None)]
"""What is to be done some days after leaving the ward, or three months."""
STEPS = {
    *((pathway, step) for pathway, steps in STARTED.items() for step, _, _ in steps),
    *(("inpatient-to-community", step) for step, _ in LEFT),
}
WORKING_DAYS = {"standard": (1, 3, 5), "gentle": (2,)}
"""Working days from the day on which something was due to each rung, at nine in the morning."""


def working_day_escalations(told: Told, now: datetime) -> Iterator[Case]:
    """Rungs of the other two ladders, of some steps, where nothing was ever on hold: a hold moves what is due."""
    for way in told.ways:
        if way.all("held"):
            continue
        for step, ladder, asked, last in _on_working_days(way):
            due = ends(last)
            rungs = [opens(_working_days_after(last, days)) for days in WORKING_DAYS[ladder]]
            finished = _said(way, step) or way.ended
            yield from _rungs(way, step, ladder, max(asked, due), rungs, finished, now)


def _on_working_days(way: Way) -> Iterator[tuple[str, str, datetime, date]]:
    """What is on these ladders: since when, and the last day on which it is in time."""
    for step, days, ladder in STARTED.get(way.pathway, []):
        yield step, ladder, way.began, _working_days_after(day(way.began), days)
    left = way.first("discharged")
    if left is not None:
        for step, days_on in LEFT:
            on = day(instant(left["on"]))
            yield step, "standard", instant(left["at"]), on + days_on if days_on else months_on(on, 3)


def _on_safety(way: Way) -> Iterator[tuple[str, datetime, datetime, datetime | None]]:
    """What is on the ladder: since when, until when it is to be done, and when it was said to be over."""
    left = way.first("discharged")
    over = way.ended
    if left is not None:
        at, said = instant(left["on"]), instant(left["at"])
        plan = _said(way, "care-plan-sent") or over
        yield "care-plan-sent", said, at + timedelta(hours=24), plan
        yield (
            "follow-up-72h",
            said,
            ends(day(at) + timedelta(days=3)),
            _finished_clock(way, at, "follow-up-72h")[1] or over,
        )
        if way.all("left")[0]["risk"]:
            finished = _finished_clock(way, at, "follow-up-48h")[1] or over
            yield "follow-up-48h", said, at + timedelta(hours=48), finished
    counted: dict[str, int] = {}
    for one in way.all("contact", safety=True):
        if one["attendance"] in ("3", "7"):
            number = counted[one["step"]] = counted.get(one["step"], 0) + 1
            name, asked = f"risk-review:{one['step']}#{number}", instant(one["at"])
            yield name, asked, asked + timedelta(hours=4), _said(way, name) or over


def _said(way: Way, step: str) -> datetime | None:
    said = [*way.all("done", step=step), *way.all("waived", step=step)]
    return min((instant(one["at"]) for one in said), default=None)


def _rungs(
    way: Way, step: str, ladder: str, first: datetime, rungs: list[datetime], finished: datetime | None, now: datetime
) -> Iterator[Case]:
    taken = [(instant(one["at"]), instant(one["until"])) for one in way.all("acknowledged", step=step)]
    at_last = min(finished, now) if finished is not None else now
    times = {first, *rungs, *(until for _, until in taken)}
    told = 0
    for at in sorted(one for one in times if first <= one <= at_last):
        held = [until for said, until in taken if said < at]
        if held and held[-1] > at:
            continue
        rung = sum(one <= at for one in rungs)
        if rung <= told:
            continue
        told = rung
        acknowledged = min((said for said, _ in taken if said >= at), default=None)
        yield {
            "transition": way.id, "step": step, "at": at,
            "day": day(at), "team": way.team, "pathway": way.pathway, "rung": str(rung), "ladder": ladder,
            "fired": True, "acknowledged": acknowledged is not None, "resolved": finished is not None,
            "still_late": finished is None, "nobody": False,
            "hours_to_acknowledge": _hours(at, acknowledged), "hours_to_resolve": _hours(at, finished),
        }  # fmt: skip


def _hours(since: datetime, at: datetime | None) -> float | None:
    return round((at - since).total_seconds() / 3600, 2) if at is not None else None
