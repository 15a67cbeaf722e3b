"""What people do with any step: in time mostly, late now and then, and never once in a while."""

from datetime import datetime, timedelta
from functools import partial

from planner.policy import may_waive
from planner.refused import Refused
from records.synthetic import asking
from records.synthetic.life import Life, a_while_ago
from schemas.codes import Attendance, Mechanism, Role, StepKind
from schemas.command import Actor
from schemas.event import Event, Kind
from schemas.journey import State, StepState

SAFETY = "safety"
NOT_THEIRS = frozenset({StepKind.HANDOVER, StepKind.ALLOCATION, StepKind.SILENCE})
"""Steps that end by what they are about, and not because somebody says that they are done."""
HOW = {
    Mechanism.FACE_TO_FACE: 0.5, Mechanism.TELEPHONE: 0.27, Mechanism.VIDEO: 0.12, Mechanism.TALK_TYPE: 0.01,
    Mechanism.TEXT_MESSAGE: 0.07, Mechanism.EMAIL: 0.02, Mechanism.OTHER: 0.01,
}  # fmt: skip
WENT = {
    Attendance.ATTENDED: 0.72, Attendance.ATTENDED_LATE: 0.05, Attendance.DID_NOT_ATTEND: 0.1,
    Attendance.CANCELLED_BY_PERSON: 0.07, Attendance.CANCELLED_BY_PROVIDER: 0.04,
    Attendance.TOO_LATE_TO_BE_SEEN: 0.02,
}  # fmt: skip


def set_about(life: Life, step: StepState) -> None:
    """Plan what becomes of a step."""
    if step.kind in NOT_THEIRS or step.due is None:
        return
    at = when(life, step, step.due)
    if at is not None:
        life.try_at(step, at, report)


def when(life: Life, step: StepState, due: datetime) -> datetime | None:
    """When somebody gets to it; None for never."""
    booked = life.journey.peers.booked.get(step.id) if life.journey.peers else None
    if booked is not None:
        return booked.starts + timedelta(minutes=5)
    chance, safety = life.chance, step.ladder == SAFETY
    never = 0.3 if step.owner is Role.PEER_WORKER else 0.04
    how = chance.pick({"in time": 0.84, "late": 0.16 - never * 0.4, "never": never})
    if how == "never":
        return None
    if how == "late":
        return due + (chance.hours(0.2, 40) if safety else chance.span(0.1, 9))
    first = max(life.now, due - timedelta(hours=30) if safety else due - timedelta(days=10))
    return chance.between(first, max(due, life.now + timedelta(hours=2)))


def report(life: Life, step: StepState) -> None:
    """Say that it was done, or that a contact was tried; then perhaps try again."""
    if step.kind.is_contact:
        contact(life, step, life.chance.pick(WENT), life.chance.pick(HOW))
        return
    done(life, step)


def done(life: Life, step: StepState, **more: object) -> None:
    """Say that a step was done, and what was answered where it asks for measures."""
    before = a_while_ago(life, step, timedelta(hours=20))
    on = before or life.now
    said = asking.ask(life, step)
    scores = asking.scored(life, said, on)
    life.note("done", step=step.id, kind=step.kind, on=on)
    asking.tell(life, step, said, on)
    life.tell("complete", role=step.owner, step=step.id, done_at=before, scores=scores or None, **more)


def contact(life: Life, step: StepState, went: Attendance, how: Mechanism, **more: object) -> None:
    """Say how a contact went, and try again soon when the step is still to be done."""
    before = a_while_ago(life, step, timedelta(hours=20))
    life.note(
        "contact", step=step.id, kind=step.kind, on=before or life.now, attendance=went, mechanism=how,
        role=step.owner, staff=life.who(step.owner), safety=step.ladder == SAFETY,
    )  # fmt: skip
    life.tell(
        "complete", role=step.owner, step=step.id, attendance=went, mechanism=how, done_at=before, **more
    )  # fmt: skip
    if (again := life.step(step.id)) is not None and life.chance.yes(0.8):
        wait = life.chance.hours(2, 30) if step.ladder == SAFETY else life.chance.span(1, 9)
        life.try_at(again, life.now + wait, report)


def told(life: Life, event: Event) -> None:
    """Somebody was told that something is late: they may take it on, or decide that it need not be done."""
    if event.event is not Kind.ESCALATED or event.step is None:
        return
    if life.chance.yes(0.35):
        life.plan(life.now + life.chance.hours(0.5, 20), partial(_take_on, event.step))
    elif (event.rung or 0) > 1 and life.chance.yes(0.15):
        life.plan(life.now + life.chance.hours(1, 60), partial(_let_be, event.step))


def _take_on(step_id: str, life: Life) -> None:
    step = life.step(step_id)
    if step is None or step.state is not State.MISSED or step.rung == 0:
        return
    until = life.now + life.chance.span(0.5, 3)
    life.note("acknowledged", step=step.id, until=until)
    life.tell("acknowledge", step=step.id, until=until)


def _let_be(step_id: str, life: Life) -> None:
    step = life.step(step_id)
    role = Role.TEAM_LEAD if step is not None and step.ladder != SAFETY else Role.DUTY_MANAGER
    if step is None or step.kind in NOT_THEIRS or _waits_for_attempts(life, step):
        return
    try:
        may_waive(life.pathway, step, Actor(role=role))
    except Refused:
        return
    life.note("waived", step=step.id)
    life.tell("waive", role=role, step=step.id, reason="It was settled otherwise")


def _waits_for_attempts(life: Life, step: StepState) -> bool:
    rule = life.pathway.step.get(step.of or "")
    return rule is not None and step.attempts < rule.waive_needs_attempts


def peer_support(life: Life) -> None:
    """They are asked whether they would like a peer worker, and may change their mind."""
    answer = life.chance.pick({"accepted": 0.62, "declined": 0.2, None: 0.18})
    if answer is not None:
        life.plan(life.now + life.chance.span(1, 14), partial(_answer, answer))
    if answer == "accepted" and life.chance.yes(0.08):
        paused = life.now + life.chance.span(20, 120)
        life.plan(paused, partial(_answer, "paused"))
        life.plan(paused + life.chance.span(7, 40), partial(_answer, "accepted"))


def _answer(answer: str, life: Life) -> None:
    life.note("peer support", answer=answer)
    life.tell("facts", facts={"peer_support": answer})


def interruptions(life: Life) -> None:
    """What may happen to anybody: on hold for a while, or handed over to another coordinator."""
    if life.chance.yes(0.03):
        life.plan(life.now + life.chance.span(10, 150), _hold)
    if life.chance.yes(0.06):
        life.plan(life.now + life.chance.span(10, 200), _offer)
    if life.chance.yes(0.012):
        life.plan(life.now + life.chance.span(5, 300), partial(leave, "died"))
    elif life.chance.yes(0.05):
        life.plan(life.now + life.chance.span(20, 300), partial(leave, "moved-away"))


def _hold(life: Life) -> None:
    life.note("held")
    life.tell("hold", reason="They are away for a while")
    life.plan(life.now + life.chance.span(7, 40), _resume)


def _resume(life: Life) -> None:
    life.note("resumed")
    life.tell("resume")


def _offer(life: Life) -> None:
    others = [
        one.id for one in life.service.directory.staff.values()
        if one.role is life.pathway.coordinator and one.id != life.coordinator
    ]  # fmt: skip
    to = life.chance.choice(others)
    life.note("handover offered", to=to)
    life.tell("handover-offer", to=to, answer_by=life.now + timedelta(days=7))
    life.plan(life.now + life.chance.span(0.2, 9), partial(_answer_offer, to))


def _answer_offer(to: str, life: Life) -> None:
    accepts = life.chance.yes(0.8)
    life.note("handover answered", to=to, accepts=accepts, team=life.service.directory.staff[to].team)
    life.tell("handover-answer", staff=to, accept=accepts, reason=None if accepts else "Too many people")


def leave(way: str, life: Life) -> None:
    """It ends early."""
    life.note("ended", exit=way)
    life.tell("exit", exit=way)
