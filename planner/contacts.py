"""Reporting a step: done, or tried. Which contacts satisfy what, and what a missed one sets going."""

from datetime import datetime, timedelta

from planner import outcomes, schedule, silence
from planner.clock import birthday, due_after, local_day
from planner.due import due_of
from planner.ladders import SAFETY
from planner.order import in_order
from planner.refused import Refused
from planner.turn import Turn
from schemas.codes import WAS_NOT_BROUGHT, Attendance, Role, StepKind
from schemas.command import Complete
from schemas.event import Kind
from schemas.journey import Contact, State, StepState
from schemas.pathway import Step

RISK_REVIEW = "risk-review"


def happened_at(turn: Turn, said: datetime | None, what: str) -> datetime:
    """When something happened: as said, or now. Refused in the future, or before the transition started."""
    at = said or turn.now
    if at > turn.now:
        raise Refused("invalid", f"{what} cannot lie in the future: give the time at which it happened.")
    if at < turn.journey.started:
        raise Refused("invalid", f"{what} cannot lie before the transition started.")
    return at


def report(turn: Turn, step: StepState, command: Complete) -> bool:
    """Record what is said of a step; True when that completes it. What got reliably worse is to be looked at."""
    done = _told(turn, step, command)
    outcomes.review(turn, step, command.scores)
    return done


def _told(turn: Turn, step: StepState, command: Complete) -> bool:
    at = happened_at(turn, command.done_at, "The time of a contact" if step.kind.is_contact else "The time")
    scores = {"scores": _scores(turn, step, command)} if command.scores else {}
    if not step.kind.is_contact:
        if command.attendance or command.mechanism:
            raise Refused("invalid", f"{step.id} is no contact: leave attendance and mechanism out.")
        turn.complete(step, at, **({"contact_at": at} if command.done_at else {}), **scores)
        return True
    if command.attendance is None or command.mechanism is None:
        raise Refused("invalid", f"{step.id} is a contact: say its attendance status and consultation mechanism.")
    contact = Contact(at=at, recorded_at=turn.now, attendance=command.attendance, mechanism=command.mechanism)
    step.contacts = [*step.contacts, contact]
    told = {"attendance": contact.attendance, "mechanism": contact.mechanism, "contact_at": at, **scores}
    short_of = _short_of(turn, step, contact)
    rule = turn.pathway.step.get(step.of or "")
    if short_of is None:
        if rule is not None and rule.records is not None:
            in_order(turn.journey, turn.pathway, turn.pathway.milestone[rule.records], at)
        turn.complete(step, at, **told)
        if rule is not None and rule.records is not None:
            record(turn, rule.records, at)
    else:
        _attempted(turn, step, contact, short_of, told)
    if contact.attendance.attended:
        silence.heard(turn, at)
    return short_of is None


def _scores(turn: Turn, step: StepState, command: Complete) -> dict[str, object]:
    rule = turn.pathway.step.get(step.of or "")
    measures = rule.measures if rule else []
    unknown = sorted(set(command.scores or {}) - set(measures))
    if unknown:
        asked = f"it asks for {', '.join(measures)}" if measures else "it asks for none"
        raise Refused("invalid", f"{step.id} has no measure {', '.join(unknown)}: {asked}.")
    return dict(command.scores or {})


def _short_of(turn: Turn, step: StepState, contact: Contact) -> str | None:
    """Why the contact does not satisfy the step; None when it does."""
    if not contact.attendance.attended:
        return _missed_words(turn, contact)
    rule = turn.pathway.step.get(step.of or "")
    return _too_early(turn, rule, contact) or _wrong_mechanism(rule, contact) if rule else None


def _missed_words(turn: Turn, contact: Contact) -> str:
    if contact.attendance is Attendance.DID_NOT_ATTEND and is_child(turn, contact.at):
        return WAS_NOT_BROUGHT.replace(" ", "-")
    return contact.attendance.name.lower().replace("_", "-")


def is_child(turn: Turn, at: datetime) -> bool:
    """The person was under 18 on that day."""
    born = turn.journey.born
    return born is not None and at < birthday(born, 18)


def _too_early(turn: Turn, rule: Step, contact: Contact) -> str | None:
    if rule.due is None or rule.due.from_expected:
        return None
    anchor = turn.journey.occurred.get(rule.due.milestone)
    if anchor is None or contact.at < anchor:
        return f"before-{rule.due.milestone}"
    days_after = rule.satisfied_by.days_after if rule.satisfied_by else 0
    if local_day(contact.at) < local_day(anchor) + timedelta(days=days_after):
        return f"too-soon-after-{rule.due.milestone}"
    return None


def _wrong_mechanism(rule: Step, contact: Contact) -> str | None:
    asked = rule.satisfied_by.mechanisms if rule.satisfied_by else None
    return "mechanism-does-not-count" if asked and contact.mechanism not in asked else None


def record(turn: Turn, milestone: str, at: datetime, reason: str | None = None) -> None:
    """The milestone happened at that instant; everything that hangs on it is worked out anew."""
    turn.journey.occurred = {**turn.journey.occurred, milestone: at}
    why = {"reason": reason} if reason else {}
    turn.emit(Kind.MILESTONE, milestone=milestone, occurred_at=at, **why)
    schedule.derive(turn)
    for rule in turn.pathway.steps:
        if rule.satisfied_by is not None and rule.id in turn.journey.steps:
            _reassess(turn, rule, milestone, at)


def _reassess(turn: Turn, rule: Step, milestone: str, at: datetime) -> None:
    """A corrected date may make a contact count that did not, or not count that did."""
    step = turn.step(rule.id)
    counts = next((contact for contact in step.contacts if _short_of(turn, step, contact) is None), None)
    if step.state.unfinished and counts is not None:
        turn.complete(step, counts.at, attendance=counts.attendance, mechanism=counts.mechanism, contact_at=counts.at)
    elif step.state is State.DONE and step.contacts and counts is None:
        turn.undo(step)
        turn.place(step, due_of(turn.journey, rule))
    elif step.state.unfinished and milestone == (rule.satisfied_by.or_milestone if rule.satisfied_by else None):
        _satisfied_by_milestone(turn, step, rule, at)


def _satisfied_by_milestone(turn: Turn, step: StepState, rule: Step, at: datetime) -> None:
    satisfied_by, anchor = rule.satisfied_by, turn.journey.occurred.get(rule.due.milestone if rule.due else "")
    if satisfied_by is None or anchor is None:
        return
    days = (local_day(at) - local_day(anchor)).days
    if satisfied_by.days_after <= days and days <= (satisfied_by.within_days or days):
        turn.complete(step, at, reason=satisfied_by.or_milestone)


def _attempted(turn: Turn, step: StepState, contact: Contact, reason: str, told: dict[str, object]) -> None:
    rule = turn.pathway.step.get(step.of or "")
    missed = not contact.attendance.attended
    to = {"to": sorted(turn.pathway.role(role) for role in rule.attempt_tells)} if rule and missed else {}
    turn.emit(Kind.ATTEMPTED, step=step.id, reason=reason, **told, **(to if to.get("to") else {}))
    if missed and rule is not None and rule.records in turn.journey.expected:
        _clear_expected(turn, str(rule.records))
    if contact.attendance.missed:
        _review_risk(turn, step)


def _clear_expected(turn: Turn, milestone: str) -> None:
    if milestone not in turn.journey.occurred:
        turn.journey.expected = {name: at for name, at in turn.journey.expected.items() if name != milestone}
        turn.emit(Kind.EXPECTED, milestone=milestone, due=None)
        schedule.derive(turn)


def _review_risk(turn: Turn, step: StepState) -> None:
    """Somebody was expected and was not seen: the coordinator asks whether they are safe."""
    rules = turn.pathway.risk_review
    on_safety = step.ladder == SAFETY
    span = rules.on_safety if on_safety else rules.otherwise
    number = sum(contact.attendance.missed for contact in step.contacts)
    child = is_child(turn, step.contacts[-1].at)
    review = StepState(
        id=f"{RISK_REVIEW}:{step.id}#{number}",
        title="Are they safe? They were not brought to a contact" if child else "Are they safe? A contact was missed",
        kind=StepKind.RISK_REVIEW,
        owner=turn.pathway.role(Role.COORDINATOR),
        ladder=rules.safety_ladder if on_safety else rules.other_ladder,
    )
    turn.place(turn.add(review), due_after(turn.now, span.unit, span.count, turn.journey.division))
