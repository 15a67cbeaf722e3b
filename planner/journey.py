"""The planner's doors: start a journey, decide a command, let time pass, and ask when it next matters."""

from datetime import datetime
from typing import NamedTuple

from planner import conditions, dates, peers, schedule, series, silence
from planner.commands import apply
from planner.ladders import SAFETY
from planner.order import known
from planner.refused import Refused
from planner.turn import Outcome, Turn
from schemas.command import ChangeFacts, Command, RecordMilestone, Start
from schemas.event import Kind
from schemas.journey import Journey, State
from schemas.pathway import Pathway


class Summary(NamedTuple):
    """A journey at a glance: its stage, the next due instant, how much is overdue, the highest rung told."""

    stage: str
    next_due: datetime | None
    overdue: int
    highest_rung: int


def start(pathway: Pathway, command: Start) -> Outcome:
    """Start a journey, or take one on that started earlier; Refused when what is said cannot be."""
    now = command.at
    started = command.started or now
    journey = Journey(
        transition_id=command.transition_id,
        pathway=pathway.id,
        definition=pathway.digest,
        division=command.division,
        born=command.born,
        taken_on=now,
        coordinator=command.coordinator,
        last_contact=command.last_contact,
        occurred={dates.STARTED: started},
    )
    _refuse_impossible(journey, command, now)
    facts = {name: conditions.checked(pathway, name, value) for name, value in command.facts.items()}
    journey.facts = conditions.initial(pathway) | facts
    for name in command.expected:
        known(pathway, name)
    journey.expected = dates.by_age(journey, pathway) | dict(command.expected)
    dates.check_history(journey, pathway, command.milestones, now)
    turn = Turn(pathway, journey, now, taking_on=started < now)
    turn.emit(Kind.STARTED)
    schedule.derive(turn)
    return turn.outcome()


def _refuse_impossible(journey: Journey, command: Start, now: datetime) -> None:
    if journey.started > now:
        raise Refused("invalid", "A transition cannot start in the future.")
    if command.born is not None and command.born > journey.started.date():
        raise Refused("invalid", "The date of birth lies after the start.")
    if command.last_contact is not None and command.last_contact > now:
        raise Refused("invalid", "The last contact lies in the future.")


def decide(pathway: Pathway, journey: Journey, command: Command) -> Outcome:
    """Do what a command says, at its own instant; whatever time alone had due by then comes first.

    Refused when it cannot be done; the journey given is never changed.
    """
    turn = Turn(pathway, journey, command.at)
    pass_time(turn)
    apply(turn, command)
    if isinstance(command, ChangeFacts | RecordMilestone):
        peers.look_now(turn)
    return turn.outcome()


def wake(pathway: Pathway, journey: Journey, now: datetime) -> Outcome:
    """Let time pass until now: remind, miss, tell the next rung, open what follows."""
    turn = Turn(pathway, journey, now)
    pass_time(turn)
    return turn.outcome()


def pass_time(turn: Turn) -> None:
    """What time alone had due by the turn's instant."""
    journey, now = turn.journey, turn.now
    if journey.closed is not None:
        return
    for step_id, step in list(journey.steps.items()):
        if step.wake is not None and step.wake <= now and not turn.paused(step):
            turn.advance(turn.step(step_id))
    for rule_id in list(journey.series):
        rule = turn.pathway.step[rule_id]
        while not _stopped(journey, rule.ladder):
            opens = journey.series[rule_id].wake
            if opens is None or opens > now:
                break
            series.advance(turn, rule)
    if journey.silence is not None and journey.silence.wake is not None and journey.silence.wake <= now:
        silence.advance(turn)
    peers.look(turn)


def _stopped(journey: Journey, ladder: str) -> bool:
    return journey.hold is not None and ladder != SAFETY


def next_wake(pathway: Pathway, journey: Journey) -> datetime | None:
    """The next instant at which time alone changes the journey; None while only people can."""
    moments = [
        step.wake for step in journey.steps.values() if step.wake is not None and not _stopped(journey, step.ladder)
    ]
    moments += [
        state.wake
        for rule_id, state in journey.series.items()
        if state.wake is not None and not _stopped(journey, pathway.step[rule_id].ladder)
    ]
    if journey.silence is not None and journey.silence.wake is not None:
        moments.append(journey.silence.wake)
    if (look := peers.looks(journey)) is not None:
        moments.append(look)
    return min(moments, default=None)


def summary(pathway: Pathway, journey: Journey) -> Summary:
    """The journey at a glance, for worklists and search."""
    waiting = [*journey.steps.values(), *([journey.silence] if journey.silence else [])]
    missed = [step for step in waiting if step.state is State.MISSED]
    dues = [step.due for step in journey.steps.values() if step.due and step.state is State.OPEN]
    return Summary(
        stage=stage(pathway, journey),
        next_due=min(dues, default=None),
        overdue=len(missed),
        highest_rung=max((step.rung for step in missed), default=0),
    )


def stage(pathway: Pathway, journey: Journey) -> str:
    """The latest milestone reached, or that it is on hold, or closed."""
    if journey.closed is not None:
        return "closed"
    if journey.hold is not None:
        return "on-hold"
    reached = [name for name in pathway.milestone if name in journey.occurred]
    return max(reached, key=lambda name: journey.occurred[name])
