"""Until when something is kept of a person, who may ask for its end, and who may not approve it."""

from datetime import UTC, date, datetime

import pytest

from planner.policy import MAY, Action
from planner.refused import Refused
from planner.retention import Periods, Stay, is_due, keep, may_ask, may_decide
from schemas.codes import Role
from schemas.command import Actor
from schemas.erasing import RefusedFor, Rule, Verdict, Why
from schemas.retention import Decision

GROWN = date(1960, 6, 15)
ORDINARY = Periods()
CHILDREN = Periods(after_closure=8)
"""Of a service that keeps what is no mental health record for eight years: the birthdays matter there."""
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def closed(*days: date) -> list[Stay]:
    return [Stay(day) for day in days]


@pytest.mark.parametrize(
    ("born", "stays", "died", "periods", "rule", "until"),
    [
        # twenty years after the last closure; who came back is kept from the last one
        (GROWN, closed(date(2006, 11, 28)), None, ORDINARY, Rule.CLOSED, date(2026, 11, 28)),
        (GROWN, closed(date(2006, 11, 28), date(2010, 3, 1)), None, ORDINARY, Rule.CLOSED, date(2030, 3, 1)),
        (GROWN, closed(date(2010, 3, 1), date(2006, 11, 28)), None, ORDINARY, Rule.CLOSED, date(2030, 3, 1)),
        (GROWN, [*closed(date(2006, 11, 28)), Stay(None)], None, ORDINARY, Rule.OPEN, None),
        (GROWN, [*closed(date(2006, 11, 28)), Stay(None, begun=False)], None, ORDINARY, Rule.OPEN, None),
        (GROWN, [], None, ORDINARY, Rule.UNKNOWN, None),
        (GROWN, closed(date(2004, 2, 29)), None, ORDINARY, Rule.CLOSED, date(2024, 2, 29)),
        (GROWN, closed(date(2004, 2, 29)), None, Periods(after_closure=21), Rule.CLOSED, date(2025, 3, 1)),
        # ten years after a death, in place of the twenty and of any birthday
        (GROWN, closed(date(2016, 5, 1)), date(2016, 5, 1), ORDINARY, Rule.DEATH, date(2026, 5, 1)),
        (GROWN, closed(date(2006, 1, 1)), date(2020, 5, 1), ORDINARY, Rule.DEATH, date(2030, 5, 1)),
        (GROWN, closed(date(2016, 8, 1)), date(2016, 5, 1), ORDINARY, Rule.DEATH, date(2026, 8, 1)),
        (GROWN, [], date(2016, 2, 29), ORDINARY, Rule.DEATH, date(2026, 3, 1)),
        (GROWN, [Stay(None)], date(2016, 2, 29), ORDINARY, Rule.OPEN, None),
        (date(2014, 1, 1), closed(date(2016, 5, 1)), date(2016, 5, 1), ORDINARY, Rule.DEATH, date(2026, 5, 1)),
        # a child: the 25th birthday, the 26th of whoever was 17 at the end; the longer of the two periods
        (date(2003, 6, 15), closed(date(2005, 1, 1)), None, ORDINARY, Rule.CHILD, date(2028, 6, 15)),
        (date(2003, 6, 15), closed(date(2010, 1, 1)), None, ORDINARY, Rule.CLOSED, date(2030, 1, 1)),
        (date(2000, 6, 15), closed(date(2015, 1, 1)), None, CHILDREN, Rule.CHILD, date(2025, 6, 15)),
        (date(2000, 6, 15), closed(date(2017, 6, 14)), None, CHILDREN, Rule.CHILD, date(2025, 6, 15)),
        (date(2000, 6, 15), closed(date(2017, 6, 15)), None, CHILDREN, Rule.CHILD, date(2026, 6, 15)),
        (date(2000, 6, 15), closed(date(2018, 6, 14)), None, CHILDREN, Rule.CHILD, date(2026, 6, 15)),
        (date(2000, 6, 15), closed(date(2018, 6, 15)), None, CHILDREN, Rule.CLOSED, date(2026, 6, 15)),
        (date(2000, 6, 15), closed(date(2015, 1, 1), date(2020, 1, 1)), None, CHILDREN, Rule.CLOSED, date(2028, 1, 1)),
        # who was born on 29 February has their birthday on 1 March: a day early would be for good
        (date(2000, 2, 29), closed(date(2014, 1, 1)), None, CHILDREN, Rule.CHILD, date(2025, 3, 1)),
        (date(2000, 2, 29), closed(date(2017, 2, 28)), None, CHILDREN, Rule.CHILD, date(2025, 3, 1)),
        (date(2000, 2, 29), closed(date(2017, 3, 1)), None, CHILDREN, Rule.CHILD, date(2026, 3, 1)),
        (date(2000, 2, 29), closed(date(2018, 2, 28)), None, CHILDREN, Rule.CHILD, date(2026, 3, 1)),
    ],
)  # fmt: skip
def test_until_when_something_is_kept(
    born: date, stays: list[Stay], died: date | None, periods: Periods, rule: Rule, until: date | None
) -> None:
    found = keep(born, stays, died, periods)
    assert (found.rule, found.until) == (rule, until)
    if until is not None:
        assert is_due(found, until)
        assert not is_due(found, date.fromordinal(until.toordinal() - 1))
    else:
        assert not is_due(found, date(9999, 1, 1))


@pytest.mark.parametrize(
    ("stays", "why", "refused"),
    [
        (closed(date(2006, 11, 28)), Why.END_OF_RETENTION, None),
        (closed(date(2006, 11, 29)), Why.END_OF_RETENTION, "kept until 29 November 2026"),
        (closed(date(2020, 1, 1)), Why.ASKED_BY_PERSON, None),
        ([], Why.END_OF_RETENTION, "nothing says until when"),
        ([], Why.ASKED_BY_PERSON, None),
        ([*closed(date(2000, 1, 1)), Stay(None)], Why.ASKED_BY_PERSON, "They are followed"),
        ([*closed(date(2000, 1, 1)), Stay(None)], Why.NEVER_BEGUN, "They are followed"),
        ([Stay(None, begun=False)], Why.NEVER_BEGUN, None),
        ([Stay(None, begun=False)], Why.ASKED_BY_PERSON, "has not begun"),
        ([*closed(date(2000, 1, 1)), Stay(None, begun=False)], Why.END_OF_RETENTION, "has not begun"),
        ([*closed(date(2000, 1, 1)), Stay(None, begun=False)], Why.NEVER_BEGUN, "A journey of theirs began"),
        (closed(date(2000, 1, 1)), Why.NEVER_BEGUN, "A journey of theirs began"),
    ],
)
def test_there_is_ground_for_what_is_asked(stays: list[Stay], why: Why, refused: str | None) -> None:
    kept = keep(GROWN, stays, None, ORDINARY)
    if refused is None:
        may_ask(kept, stays, why, NOW.date())
        return
    with pytest.raises(Refused, match=refused) as caught:
        may_ask(kept, stays, why, NOW.date())
    assert caught.value.kind == "conflict"


def said(verdict: Verdict, staff: str | None, role: Role | None, refused_for: RefusedFor | None = None) -> Decision:
    return Decision(id="d", at=NOW, by=Actor(staff=staff, role=role), verdict=verdict, refused_for=refused_for)


def test_a_second_person_decides_whose_role_may() -> None:
    may_decide("po-1", said(Verdict.APPROVE, "po-2", Role.PRIVACY_OFFICER))
    may_decide("po-1", said(Verdict.APPROVE, "admin", Role.ADMINISTRATOR))
    may_decide("po-1", said(Verdict.REFUSE, "po-2", Role.PRIVACY_OFFICER, RefusedFor.STILL_NEEDED))
    may_decide("po-1", said(Verdict.WITHDRAW, "po-1", Role.PRIVACY_OFFICER))
    for kind, match, decision in (
        ("not-allowed", "A second person decides", said(Verdict.APPROVE, "po-1", Role.PRIVACY_OFFICER)),
        ("not-allowed", "A second person", said(Verdict.REFUSE, "po-1", Role.PRIVACY_OFFICER, RefusedFor.NOT_DUE)),
        ("not-allowed", "Only whoever asked", said(Verdict.WITHDRAW, "po-2", Role.PRIVACY_OFFICER)),
        ("invalid", "Say who decides", said(Verdict.APPROVE, None, Role.PRIVACY_OFFICER)),
        ("invalid", "Say who decides", said(Verdict.APPROVE, "po-2", None)),
        ("invalid", "Say why it is refused", said(Verdict.REFUSE, "po-2", Role.PRIVACY_OFFICER)),
        ("invalid", "Say why it is refused", said(Verdict.APPROVE, "po-2", Role.ADMINISTRATOR, RefusedFor.NOT_DUE)),
    ):
        with pytest.raises(Refused, match=match) as caught:
            may_decide("po-1", decision)
        assert caught.value.kind == kind
    for role in set(Role) - MAY[Action.APPROVE_ERASURE]:
        with pytest.raises(Refused, match="administrator or privacy officer"):
            may_decide("po-1", said(Verdict.APPROVE, "po-2", role))
