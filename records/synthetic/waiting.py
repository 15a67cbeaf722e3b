"""People who wait for therapy: whether they come to the assessment and to the first session, and what it was like."""

from datetime import datetime
from functools import partial
from typing import Any

from planner.clock import local_day
from records.synthetic import habits
from records.synthetic.life import Life
from schemas.codes import Attendance, Mechanism
from schemas.event import Event, Kind
from schemas.journey import StepState

WISHES = ("language:Urdu", "language:Polish", "gender:female", "gender:male", "times:mornings", "culture:Somali")
APPOINTED = {"assessment-attended": "assessment", "therapy-start-attended": "therapy-started"}
MISSED = {
    Attendance.DID_NOT_ATTEND: 0.6, Attendance.CANCELLED_BY_PERSON: 0.25, Attendance.CANCELLED_BY_PROVIDER: 0.1,
    Attendance.TOO_LATE_TO_BE_SEEN: 0.05,
}  # fmt: skip
TRIES = 3


class Waiting:
    """The story of one person on `waiting-list-to-discharge`."""

    def begins(self, life: Life) -> dict[str, Any]:
        """What they asked for, and perhaps already when they are seen."""
        chance = life.chance
        wishes = sorted(chance.sample(WISHES, chance.randint(1, 2))) if chance.yes(0.3) else []
        self.quick, self.missed = chance.yes(0.35), 0
        life.note("referred", wishes=wishes)
        expected = {"assessment": self._date(life, "assessment")} if chance.yes(0.75) else {}
        return {"facts": {"preferences": wishes} if wishes else {}, "expected": expected}

    def lives(self, life: Life) -> None:
        """They wait, and may leave before they are seen."""
        habits.peer_support(life)
        habits.interruptions(life)
        if "assessment" not in life.journey.expected:
            life.plan(life.now + life.chance.span(3, 50), partial(self._appoint, "assessment"))
        if life.chance.yes(0.07):
            life.plan(life.now + life.chance.span(10, 200), self._leaves)

    def does(self, life: Life, step: StepState) -> None:
        """The two appointments are at their time."""
        milestone = APPOINTED.get(step.id)
        if milestone is None:
            habits.set_about(life, step)
        elif (at := life.journey.expected.get(milestone)) is not None:
            life.try_at(step, at, self._comes)

    def happened(self, life: Life, event: Event) -> None:
        """One thing follows from the other."""
        habits.told(life, event)
        if event.event is Kind.MILESTONE and event.milestone == "assessment":
            life.plan(life.now + life.chance.span(1, 20), partial(self._appoint, "therapy-started"))
        if event.event is Kind.MILESTONE and event.milestone == "therapy-started":
            life.plan(life.now + life.chance.span(1, 20), self._expects_an_end)

    def _date(self, life: Life, milestone: str) -> datetime:
        chance = life.chance
        soon, late = ((6, 24), (25, 160)) if milestone == "assessment" else ((3, 14), (20, 320))
        return chance.by_day(local_day(life.now + chance.span(*(soon if self.quick else late))))

    def _appoint(self, milestone: str, life: Life) -> None:
        if milestone in life.journey.occurred or milestone in life.journey.expected:
            return
        life.tell("expect", expected={milestone: self._date(life, milestone)})

    def _comes(self, life: Life, step: StepState) -> None:
        known = any(row["attendance"] in ("5", "6") and _of_peers(life, row) for row in life.contacts.values())
        if life.chance.yes(0.88 if known else 0.76):
            went = Attendance.ATTENDED if life.chance.yes(0.93) else Attendance.ATTENDED_LATE
        else:
            went = life.chance.pick(MISSED)
            self.missed += 1
        how = life.chance.pick({Mechanism.FACE_TO_FACE: 0.75, Mechanism.VIDEO: 0.25})
        life.note("contact", step=step.id, kind=step.kind, on=life.now, attendance=went, mechanism=how,
                  role=step.owner, staff=life.who(step.owner), safety=False)  # fmt: skip
        life.tell("complete", role=step.owner, step=step.id, attendance=went, mechanism=how)
        if went.attended or not life.open:
            return
        if self.missed >= TRIES:
            life.plan(life.now + life.chance.span(5, 30), partial(habits.leave, "declined-service"))
        else:
            life.plan(life.now + life.chance.span(1, 12), partial(self._appoint, APPOINTED[step.id]))

    def _expects_an_end(self, life: Life) -> None:
        if "therapy-ended" in life.journey.occurred:
            return
        ends = life.chance.by_day(local_day(life.now + life.chance.span(70, 200)))
        life.tell("expect", expected={"therapy-ended": ends})
        life.plan(ends, self._ends)

    def _ends(self, life: Life) -> None:
        if "therapy-ended" not in life.journey.occurred:
            life.note("therapy ended", on=life.now)
            life.tell("milestone", milestone="therapy-ended")

    def _leaves(self, life: Life) -> None:
        habits.leave("no-longer-needed", life)
        if life.chance.yes(0.4):
            life.service.arrive(life.whom, life.pathway.id, life.team, life.now + life.chance.span(0.5, 9))


def _of_peers(life: Life, row: dict[str, Any]) -> bool:
    rule = life.pathway.step.get(str(row["step"]).partition("#")[0])
    return rule is not None and rule.owner.value == "peer-worker"
