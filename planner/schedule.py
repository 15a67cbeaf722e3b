"""Which steps a journey has, and when they are due: the rules of the pathway applied to what is known."""

from planner import conditions, series, silence
from planner.due import due_of
from planner.turn import DEFINITION_CHANGED, Turn
from schemas.journey import State, StepState
from schemas.pathway import Pathway, Step


def derive(turn: Turn) -> None:
    """Bring every step of the pathway, and the watch for silence, in line with what is known now."""
    for rule in turn.pathway.steps:
        why_not = conditions.why_not(turn.pathway, rule, turn.journey.facts)
        if why_not is not None:
            _drop(turn, rule.id, why_not)
        elif rule.series is not None:
            series.derive(turn, rule)
        else:
            _derive_once(turn, rule)
    silence.derive(turn)


def _derive_once(turn: Turn, rule: Step) -> None:
    step = turn.journey.steps.get(rule.id) or turn.add(series.planned(turn.pathway, rule, rule.id))
    if step.state in (State.DONE, State.WAIVED):
        return
    due = step.due if step.by_hand else due_of(turn.journey, rule)
    if not turn.stands(step, due):
        turn.place(turn.step(rule.id), due)


def _drop(turn: Turn, rule_id: str, reason: str) -> None:
    for step_id, step in list(turn.journey.steps.items()):
        if step.of == rule_id and step.state.unfinished:
            turn.cancel(turn.step(step_id), reason)
    series.forget(turn, rule_id)


def renew(turn: Turn, pathway: Pathway) -> None:
    """Go on by another version of the pathway: what it no longer asks for goes, the rest is re-read."""
    turn.pathway = pathway
    for step_id, known in list(turn.journey.steps.items()):
        rule = pathway.step.get(known.of) if known.of else None
        if known.of is None or (rule is None and not known.state.unfinished):
            continue
        step = turn.step(step_id)
        if rule is None or (rule.series is None) != (step.number is None):
            if step.state.unfinished:
                turn.cancel(step, DEFINITION_CHANGED)
        else:
            _reread(turn, step, rule)
    derive(turn)


def _reread(turn: Turn, step: StepState, rule: Step) -> None:
    step.title, step.kind, step.owner = rule.title, rule.kind, turn.pathway.role(rule.owner)
    if step.ladder != rule.ladder:
        step.ladder = rule.ladder
        # Another ladder is climbed from its foot: what was told on the old one was told to others.
        step.rung, step.fired = 0, []
        turn.arm(step)
