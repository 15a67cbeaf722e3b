"""From one coordinator to another: offered, answered by a date, overlapping; silence is never a yes."""

from planner.policy import may_steer
from planner.refused import Refused
from planner.turn import Turn
from schemas.codes import Role, StepKind
from schemas.command import AnswerHandover, OfferHandover, WithdrawHandover
from schemas.event import Kind
from schemas.journey import Handover, Overlap, State, StepState


def offer(turn: Turn, command: OfferHandover) -> None:
    """Offer the transition; the one who has it keeps it until the other says yes."""
    may_steer(turn.pathway, command.by, "hand a transition over")
    journey = turn.journey
    if journey.handover is not None:
        raise Refused("conflict", "A handover is already offered: wait for the answer, or withdraw it first.")
    if command.to == journey.coordinator:
        raise Refused("invalid", "They are the coordinator already: offer it to somebody else.")
    if command.answer_by <= turn.now:
        raise Refused("invalid", "The answer-by date lies in the past: give one ahead.")
    if command.overlap_until is not None and command.overlap_until < command.answer_by:
        raise Refused("invalid", "The overlap ends before the answer is due: let it end later.")
    number = 1 + sum(step.kind is StepKind.HANDOVER and step.of is None for step in journey.steps.values())
    step = StepState(
        id=f"handover#{number}",
        title="Answer the offer to take this transition on",
        kind=StepKind.HANDOVER,
        owner=Role.INCOMING_COORDINATOR,
        ladder="standard",
    )
    journey.handover = Handover(
        step=step.id, to=command.to, answer_by=command.answer_by, overlap_until=command.overlap_until
    )
    turn.emit(Kind.HANDOVER_OFFERED, step=step.id, to=[step.owner], staff=command.to, due=command.answer_by)
    turn.place(turn.add(step), command.answer_by)


def answer(turn: Turn, command: AnswerHandover) -> None:
    """Only the one who was asked can answer; a no needs a reason and changes nothing else."""
    handover = _offered(turn)
    if command.by.role not in (None, Role.INCOMING_COORDINATOR) or command.by.staff not in (None, handover.to):
        raise Refused("not-allowed", "Only the coordinator who was asked can answer.")
    step = turn.step(handover.step)
    turn.journey.handover = None
    if not command.accept:
        if command.reason is None:
            raise Refused("invalid", "Say why: the coordinator who asked has to find another way.")
        turn.emit(Kind.HANDOVER_DECLINED, step=step.id, staff=handover.to, reason=command.reason)
        turn.cancel(step, "declined")
        return
    former = turn.journey.coordinator
    turn.journey.coordinator = handover.to
    if former is not None and handover.overlap_until is not None:
        turn.journey.overlap = Overlap(staff=former, until=handover.overlap_until)
    turn.emit(Kind.HANDOVER_ACCEPTED, step=step.id, staff=handover.to)
    turn.complete(step, turn.now)


def withdraw(turn: Turn, command: WithdrawHandover) -> None:
    """The offer is taken back; the coordinator stays who it was."""
    may_steer(turn.pathway, command.by, "withdraw a handover")
    handover = _offered(turn)
    turn.journey.handover = None
    turn.emit(Kind.HANDOVER_WITHDRAWN, step=handover.step, staff=handover.to)
    if turn.journey.steps[handover.step].state is not State.DONE:
        turn.cancel(turn.step(handover.step), "withdrawn")


def _offered(turn: Turn) -> Handover:
    if turn.journey.handover is None:
        raise Refused("conflict", "No handover is waiting for an answer.")
    return turn.journey.handover
