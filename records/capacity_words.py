"""What a team's hours mean, in sentences: early, plain, and without pretending."""

from collections.abc import Iterator

from planner import words
from records.ledger import Capacity


def sentences(found: Capacity) -> Iterator[str]:
    """What does not fit, who waits, and how many people there are places for."""
    asked = sum(week.asked for week in found.weeks)
    held = sum(min(week.asked, week.holds) for week in found.weeks)
    weeks = "this week" if len(found.weeks) == 1 else f"the {len(found.weeks)} weeks"
    if not found.workers:
        yield f"This team has no peer workers: {_contacts(asked)} asked for in {weeks} have nobody to make them."
        return
    if held < asked:
        yield (
            f"{_contacts(asked)} are asked for in {weeks}, and the hours hold {held} of them: "
            f"{asked - held} have nobody's hours."
        )
    else:
        yield f"{_contacts(asked)} asked for in {weeks} fit into the hours."
    if found.waiting.people and found.waiting.since is not None:
        urgent = f", {found.waiting.urgent} of them with safety first" if found.waiting.urgent else ""
        people = "One person waits" if found.waiting.people == 1 else f"{found.waiting.people} people wait"
        yield f"{people} for a peer worker{urgent}, the longest since {words.day(found.waiting.since)}."
    yield (
        f"{found.people} people have a peer worker; by the hours there are places for {found.people_at_most} "
        "(local policy; no national figure exists)."
    )


def _contacts(number: int) -> str:
    return "One contact" if number == 1 else f"{number} contacts"
