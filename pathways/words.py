"""A pathway's rules in words: when a step is due, and when it is asked for at all."""

from schemas.codes import StepKind
from schemas.pathway import Anchor, Pathway, Series, Step


def due(pathway: Pathway, step: Step) -> str:
    """For example "20 working days before discharge", or "every 7 days from discharge, 4 times"."""
    if step.due is not None:
        return _anchor(pathway, step.due)
    return _series(pathway, step.series) if step.series else ""


def _anchor(pathway: Pathway, anchor: Anchor) -> str:
    name = pathway.milestone[anchor.milestone].name
    expected = "the expected " if anchor.after_expected else ""
    if anchor.count == 0:
        return f"the day of {expected}{name}" if anchor.given() else f"{expected}{name}"
    return f"{anchor.words()} {'before' if anchor.before else 'after'} {expected}{name}"


def _series(pathway: Pathway, series: Series) -> str:
    if series.at is not None:
        after = f"{_listed([span.words() for span in series.at])} after {_anchor(pathway, series.start)}"
    else:
        every = series.every.words() if series.every else ""
        after = f"every {every} from {_anchor(pathway, series.start)}"
    times = f", {series.times} times" if series.times else ""
    until = f", until {_anchor(pathway, series.until)}" if series.until else ""
    return f"{after}{times}{until}"


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def when(step: Step) -> str:
    """For example "family involved and peer support is accepted"; empty when the step is always asked for."""
    said = [_wanted(name, value) for name, value in step.when.items()]
    if step.kind is StepKind.PEER_CONTACT and "peer_support" not in step.when:
        said.append(_wanted("peer_support", "accepted"))
    return " and ".join(said)


def _wanted(name: str, value: object) -> str:
    words = name.replace("_", " ")
    if isinstance(value, bool):
        return words if value else f"not {words}"
    return f"{words} is {' or '.join(map(str, value)) if isinstance(value, list) else value}"


def stage(pathway: Pathway | None, name: str | None) -> str:
    """Where a journey stands, as worklists keep it: for example "after the discharge"; without rules, as it is."""
    if name is None:
        return "not started yet"
    milestone = pathway.milestone.get(name) if pathway is not None else None
    return f"after the {milestone.name}" if milestone is not None else name.replace("-", " ")
