"""Until when something is kept of a person, who may ask for its end, and who may approve. Nothing looks at a clock.

The periods are those of the NHS Records Management Code of Practice, Appendix II; docs/retention.md has their sources.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from planner.policy import MAY, Action, may
from planner.refused import Refused
from schemas.codes import Role
from schemas.erasing import Became, Rule, Verdict, Why
from schemas.retention import Decision, Kept

LAPSES_AFTER = timedelta(days=30)
"""How long what was asked for waits for a second person. Local policy."""
ADULT = 18


class Periods(NamedTuple):
    """How long something is kept, in years: after the last closure, after a death, and to which birthday of a child.

    Somebody whose care ended when they were 17 is kept a birthday longer.
    """

    after_closure: int = 20
    after_death: int = 10
    childhood: int = 25

    @property
    def shortest(self) -> int:
        """Nothing is due sooner than so many years after the last closure."""
        return min(self.after_closure, self.after_death)


class Stay(NamedTuple):
    """One transition: the day on which it closed, None while it has not. `begun` is False of a mere entry."""

    closed: date | None
    begun: bool = True


def keep(born: date, stays: Sequence[Stay], died: date | None, periods: Periods) -> Kept:
    """Until when something is kept: the day on which it is due to be destroyed.

    Whoever comes back is kept from their last closure anew. Of the living the longer of two periods holds; after a
    death the one for the dead holds instead, and begins when the death and the last closure both lie behind.
    """
    closed = [stay.closed for stay in stays if stay.closed is not None]
    if len(closed) < len(stays):
        return Kept(rule=Rule.OPEN)
    if died is not None:
        return Kept(rule=Rule.DEATH, until=years_after(max([died, *closed]), periods.after_death))
    if not closed:
        return Kept(rule=Rule.UNKNOWN)
    last = max(closed)
    after_closure = years_after(last, periods.after_closure)
    childhood = _childhood(born, last, periods)
    if childhood is not None and childhood > after_closure:
        return Kept(rule=Rule.CHILD, until=childhood)
    return Kept(rule=Rule.CLOSED, until=after_closure)


def _childhood(born: date, last: date, periods: Periods) -> date | None:
    if last >= years_after(born, ADULT):
        return None
    at_seventeen = last >= years_after(born, ADULT - 1)
    return years_after(born, periods.childhood + at_seventeen)


def years_after(day: date, count: int) -> date:
    """The same day so many years on. 29 February becomes 1 March: what is destroyed a day early does not come back."""
    try:
        return day.replace(year=day.year + count)
    except ValueError:
        return date(day.year + count, 3, 1)


def is_due(kept: Kept, today: date) -> bool:
    """Whether the time is over."""
    return kept.until is not None and kept.until <= today


def may_ask(kept: Kept, stays: Sequence[Stay], why: Why, today: date) -> None:
    """Refused unless there is ground for what somebody asks."""
    if any(stay.closed is None and stay.begun for stay in stays):
        raise Refused("conflict", "They are followed: end that first. Nobody is erased while somebody looks for them.")
    entered = any(not stay.begun for stay in stays)
    if entered and why is not Why.NEVER_BEGUN:
        raise Refused(
            "conflict", "They are entered for a transition that has not begun: begin and end it, or give never-begun."
        )
    if why is Why.NEVER_BEGUN and (any(stay.begun for stay in stays) or not entered):
        raise Refused("conflict", "A journey of theirs began: give end-of-retention or asked-by-person.")
    if why is Why.END_OF_RETENTION and not is_due(kept, today):
        until = f"until {kept.until:%-d %B %Y}" if kept.until else "and nothing says until when"
        raise Refused("conflict", f"It is not due: what is held of them is kept {until}.")


def lapses(asked_at: datetime) -> datetime:
    """When what was asked for is over, should nobody decide."""
    return asked_at + LAPSES_AFTER


def may_decide(asked_by: str, decision: Decision) -> None:
    """Refused unless whoever decides may: never alone, neither to destroy nor to keep."""
    staff, role = decision.by.staff, decision.by.role
    if staff is None or role is None:
        raise Refused("invalid", "Say who decides.")
    if decision.verdict is Verdict.WITHDRAW:
        if staff != asked_by:
            raise Refused("not-allowed", "Only whoever asked withdraws it: refuse it instead.")
        return
    if not may(role, Action.APPROVE_ERASURE):
        raise Refused("not-allowed", f"A {role.words} does not decide this: it is for {words(Action.APPROVE_ERASURE)}.")
    if staff == asked_by:
        raise Refused("not-allowed", "A second person decides: you asked for it yourself, and may withdraw it.")
    if (decision.verdict is Verdict.REFUSE) != (decision.refused_for is not None):
        raise Refused("invalid", "Say why it is refused, and say so of a refusal alone.")


BECOMES = {
    Verdict.APPROVE: (Became.APPROVED, Became.OVERTAKEN, Became.DONE),
    Verdict.REFUSE: (Became.REFUSED,),
    Verdict.WITHDRAW: (Became.WITHDRAWN,),
}
"""What comes of what is decided."""


def is_so(verdict: Verdict, became: Became) -> None:
    """Refused when something else came of it than was decided: somebody else was first, or it lapsed."""
    if became not in BECOMES[verdict]:
        raise Refused("conflict", f"It is {became} already.")


def words(action: Action) -> str:
    """Those who may do something, for example "administrator or privacy officer"."""
    return " or ".join(sorted(Role(role).words for role in MAY[action]))
