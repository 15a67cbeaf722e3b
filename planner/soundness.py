"""Whether the pieces of a pathway fit together: asked before anybody is followed by it."""

import difflib
from collections.abc import Iterable, Iterator

from schemas.codes import Role, StepKind
from schemas.pathway import Anchor, Fact, Pathway, Step

Problem = tuple[tuple[str | int, ...], str]
RESERVED = ("silence", "handover", "risk-review")
NEEDED_MILESTONES = ("started", "ended")
NEEDED_LADDERS = ("safety", "standard")
PEER_SUPPORT = "peer_support"


def near(name: str, known: Iterable[str]) -> str:
    """A hint at the name that was perhaps meant; empty when none is near."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f": is {found[0]} meant?" if found else ""


def problems(pathway: Pathway) -> list[Problem]:
    """Everything that keeps the pathway from being followed, with its place in the definition."""
    return [
        *_milestones(pathway),
        *_facts(pathway),
        *_ladders(pathway),
        *_steps(pathway),
        *_exits(pathway),
        *_known(("silence", "after"), "milestone", pathway.silence.after, pathway.milestone),
    ]


def _known(place: tuple[str | int, ...], what: str, name: str, known: Iterable[str]) -> Iterator[Problem]:
    if name not in known:
        yield place, f"there is no {what} {name}{near(name, known)}"


def _twice(place: str, ids: list[str]) -> Iterator[Problem]:
    for number, name in enumerate(ids):
        if name in ids[:number]:
            yield (place, number, "id"), f"{name} is there already: give this one another id"


def _milestones(pathway: Pathway) -> Iterator[Problem]:
    yield from _twice("milestones", [milestone.id for milestone in pathway.milestones])
    for name in NEEDED_MILESTONES:
        if name not in pathway.milestone:
            yield ("milestones",), f"every pathway has the milestone {name}: add it"
    for number, milestone in enumerate(pathway.milestones):
        for field in ("needs", "not_before"):
            for position, name in enumerate(getattr(milestone, field)):
                yield from _known(("milestones", number, field, position), "milestone", name, pathway.milestone)
        if _leads_back(pathway, milestone.id, milestone.id, set()):
            yield ("milestones", number), f"{milestone.id} must come before itself: break the circle of needs"


def _leads_back(pathway: Pathway, at: str, goal: str, seen: set[str]) -> bool:
    milestone = pathway.milestone.get(at)
    for earlier in [*milestone.needs, *milestone.not_before] if milestone else []:
        if earlier == goal:
            return True
        if earlier not in seen and _leads_back(pathway, earlier, goal, seen | {earlier}):
            return True
    return False


def _facts(pathway: Pathway) -> Iterator[Problem]:
    for name, fact in pathway.facts.items():
        if fact.default is not None and not _has(fact, fact.default):
            yield ("facts", name, "default"), f"{fact.default!r} is no value of {name}"
    peer = pathway.facts.get(PEER_SUPPORT)
    uses_peers = any(step.kind is StepKind.PEER_CONTACT for step in pathway.steps)
    if uses_peers and (peer is None or "accepted" not in (peer.values or [])):
        yield ("facts",), "peer contacts need the fact peer_support, a choice with the value accepted: add it"


def _has(fact: Fact, value: object) -> bool:
    if fact.type == "boolean":
        return isinstance(value, bool)
    return isinstance(value, bool) or value in (fact.values or [])


def _ladders(pathway: Pathway) -> Iterator[Problem]:
    for name in NEEDED_LADDERS:
        if name not in pathway.ladders:
            yield ("ladders",), f"every pathway has the ladder {name}: add it"
    for name, ladder in pathway.ladders.items():
        for number, (rung, following) in enumerate(zip(ladder.rungs, ladder.rungs[1:], strict=False)):
            if rung.unit == following.unit and rung.count >= following.count:
                yield ("ladders", name, "rungs", number + 1), "each rung comes later than the one before it"
            if rung.unit != following.unit:
                yield ("ladders", name, "rungs", number + 1), f"count every rung of a ladder in {rung.unit}"
    for field in ("safety_ladder", "other_ladder"):
        ladder_name = getattr(pathway.risk_review, field)
        yield from _known(("risk_review", field), "ladder", ladder_name, pathway.ladders)


def _steps(pathway: Pathway) -> Iterator[Problem]:
    yield from _twice("steps", [step.id for step in pathway.steps])
    for number, step in enumerate(pathway.steps):
        for place, message in _step(pathway, step):
            yield ("steps", number, *place), message


def _step(pathway: Pathway, step: Step) -> Iterator[Problem]:
    if step.id in RESERVED:
        yield ("id",), f"{step.id} is a name that Alongside uses itself: choose another"
    yield from _known(("ladder",), "ladder", step.ladder, pathway.ladders)
    if step.due is not None:
        yield from _known(("due", _field(step.due)), "milestone", step.due.milestone, pathway.milestone)
    yield from _series(pathway, step)
    yield from _when(pathway, step)
    yield from _who(pathway, step)
    yield from _contact_rules(pathway, step)


def _field(anchor: Anchor) -> str:
    return next(name for name in ("after", "before", "after_expected") if getattr(anchor, name))


def _series(pathway: Pathway, step: Step) -> Iterator[Problem]:
    series = step.series
    if series is None:
        return
    yield from _known(("series", "from", _field(series.start)), "milestone", series.start.milestone, pathway.milestone)
    if series.until is not None:
        place = ("series", "until", _field(series.until))
        yield from _known(place, "milestone", series.until.milestone, pathway.milestone)
    elif series.last is None:
        yield ("series",), "never ends: say `times`, or `until` which milestone"
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
            if not _has(fact, value):
                allowed = "true or false" if fact.type == "boolean" else ", ".join(fact.values or [])
                yield ("when", name), f"{value!r} is no value of {name}: it has {allowed}"


def _who(pathway: Pathway, step: Step) -> Iterator[Problem]:
    if step.owner is Role.INCOMING_COORDINATOR:
        yield ("owner",), "only a handover belongs to an incoming coordinator: name who does this step"
    if step.may_complete == []:
        yield ("may_complete",), "nobody may complete this step: name at least one role, or leave the line out"
    elif step.may_complete is not None and pathway.role(step.owner) not in map(pathway.role, step.may_complete):
        yield ("may_complete",), f"the owner ({step.owner}) may not complete it: add that role"


def _contact_rules(pathway: Pathway, step: Step) -> Iterator[Problem]:
    satisfied_by = step.satisfied_by
    if satisfied_by is not None and not step.kind.is_contact:
        yield ("satisfied_by",), f"only a contact is satisfied by a contact, and this is a {step.kind}"
    if satisfied_by is not None and (step.due is None or step.due.after is None):
        yield ("satisfied_by",), "counts from the milestone of `due: {after: ...}`, which this step has not got"
    if satisfied_by is not None and satisfied_by.or_milestone is not None:
        yield from _known(("satisfied_by", "or_milestone"), "milestone", satisfied_by.or_milestone, pathway.milestone)
    if step.records is not None:
        yield from _known(("records",), "milestone", step.records, pathway.milestone)
        if not step.kind.is_contact or step.series is not None:
            yield ("records",), "only a contact or appointment that comes once records a milestone"
    fact = pathway.facts.get(step.reopened_by_declined or "")
    if step.reopened_by_declined is not None and (fact is None or fact.type != "agreed-choice"):
        yield ("reopened_by_declined",), "names a fact of the type agreed-choice"


def _exits(pathway: Pathway) -> Iterator[Problem]:
    yield from _twice("exits", [way.id for way in pathway.exits])
    for number, way in enumerate(pathway.exits):
        for field in ("when_done", "said_with"):
            name = getattr(way, field)
            if name is not None:
                yield from _known(("exits", number, field), "step", name, pathway.step)
                if name in pathway.step and pathway.step[name].series is not None:
                    yield ("exits", number, field), f"{name} comes again and again, so it cannot be the last step"
        if way.milestone is not None:
            yield from _known(("exits", number, "milestone"), "milestone", way.milestone, pathway.milestone)
        if way.needs_agreed is not None:
            fact = pathway.facts.get(way.needs_agreed)
            if fact is None or fact.type != "agreed-choice":
                yield ("exits", number, "needs_agreed"), "names a fact of the type agreed-choice"
    if not any(way.when_done or way.said_with or way.milestone for way in pathway.exits):
        yield ("exits",), "the pathway cannot close by itself: name the last step with `when_done` or `said_with`"
    if not any(not (way.when_done or way.said_with or way.milestone or way.needs_agreed) for way in pathway.exits):
        yield ("exits",), "somebody may die or leave at any time: add an exit that needs nothing"
