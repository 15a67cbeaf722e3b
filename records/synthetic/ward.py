"""People who leave a ward: until they are ready, until they leave, and the days after that count most."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid5

from planner.clock import local_day
from records.synthetic import habits
from records.synthetic.chance import minutes
from records.synthetic.life import Life
from schemas.codes import Attendance
from schemas.event import Event
from schemas.journey import StepState

BEDS = {"200": 0.42, "201": 0.12, "202": 0.08, "205": 0.02, "212": 0.05, "213": 0.03, "206": 0.1, "207": 0.08,
        "208": 0.02, "300": 0.02, None: 0.06}  # fmt: skip
SECURE = frozenset({"206", "207", "208"})
METHODS = {"1": 0.86, "2": 0.02, "3": 0.03, "6": 0.03, "7": 0.01, "4": 0.01, None: 0.04}
DESTINATIONS = {"19": 0.56, "29": 0.1, "55": 0.05, "56": 0.05, "51": 0.02, "53": 0.05, "40": 0.03, "37": 0.01,
                "42": 0.01, "50": 0.01, "87": 0.02, "99": 0.03, None: 0.06}  # fmt: skip
PLACED_AWAY = {"10": 0.55, "11": 0.08, "12": 0.05, "13": 0.04, "14": 0.13, "99": 0.05, None: 0.1}
KEPT_BY = {"18": 0.2, "14": 0.05, "15": 0.08, "32": 0.04, "03": 0.1, "09": 0.12, "05": 0.13, "36": 0.06, "35": 0.06,
           "04": 0.08, "98": 0.08}  # fmt: skip
ATTRIBUTED = {"04": 0.6, "05": 0.3, "06": 0.1}


class Ward:
    """The story of one person on `inpatient-to-community`."""

    def begins(self, life: Life) -> dict[str, Any]:
        """What is known on admission, and when they are expected to leave."""
        chance = life.chance
        bed = chance.pick(BEDS)
        secure = bed in SECURE
        stay = chance.span(60, 260) if secure else minutes(timedelta(days=chance.lognormvariate(3.1, 0.7)))
        self.leaves = life.started + max(stay, timedelta(days=1))
        self.bed, self.away, self.at_risk = bed, chance.yes(0.14), False
        reason = chance.pick(PLACED_AWAY) if self.away else None
        facts: dict[str, Any] = {"section_117": chance.yes(0.25), "out_of_area": self.away}
        facts |= {"bed_class": bed} if bed else {}
        facts |= {"out_of_area_reason": reason} if reason else {}
        life.note("admitted", bed=bed, away=self.away, reason=reason)
        return {"facts": facts, "expected": {"discharged": self.leaves} if chance.yes(0.8) else {}}

    def lives(self, life: Life) -> None:
        """What happens to them until they leave."""
        chance = life.chance
        habits.peer_support(life)
        habits.interruptions(life)
        if chance.yes(0.2):
            life.plan(chance.between(life.now, self.leaves), self._is_at_risk)
        if self.away and chance.yes(0.6):
            life.plan(chance.between(life.now, self.leaves), self._comes_back)
        if chance.yes(0.25):
            life.plan(chance.between(life.now, self.leaves), self._moves)
        if chance.yes(0.35):
            life.plan(self.leaves - chance.span(1, 40), self._is_ready)
        life.plan(self.leaves, self._leaves)

    def does(self, life: Life, step: StepState) -> bool:
        """The two follow-ups have days of their own."""
        if step.id not in ("follow-up-72h", "follow-up-48h"):
            return False
        at = self._follow_up(life, step, life.journey.occurred["discharged"])
        if at is not None:
            life.try_at(step, at, self._follows_up)
        return True

    def happened(self, life: Life, event: Event) -> None:
        """Whoever is told acts, or does not."""
        habits.told(life, event)

    def _is_at_risk(self, life: Life) -> None:
        self.at_risk = True
        life.note("at risk")
        life.tell("facts", facts={"suicide_risk": True})

    def _comes_back(self, life: Life) -> None:
        life.note("came back to the area")
        life.tell("facts", facts={"out_of_area": False})

    def _moves(self, life: Life) -> None:
        if "discharged" not in life.journey.occurred:
            until = life.now + life.chance.span(1, 40)
            life.tell("expect", expected={"discharged": until})

    def _is_ready(self, life: Life) -> None:
        self._ready(life, local_day(life.now), None)
        if life.chance.yes(0.2):  # not well enough after all, for a while
            life.plan(life.now + life.chance.span(1, 8), self._ready_no_more)
            life.plan(life.now + life.chance.span(9, 15), self._is_ready_again)
        elif life.chance.yes(0.15):
            life.plan(life.now + life.chance.span(1, 5), self._was_mistaken)

    def _ready(self, life: Life, since: date, corrects: str | None) -> None:
        row = {
            "id": str(uuid5(life.uuid, f"ready {len(life.ready)}")), "starts": since.isoformat(), "ends": None,
            "reason": life.chance.pick(KEPT_BY), "attribution": life.chance.pick(ATTRIBUTED),
            "recorded_by": life.coordinator, "recorded_at": life.now, "corrects": corrects,
        }  # fmt: skip
        life.ready.append(row)
        life.note("ready", period=row["id"], since=since, reason=row["reason"], attribution=row["attribution"])

    def _is_ready_again(self, life: Life) -> None:
        if "discharged" not in life.journey.occurred and all(row["ends"] for row in life.ready):
            self._is_ready(life)

    def _ready_no_more(self, life: Life) -> None:
        for row in life.ready:
            if row["ends"] is None and "withdrawn_at" not in row:
                row |= {"ends": local_day(life.now).isoformat(), "ended_by": life.coordinator, "ended_at": life.now}
                life.note("ready no more", period=row["id"], until=row["ends"])

    def _was_mistaken(self, life: Life) -> None:
        """What kept them was another thing: the period is withdrawn, and entered anew."""
        row = life.ready[-1]
        if row["ends"] is not None or "withdrawn_at" in row or "discharged" in life.journey.occurred:
            return
        row |= {"withdrawn_at": life.now, "withdrawn_by": life.coordinator, "withdrawn_why": "Another reason"}
        life.note("ready withdrawn", period=row["id"])
        self._ready(life, date.fromisoformat(row["starts"]), row["id"])

    def _leaves(self, life: Life) -> None:
        chance = life.chance
        method = chance.pick(METHODS)
        to = "79" if method == "4" else chance.pick(DESTINATIONS)
        follows = chance.pick({"own": 0.3, "another": 0.06, None: 0.64})
        said = {"discharge_method": method, "discharge_destination": to, "responsible_provider": follows}
        facts = {name: value for name, value in said.items() if value is not None}
        life.note("left", bed=self.bed, method=method, destination=to, follows=follows, risk=self.at_risk)
        if facts:
            life.tell("facts", facts=facts)
        if chance.yes(0.5):  # else nobody says so, and the discharge does
            self._ready_no_more(life)
        if method == "4":
            life.note("discharged", on=life.now)
            life.tell("milestone", milestone="discharged")
            life.plan(life.now + timedelta(minutes=2), partial(habits.leave, "died"))
            return
        late = chance.hours(1, 50) if chance.yes(0.15) else timedelta()
        life.plan(life.now + late, partial(self._recorded, life.now))

    def _recorded(self, left: datetime, life: Life) -> None:
        life.note("discharged", on=left)
        life.tell("milestone", milestone="discharged", occurred_at=left)
        chance = life.chance
        if chance.yes(0.006):
            life.plan(left + chance.span(0.5, 3.5), partial(habits.leave, "died"))
        elif chance.yes(0.12):
            back = chance.span(0.6, 4) if chance.yes(0.3) else chance.span(4, 150)
            life.plan(left + back, self._is_back)

    def _is_back(self, life: Life) -> None:
        life.note("readmitted")
        life.note("ended", exit="readmitted")
        life.tell("milestone", milestone="readmitted")
        life.service.arrive(life.whom, life.pathway.id, life.team, life.now)

    def _follow_up(self, life: Life, step: StepState, left: datetime) -> datetime | None:
        chance = life.chance
        if step.id == "follow-up-48h":
            how = chance.pick({"in time": 0.75, "late": 0.2, "never": 0.05})
            spans = {"in time": (2, 46), "late": (48, 90)}
            return left + chance.hours(*spans[how]) if how in spans else None
        how = chance.pick({"the same day": 0.1, "in time": 0.7, "late": 0.15, "never": 0.05})
        if how == "the same day":
            return left + chance.hours(0.2, 4)
        days = {"in time": (1, 3), "late": (4, 8)}
        return chance.by_day(local_day(left) + timedelta(days=chance.randint(*days[how])), weekend=True) if (
            how in days
        ) else None  # fmt: skip

    def _follows_up(self, life: Life, step: StepState) -> None:
        went = Attendance.ATTENDED if life.chance.yes(0.8) else life.chance.pick(habits.WENT)
        habits.contact(life, step, went, life.chance.pick(habits.HOW))
