"""Whether the pieces of a pathway fit together: asked before anybody is followed by it."""

import difflib
from collections.abc import Iterable, Iterator

from planner import never
from planner.never import Problem
from schemas.codes import COORDINATING_ROLES, Role, StepKind
from schemas.pathway import Anchor, Exit, Fact, Ladder, Pathway, Step

RESERVED = ("silence", "handover", "risk-review", "outcome-review", "allocation", "peer-worker", "tell-the-person")
"""Steps that Alongside opens itself: neither an id nor a kind that a definition may use."""
NEEDED_MILESTONES = (never.STARTED, never.ENDED)
SAFETY = "safety"
_NO_WAITING = "safety never waits for a working day"
NEEDED_LADDERS = (SAFETY, "standard")
PEER_SUPPORT = "peer_support"
ACCEPTED, DECLINED = "accepted", "declined"


def near(name: str, known: Iterable[str]) -> str:
    """A hint at the name that was perhaps meant; empty when none is near."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f": is {found[0]} meant?" if found else ""


def problems(pathway: Pathway) -> list[Problem]:
    """Everything that keeps the pathway from being followed, with its place in the definition."""
    return [
        *_coordinator(pathway),
        *_milestones(pathway),
        *_facts(pathway),
        *_ladders(pathway),
        *_steps(pathway),
        *_exits(pathway),
        *_anchored(("silence", "after"), pathway, pathway.silence.after),
        *never.after_problems(("silence", "after"), pathway, pathway.silence.after),
    ]


def _known(place: tuple[str | int, ...], what: str, name: str, known: Iterable[str]) -> Iterator[Problem]:
    if name not in known:
        yield place, f"there is no {what} {name}{near(name, known)}"


def _anchored(place: tuple[str | int, ...], pathway: Pathway, milestone: str) -> Iterator[Problem]:
    yield from _known(place, "milestone", milestone, pathway.milestone)
    if milestone == "ended":
        yield place, "nothing is asked for once the transition has ended: count from another milestone"


def _twice(place: str, ids: list[str]) -> Iterator[Problem]:
    for number, name in enumerate(ids):
        if name in ids[:number]:
            yield (place, number, "id"), f"{name} is there already: give this one another id"


def _coordinator(pathway: Pathway) -> Iterator[Problem]:
    if pathway.coordinator not in COORDINATING_ROLES:
        yield ("coordinator",), "the coordinator is called coordinator or named-worker: say one of the two"


def _milestones(pathway: Pathway) -> Iterator[Problem]:
    yield from _twice("milestones", [milestone.id for milestone in pathway.milestones])
    for name in NEEDED_MILESTONES:
        if name not in pathway.milestone:
            yield ("milestones",), f"every pathway has the milestone {name}: add it"
    for number, milestone in enumerate(pathway.milestones):
        for field in ("needs", "not_before"):
            for position, name in enumerate(getattr(milestone, field)):
                yield from _known(("milestones", number, field, position), "milestone", name, pathway.milestone)
        for place, message in never.milestone_problems(pathway, milestone):
            yield ("milestones", number, *place), message


def _facts(pathway: Pathway) -> Iterator[Problem]:
    for name, fact in pathway.facts.items():
        if fact.default is not None and fact.type not in ("boolean", "choice"):
            yield ("facts", name, "default"), "only a boolean or a choice begins with a value: leave the default out"
        elif fact.default is not None and not _may_be(fact, fact.default):
            yield ("facts", name, "default"), f"{_shown(fact.default)} is no value of {name}: it has {_values(fact)}"
        for number, value in enumerate(fact.values or []):
            if value in (fact.values or [])[:number]:
                yield ("facts", name, "values", number), f"{value} is there already: leave it out"
            if ":" in value and fact.type in ("agreed-choice", "asked-for"):
                yield (
                    ("facts", name, "values", number),
                    "a colon divides the value from what is said of it: leave it out",
                )
    yield from _peer_support(pathway)


def _peer_support(pathway: Pathway) -> Iterator[Problem]:
    peer = pathway.facts.get(PEER_SUPPORT)
    uses_peers = any(step.kind is StepKind.PEER_CONTACT for step in pathway.steps)
    if not uses_peers:
        return
    if peer is None or peer.type != "choice" or ACCEPTED not in (peer.values or []):
        yield ("facts",), "peer contacts need the fact peer_support, a choice with the value accepted: add it"
    elif DECLINED not in (peer.values or []):
        yield ("facts", PEER_SUPPORT, "values"), "anybody may decline peer support at any time: add the value declined"


def _may_be(fact: Fact, value: object) -> bool:
    return isinstance(value, bool) if fact.values is None else value in fact.values


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _values(fact: Fact) -> str:
    return "true or false" if fact.values is None else ", ".join(fact.values)


def _ladders(pathway: Pathway) -> Iterator[Problem]:
    for name in NEEDED_LADDERS:
        if name not in pathway.ladders:
            yield ("ladders",), f"every pathway has the ladder {name}: add it"
    for name, ladder in pathway.ladders.items():
        for place, message in _ladder(name, ladder):
            yield ("ladders", name, *place), message
    if pathway.risk_review.on_safety.unit == "working_days":
        yield ("risk_review", "on_safety"), f"{_NO_WAITING}: count it in hours"
    for field in ("safety_ladder", "other_ladder"):
        ladder_name = getattr(pathway.risk_review, field)
        yield from _known(("risk_review", field), "ladder", ladder_name, pathway.ladders)


def _ladder(name: str, ladder: Ladder) -> Iterator[Problem]:
    for number, (rung, following) in enumerate(zip(ladder.rungs, ladder.rungs[1:], strict=False)):
        if rung.unit == following.unit and rung.count >= following.count:
            yield ("rungs", number + 1), "each rung comes later than the one before it"
        if rung.unit != following.unit:
            yield ("rungs", number + 1), f"count every rung of a ladder in {rung.unit}"
    if ladder.reminder is not None and ladder.reminder.count == 0:
        yield ("reminder",), "a reminder comes before the step is due: say how long, or leave it out"
    if name == SAFETY and any(rung.unit == "working_days" for rung in ladder.rungs):
        yield ("rungs",), f"{_NO_WAITING}: count its rungs in hours"


def _steps(pathway: Pathway) -> Iterator[Problem]:
    yield from _twice("steps", [step.id for step in pathway.steps])
    for number, step in enumerate(pathway.steps):
        for place, message in _step(pathway, step):
            yield ("steps", number, *place), message


def _step(pathway: Pathway, step: Step) -> Iterator[Problem]:
    if step.id in RESERVED:
        yield ("id",), f"{step.id} is a name that Alongside uses itself: choose another"
    if step.kind in RESERVED:
        yield ("kind",), f"a {step.kind} is opened by Alongside itself: choose another kind, for example task"
    yield from _known(("ladder",), "ladder", step.ladder, pathway.ladders)
    if step.due is not None:
        yield from _anchored(("due", _field(step.due)), pathway, step.due.milestone)
        yield from never.anchor_problems(("due",), pathway, step.due)
    if step.kind is StepKind.PEER_CONTACT and step.ladder == SAFETY:
        yield ("ladder",), "a peer is never on call: put a peer contact on another ladder, for example gentle"
    yield from _series(pathway, step)
    yield from _when(pathway, step)
    yield from _who(pathway, step)
    yield from _contact_rules(pathway, step)
    yield from never.step_problems(pathway, step)


def _field(anchor: Anchor) -> str:
    return next(name for name in ("after", "before", "after_expected") if getattr(anchor, name))


def _series(pathway: Pathway, step: Step) -> Iterator[Problem]:
    series = step.series
    if series is None:
        return
    yield from _anchored(("series", "from", _field(series.start)), pathway, series.start.milestone)
    yield from never.anchor_problems(("series", "from"), pathway, series.start)
    for place, message in never.series_problems(pathway, series):
        yield ("series", *place), message
    if series.until is not None:
        place = ("series", "until", _field(series.until))
        yield from _known(place, "milestone", series.until.milestone, pathway.milestone)
    elif series.last is None:
        yield ("series",), "never ends: say `times`, or `until` which milestone"
    if series.every is not None and series.times is None and never.shortest(series.every) < 1:
        yield ("series", "every"), "comes more than once a day without an end in sight: say `times`"
    if series.at is not None and len({span.unit for span in series.at}) > 1:
        yield ("series", "at"), "count every distance in the same unit"
    elif series.at is not None and [span.count for span in series.at] != sorted({span.count for span in series.at}):
        yield ("series", "at"), "each distance is longer than the one before it"


def _when(pathway: Pathway, step: Step) -> Iterator[Problem]:
    for name, wanted in step.when.items():
        fact = pathway.facts.get(name)
        if fact is None:
            yield ("when", name), f"there is no fact {name}{near(name, pathway.facts)}"
            continue
        for value in wanted if isinstance(wanted, list) else [wanted]:
            yield from ((("when", name), problem) for problem in _wanted(name, fact, value))
    if step.kind is StepKind.PEER_CONTACT and step.when.get(PEER_SUPPORT, ACCEPTED) != ACCEPTED:
        yield (
            ("when", PEER_SUPPORT),
            "a peer contact is only ever asked for while peer support is accepted: leave it out",
        )


def _wanted(name: str, fact: Fact, value: object) -> Iterator[str]:
    if isinstance(value, bool):  # of a fact with values: that it has any, or none
        return
    if fact.type == "asked-for":
        yield f"what was asked for is the person's own words: say `{name}: true` (anything was) or `{name}: false`"
    elif value not in (fact.values or []):
        yield f"{_shown(value)} is no value of {name}: it has {_values(fact)}"


def _who(pathway: Pathway, step: Step) -> Iterator[Problem]:
    if step.owner is Role.INCOMING_COORDINATOR:
        yield ("owner",), "only a handover belongs to an incoming coordinator: name who does this step"
    if step.may_complete == []:
        yield ("may_complete",), "nobody may complete this step: name at least one role, or leave the line out"
    elif step.may_complete is not None and pathway.role(step.owner) not in map(pathway.role, step.may_complete):
        yield ("may_complete",), f"the owner ({step.owner}) may not complete it: add that role"
    if step.waive_needs_attempts and not step.kind.is_contact:
        yield ("waive_needs_attempts",), f"only a contact is attempted, so a {step.kind} could never be waived"
    if step.attempt_tells and not step.kind.is_contact:
        yield ("attempt_tells",), f"only a contact is attempted, and this is a {step.kind}: leave the line out"


def _contact_rules(pathway: Pathway, step: Step) -> Iterator[Problem]:
    yield from _satisfied_by(pathway, step)
    if step.records is not None:
        yield from _known(("records",), "milestone", step.records, pathway.milestone)
        if step.records in NEEDED_MILESTONES:
            yield ("records",), f"{step.records} is recorded by Alongside itself: name another milestone"
        if not step.kind.is_contact or step.series is not None:
            yield ("records",), "only a contact or appointment that comes once records a milestone"
    if step.reopened_by_declined is not None and not _is_agreed(pathway, step.reopened_by_declined):
        yield ("reopened_by_declined",), "names a fact of the type agreed-choice"
    elif step.reopened_by_declined is not None and step.series is not None:
        yield ("reopened_by_declined",), "only a step that comes once is opened again: leave the line out"


def _satisfied_by(pathway: Pathway, step: Step) -> Iterator[Problem]:
    rule = step.satisfied_by
    if rule is None:
        return
    if not step.kind.is_contact:
        yield ("satisfied_by",), f"only a contact is satisfied by a contact, and this is a {step.kind}"
    if step.due is None or step.due.after is None:
        yield ("satisfied_by",), "counts from the milestone of `due: {after: ...}`, which this step has not got"
    if rule.or_milestone is not None:
        yield from _known(("satisfied_by", "or_milestone"), "milestone", rule.or_milestone, pathway.milestone)
    elif rule.within_days is not None:
        yield ("satisfied_by", "within_days"), "says until when `or_milestone` counts: name that too, or leave it out"
    if rule.within_days is not None and rule.within_days < rule.days_after:
        yield ("satisfied_by", "within_days"), "no day is left: let within_days be at least days_after"


def _is_agreed(pathway: Pathway, name: str) -> bool:
    fact = pathway.facts.get(name)
    return fact is not None and fact.type == "agreed-choice"


def _exits(pathway: Pathway) -> Iterator[Problem]:
    yield from _twice("exits", [way.id for way in pathway.exits])
    for number, way in enumerate(pathway.exits):
        for place, message in _exit(pathway, way):
            yield ("exits", number, *place), message
    yield from _told_apart(pathway)
    ways = [way for way in pathway.exits if way.when_done or way.said_with or way.milestone]
    if not ways:
        yield ("exits",), "the pathway cannot close by itself: name the last step with `when_done` or `said_with`"
    elif not _for_everybody(pathway, ways):
        yield ("exits",), "the pathway cannot close for everybody: the last step is only asked for at times"
    if not any(not way.needs_agreed for way in pathway.exits if way not in ways):
        yield ("exits",), "somebody may die or leave at any time: add an exit that needs nothing"


def _told_apart(pathway: Pathway) -> Iterator[Problem]:
    """One step or milestone leads to one exit, unless somebody says with the step which it is."""
    led: dict[str, str] = {}
    for number, way in enumerate(pathway.exits):
        for field in ("when_done", "milestone"):
            name = getattr(way, field)
            if name in led:
                others = " (or say `said_with` in both)" if field == "when_done" else ""
                yield ("exits", number, field), f"{name} closes the pathway as {led[name]} already: keep one{others}"
            elif name is not None:
                led[name] = way.id
    for number, way in enumerate(pathway.exits):
        if way.said_with in led:
            yield (
                ("exits", number, "said_with"),
                f"{way.said_with} closes it as {led[way.said_with]}: say `said_with` there",
            )


def _exit(pathway: Pathway, way: Exit) -> Iterator[Problem]:
    for field in ("when_done", "said_with"):
        name = getattr(way, field)
        if name is not None:
            yield from _known((field,), "step", name, pathway.step)
            if name in pathway.step and pathway.step[name].series is not None:
                yield (field,), f"{name} comes again and again, so it cannot be the last step"
    if way.milestone is not None:
        yield from _known(("milestone",), "milestone", way.milestone, pathway.milestone)
        if way.milestone in NEEDED_MILESTONES:
            yield ("milestone",), f"{way.milestone} is recorded by Alongside itself: name another milestone"
    if len([said for said in (way.when_done, way.said_with, way.milestone) if said]) > 1:
        yield (), "say only one of when_done, said_with, milestone"
    if way.needs_agreed is not None and not _is_agreed(pathway, way.needs_agreed):
        yield ("needs_agreed",), "names a fact of the type agreed-choice"


def _for_everybody(pathway: Pathway, ways: list[Exit]) -> bool:
    """One of the ways is open to everybody, or two are of which each is for those whom the other is not for."""
    names = [way.when_done or way.said_with or "" for way in ways]
    if any(way.milestone for way in ways) or not all(name in pathway.step for name in names):
        return True  # a step that is not there is told of already
    steps = [pathway.step[name] for name in names]
    whens = [step.when for step in steps if step.kind is not StepKind.PEER_CONTACT]
    return {} in whens or any({name: True} in whens and {name: False} in whens for name in pathway.facts)
