"""What each command does, and when it is refused. One function a command, found by its model."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from planner import conditions, contacts, dates, exits, handover, outcomes, schedule
from planner.clock import local_day
from planner.due import due_of
from planner.ladders import SAFETY
from planner.policy import acting, may_acknowledge, may_complete, may_steer, may_waive
from planner.refused import Refused
from planner.turn import BEFORE_ALONGSIDE, PASSED, SUPERSEDED, Turn
from schemas import command as says
from schemas.codes import Role, StepKind
from schemas.event import Kind
from schemas.journey import Hold, State, StepState
from schemas.pathway import Pathway

LONGEST_ACKNOWLEDGEMENT = timedelta(days=31)
NOT_BY_HAND = (StepKind.SILENCE, StepKind.HANDOVER, StepKind.RISK_REVIEW, StepKind.ALLOCATION)
"""Kinds of steps that nobody adds: their titles are ours."""
STILL_DOABLE = (BEFORE_ALONGSIDE, PASSED, SUPERSEDED)
"""Steps cancelled because time went by may still be recorded as done: late is better than lost."""

THE_PERSONS_OWN = (conditions.PEER_SUPPORT, "preferences")
"""Facts that a peer worker may record too: what the person asked them for, or asked them to stop."""


def _step(turn: Turn, step_id: str) -> StepState:
    if step_id in turn.journey.steps:
        return turn.step(step_id)
    rule = turn.pathway.step.get(step_id.partition("#")[0])
    if rule is None:
        raise Refused("not-found", f"There is no step {step_id} here.")
    why_not = conditions.why_not(turn.pathway, rule, turn.journey.facts)
    if why_not is not None:
        raise Refused("conflict", f"{step_id} does not apply to this person ({why_not.replace('-', ' ')}).")
    if rule.series is not None and "#" not in step_id:
        raise Refused("invalid", f"{step_id} comes again and again: say which, for example {step_id}#1.")
    raise Refused("not-found", f"{step_id} has not come yet, or never will.")


def _finished(step: StepState) -> Refused:
    words = {State.DONE: "is done already", State.WAIVED: "was waived", State.CANCELLED: "was cancelled"}
    return Refused("conflict", f"{step.id} {words[step.state]}.")


def _ordinary(step: StepState) -> None:
    if step.kind is StepKind.ALLOCATION:
        raise Refused("conflict", f"{step.id} is done when somebody goes with the person: assign a peer worker.")
    if step.kind is StepKind.HANDOVER and step.of is None:
        raise Refused("conflict", f"{step.id} is an offer: accept it, decline it or withdraw it.")


def complete(turn: Turn, command: says.Complete) -> None:
    """Report a step done or a contact tried."""
    if command.step == "silence":
        raise Refused("invalid", "Silence ends when somebody sees the person: report that contact on its own step.")
    step = _step(turn, command.step)
    _ordinary(step)
    may_complete(turn.pathway, step, command.by)
    if step.state is State.PLANNED:
        raise Refused("conflict", f"{step.id} is not open yet: {_waits_for(turn.pathway, step)}.")
    if not step.state.unfinished and not (step.state is State.CANCELLED and step.reason in STILL_DOABLE):
        raise _finished(step)
    if contacts.report(turn, step, command):
        exits.after_step(turn, step, command.exit)
    elif command.exit is not None:
        raise Refused("invalid", f"{step.id} is not done by that, so it cannot say how the transition ended.")


def _waits_for(pathway: Pathway, step: StepState) -> str:
    rule = pathway.step.get(step.of or "")
    if rule is None or rule.due is None:
        return "its turn has not come"
    return f"it waits for the {pathway.milestone[rule.due.milestone].name}"


def waive(turn: Turn, command: says.Waive) -> None:
    """Somebody who may decides that a step need not be done."""
    step = _step(turn, command.step)
    _ordinary(step)
    if not step.state.unfinished:
        raise _finished(step)
    may_waive(turn.pathway, step, command.by)
    if command.reason is None:
        raise Refused("invalid", f"Say why {step.id} need not be done.")
    rule = turn.pathway.step.get(step.of or "")
    needed = rule.waive_needs_attempts if rule else 0
    if step.attempts < needed:
        raise Refused("conflict", f"{step.id} cannot be waived before {needed} attempts: {step.attempts} so far.")
    turn.waive(step, command.reason)
    if outcomes.is_review(step):
        exits.after_review(turn)


def acknowledge(turn: Turn, command: says.Acknowledge) -> None:
    """Somebody takes an escalation on until a given time."""
    step = _escalated(turn, command.step)
    may_acknowledge(turn.pathway, step, command.by)
    if command.until <= turn.now:
        raise Refused("invalid", "The time until which it is acknowledged lies in the past: give one ahead.")
    if command.until > turn.now + LONGEST_ACKNOWLEDGEMENT:
        raise Refused("invalid", "Nobody is told for over 31 days then: give an earlier time.")
    step.acknowledged_until = command.until
    turn.arm(step)
    why = {"reason": command.reason} if command.reason else {}
    turn.emit(Kind.ACKNOWLEDGED, step=step.id, rung=step.rung, until=command.until, **why)


def _escalated(turn: Turn, step_id: str) -> StepState:
    if step_id == "silence":
        if turn.journey.silence is None or turn.journey.silence.state is not State.MISSED:
            raise Refused("conflict", "There is no alert about silence to acknowledge.")
        turn.journey.silence = turn.journey.silence.copy()
        return turn.journey.silence
    step = _step(turn, step_id)
    if not step.state.unfinished:
        raise _finished(step)
    if step.state is not State.MISSED or step.rung == 0:
        raise Refused("conflict", f"Nobody has been told about {step.id} yet: there is nothing to acknowledge.")
    return step


def milestone(turn: Turn, command: says.RecordMilestone) -> None:
    """Something happened, or happened at another time than was recorded."""
    may_steer(turn.pathway, command.by, "record a milestone")
    dates.happened(turn, command.milestone, command.occurred_at, command.reason)
    exits.after_milestone(turn, command.milestone)


def expect(turn: Turn, command: says.Expect) -> None:
    """Expected dates are set, moved or cleared."""
    may_steer(turn.pathway, command.by, "set an expected date")
    dates.expect(turn, command.expected, command.reason)


def facts(turn: Turn, command: says.ChangeFacts) -> None:
    """Facts change; the steps that they call for come and go."""
    if acting(turn.pathway, command.by, Role.COORDINATOR) is not Role.PEER_WORKER or not (
        set(command.facts) <= set(THE_PERSONS_OWN)
    ):
        may_steer(turn.pathway, command.by, "change that fact")
    initial = conditions.initial(turn.pathway)
    changed: dict[str, Any] = {}
    for name, said in command.facts.items():
        value = conditions.checked(turn.pathway, name, said) if said is not None else _unset(turn, name, initial)
        if value != turn.journey.facts.get(name):
            changed[name] = value
    if not changed:
        raise Refused("conflict", "Those facts are recorded like that already: nothing changes.")
    now = {**turn.journey.facts, **changed}
    turn.journey.facts = {name: value for name, value in now.items() if value is not None}
    why = {"reason": command.reason} if command.reason else {}
    for name, value in changed.items():
        turn.emit(Kind.FACT, fact=name, value=value, **why)
    _open_declined(turn, changed)
    schedule.derive(turn)


def _unset(turn: Turn, name: str, initial: dict[str, Any]) -> Any:
    if name not in turn.pathway.facts:
        conditions.checked(turn.pathway, name, True)
    return initial.get(name)


def _open_declined(turn: Turn, changed: dict[str, Any]) -> None:
    for rule in turn.pathway.steps:
        fact = rule.reopened_by_declined
        if fact in changed and conditions.declined(turn.journey.facts, fact) and rule.id in turn.journey.steps:
            step = turn.step(rule.id)
            if not step.state.unfinished:
                turn.undo(step)


def hold(turn: Turn, command: says.PutOnHold) -> None:
    """Steps off the safety ladder stop falling due."""
    may_steer(turn.pathway, command.by, "put a transition on hold")
    if turn.journey.hold is not None:
        raise Refused("conflict", "The transition is on hold already.")
    if command.reason is None:
        raise Refused("invalid", "Say why it is put on hold.")
    turn.journey.hold = Hold(since=turn.now, reason=command.reason)
    turn.emit(Kind.HELD, reason=command.reason)


def resume(turn: Turn, command: says.Resume) -> None:
    """The hold ends; every unfinished date that it stopped moves by its length."""
    may_steer(turn.pathway, command.by, "resume a transition")
    if turn.journey.hold is None:
        raise Refused("conflict", "The transition is not on hold.")
    length = turn.now - turn.journey.hold.since
    turn.journey.hold = None
    turn.emit(Kind.RESUMED)
    _shift(turn, length)
    schedule.derive(turn)


def _shift(turn: Turn, length: timedelta) -> None:
    shifted: set[str] = set(turn.journey.series)
    for step_id, known in list(turn.journey.steps.items()):
        if known.ladder == SAFETY or not known.state.unfinished or known.due is None:
            continue
        step = turn.step(step_id)
        if step.of is not None:
            shifted.add(step.of)
        if step.state is State.MISSED:
            # It was late before the hold and is as late after it: whoever was told then is not told again.
            step.due = known.due + length
            turn.emit(Kind.DUE, step=step.id, due=step.due)
            turn.arm(step)
        elif step.of is None or step.by_hand:
            turn.place(step, known.due + length)
    shifts = dict(turn.journey.shifts)
    for rule_id in sorted(shifted):
        if rule_id in turn.pathway.step and turn.pathway.step[rule_id].ladder != SAFETY:
            shifts[rule_id] = shifts.get(rule_id, 0) + length.total_seconds()
    turn.journey.shifts = shifts


def set_due(turn: Turn, command: says.SetDue) -> None:
    """A due date set by hand stays when its milestone moves; null goes back to the rule."""
    step = _step(turn, command.step)
    _ordinary(step)
    if not step.state.unfinished:
        raise _finished(step)
    if step.ladder == SAFETY:
        may_waive(turn.pathway, step, command.by, "set the date of")
    else:
        may_steer(turn.pathway, command.by, f"set the date of {step.id}")
    if command.due is None:
        _back_to_rule(turn, step)
        return
    if command.due <= turn.now:
        raise Refused("invalid", "The due date lies in the past: give one ahead, or report the step as done.")
    if command.due > turn.now + dates.FURTHEST:
        raise Refused("invalid", "The due date lies more than ten years ahead: check the year.")
    if command.reason is None:
        raise Refused("invalid", "Say why this date is set by hand: it stays when everything else moves.")
    if command.due == step.due:
        raise Refused("conflict", f"{step.id} is due then already.")
    step.by_hand = command.reason
    turn.place(step, command.due)


def _back_to_rule(turn: Turn, step: StepState) -> None:
    if step.by_hand is None:
        raise Refused("conflict", f"The date of {step.id} was not set by hand.")
    rule = turn.pathway.step.get(step.of or "")
    if rule is None:
        raise Refused("conflict", f"{step.id} has no rule to go back to: set another date.")
    step.by_hand = None
    told = len(turn.events)
    if rule.series is None:
        turn.place(step, due_of(turn.journey, rule))
    schedule.derive(turn)
    if len(turn.events) == told:  # the rule says the same date, but from now on the step moves with it
        turn.emit(Kind.DUE, step=step.id, due=step.due)


def add_step(turn: Turn, command: says.AddStep) -> None:
    """A one-off step for this person alone."""
    may_steer(turn.pathway, command.by, "add a step")
    if command.step in turn.journey.steps or command.step in turn.pathway.step or command.step == "silence":
        raise Refused("conflict", f"There is a step {command.step} already: give this one another name.")
    if command.kind in NOT_BY_HAND:
        raise Refused("invalid", f"A step of the kind {command.kind} cannot be added by hand.")
    if command.ladder not in turn.pathway.ladders:
        raise Refused("not-found", f"There is no ladder {command.ladder}: there is {', '.join(turn.pathway.ladders)}.")
    if local_day(command.due) < local_day(turn.now) or command.due <= turn.now:
        raise Refused("invalid", "The due date lies in the past: give one ahead.")
    if command.due > turn.now + dates.FURTHEST:
        raise Refused("invalid", "The due date lies more than ten years ahead: check the year.")
    step = StepState(
        id=command.step,
        title=command.title,
        kind=command.kind,
        owner=turn.pathway.role(command.owner),
        ladder=command.ladder,
    )
    turn.place(turn.add(step), command.due)


def move_definition(turn: Turn, command: says.MoveDefinition) -> None:
    """Go on by a newer version of the same pathway."""
    may_move = (Role.TEAM_LEAD, Role.SERVICE_MANAGER, Role.ADMINISTRATOR, Role.OPERATIONS)
    role = acting(turn.pathway, command.by, Role.COORDINATOR)
    if role not in may_move:
        may_steer(turn.pathway, command.by, "move a transition to another definition")
    pathway = Pathway.parse_canonical(command.definition)
    if pathway.id != turn.pathway.id:
        raise Refused("invalid", f"That is a definition of {pathway.id}; this transition is on {turn.pathway.id}.")
    if pathway.digest == turn.journey.definition:
        raise Refused("conflict", "The transition runs by that definition already.")
    missing = sorted(set(turn.journey.occurred) - set(pathway.milestone))
    if missing:
        raise Refused("conflict", f"The new definition lacks milestones that have happened: {', '.join(missing)}.")
    turn.journey.definition = pathway.digest
    turn.emit(Kind.DEFINITION_CHANGED, value=pathway.version)
    known = conditions.initial(pathway)
    turn.journey.facts = known | {name: value for name, value in turn.journey.facts.items() if name in pathway.facts}
    turn.journey.expected = {n: at for n, at in turn.journey.expected.items() if n in pathway.milestone}
    schedule.renew(turn, pathway)


def leave(turn: Turn, command: says.Exit) -> None:
    """The transition closes early."""
    may_steer(turn.pathway, command.by, "close a transition")
    exits.leave(turn, command.exit)


_DO: dict[type[says.Command], Callable[[Turn, Any], None]] = {
    says.Complete: complete,
    says.Waive: waive,
    says.Acknowledge: acknowledge,
    says.RecordMilestone: milestone,
    says.Expect: expect,
    says.ChangeFacts: facts,
    says.PutOnHold: hold,
    says.Resume: resume,
    says.SetDue: set_due,
    says.AddStep: add_step,
    says.OfferHandover: handover.offer,
    says.AnswerHandover: handover.answer,
    says.WithdrawHandover: handover.withdraw,
    says.MoveDefinition: move_definition,
    says.Exit: leave,
}


def apply(turn: Turn, command: says.Command) -> None:
    """Do what the command says; Refused when it cannot be done."""
    turn.take(command)
    _DO[type(command)](turn, command)
