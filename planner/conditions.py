"""Facts: which values they may have, and which steps they call for."""

from planner.refused import Refused
from schemas.codes import StepKind
from schemas.journey import FactValue
from schemas.pathway import Fact, Pathway, Step

PEER_SUPPORT = "peer_support"
ACCEPTED = "accepted"
STATUSES = ("proposed", ACCEPTED, "declined")
NOT_NEEDED = "none-needed"


def checked(pathway: Pathway, name: str, value: FactValue) -> FactValue:
    """The value as it is kept; Refused when the pathway has no such fact or the fact no such value."""
    fact = pathway.facts.get(name)
    if fact is None:
        raise Refused("not-found", f"{pathway.id} has no fact {name}: it has {_listed(pathway.facts)}.")
    if fact.type == "boolean":
        if not isinstance(value, bool):
            raise Refused("invalid", f"{name} is either true or false.")
        return value
    if fact.type == "asked-for":
        return _wishes(name, fact, value)
    if not isinstance(value, str):
        raise Refused("invalid", f"{name} is one of {_listed(fact.values or [])}.")
    return _agreed(name, fact, value) if fact.type == "agreed-choice" else _choice(name, fact, value)


def _choice(name: str, fact: Fact, value: str) -> str:
    if value not in (fact.values or []):
        raise Refused("invalid", f"{name} is one of {_listed(fact.values or [])}, not {value!r}.")
    return value


def _agreed(name: str, fact: Fact, value: str) -> str:
    choice, colon, status = value.partition(":")
    _choice(name, fact, choice)
    if not colon:
        # Nobody has to accept that nothing is needed; anything else is only proposed until they do.
        status = ACCEPTED if choice == NOT_NEEDED else STATUSES[0]
    if status not in STATUSES:
        raise Refused("invalid", f"{name} is written {choice}:STATUS, the status one of {_listed(STATUSES)}.")
    return f"{choice}:{status}"


def _wishes(name: str, fact: Fact, value: FactValue) -> list[str]:
    wishes = [value] if isinstance(value, str) else value
    if not isinstance(wishes, list):
        raise Refused("invalid", f"{name} is a list of what was asked for, each written kind:wish.")
    for wish in wishes:
        kind, colon, what = wish.partition(":")
        if not colon or not what.strip() or kind not in (fact.values or []) or len(wish) > 200:
            raise Refused(
                "invalid", f"each of {name} is written kind:wish, the kind one of {_listed(fact.values or [])}."
            )
    return list(dict.fromkeys(wishes))


def _listed(names: object) -> str:
    return ", ".join(str(name) for name in names)  # type: ignore[attr-defined]  # any iterable of names


def initial(pathway: Pathway) -> dict[str, FactValue]:
    """The facts before anybody has said anything."""
    return {name: fact.default for name, fact in pathway.facts.items() if fact.default is not None}


def agreed(facts: dict[str, FactValue], name: str) -> bool:
    """An agreed-choice fact has been accepted."""
    return str(facts.get(name, "")).endswith(f":{ACCEPTED}")


def declined(facts: dict[str, FactValue], name: str) -> bool:
    """An agreed-choice fact has been declined."""
    return str(facts.get(name, "")).endswith(":declined")


def applies(pathway: Pathway, step: Step, facts: dict[str, FactValue]) -> bool:
    """The pathway asks for the step, as things are."""
    return why_not(pathway, step, facts) is None


def why_not(pathway: Pathway, step: Step, facts: dict[str, FactValue]) -> str | None:
    """Why the pathway does not ask for the step, as things are; None when it does."""
    if step.kind is StepKind.PEER_CONTACT and facts.get(PEER_SUPPORT) != ACCEPTED:
        return f"peer-support-{facts.get(PEER_SUPPORT, 'unset')}"
    for name, wanted in step.when.items():
        if not _matches(pathway.facts[name], facts.get(name), wanted):
            if name == PEER_SUPPORT:
                return f"peer-support-{facts.get(PEER_SUPPORT, 'unset')}"
            return "no-longer-applies"
    return None


def _matches(fact: Fact, value: FactValue | None, wanted: object) -> bool:
    if fact.type == "boolean":
        return bool(value) is wanted
    if isinstance(wanted, bool):
        return bool(value) is wanted
    choices = wanted if isinstance(wanted, list) else [wanted]
    if fact.type == "agreed-choice":
        choice, _, status = str(value or "").partition(":")
        return choice in choices and status != "declined"
    if isinstance(value, list):
        return any(wish in choices for wish in value)
    return value in choices
