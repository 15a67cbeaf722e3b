"""When a peer worker is away: whose turn it is, what becomes of each contact, and who goes on in a long absence."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest

from pathways.loader import find
from planner import covered, peers
from planner import journey as planner
from planner.peer_commands import arrange
from planner.workforce.pattern import parse
from planner.workforce.roster import Busy, Roster, Worker
from schemas.command import CoverAbsence, Start, Wish
from schemas.covering import Became, Outcome
from schemas.event import Event, Kind
from schemas.journey import Journey, StepState
from schemas.workforce import Peers, Policy
from tests.planner.story import london, shown

WAITING = find("waiting-list-to-discharge")
STEP = "welcome-contact"
REFERRED = "2027-02-01 10:00"
"""A Monday. The first contact is due in ten working days, and booked for the morning of the next one."""
FIRST = "2027-02-02 10:00"


def worker(staff: str, works: str = "mon-fri 09:00-13:00", hours: float = 20, **said: Any) -> Worker:
    """A peer worker with this pattern."""
    return Worker(staff, parse(works), round(hours * 60), **said)


class Team:
    """A team and one person, to whom things happen."""

    def __init__(self, *workers: Worker, policy: Policy | None = None, preferences: Iterable[str] = ()) -> None:
        self.roster = Roster(workers, policy=policy)
        facts: dict[str, Any] = {"peer_support": "accepted", "preferences": list(preferences)}
        start = Start(id="start", transition_id="t", at=london(REFERRED), facts=facts)
        self.journey: Journey = planner.start(WAITING, start).journey
        self.settle(REFERRED)

    def settle(self, at: str) -> list[Event]:
        """Let whatever is unsettled be settled."""
        return self._arrange(at, None)

    def wishes(self, at: str, **said: Any) -> None:
        """The person says what they want."""
        self._arrange(at, Wish(id="wish", at=london(at), **said))

    def until(self, at: str) -> None:
        """Let time pass, and settle what it leaves unsettled."""
        while (due := planner.next_wake(WAITING, self.journey)) is not None and due <= london(at):
            self.journey = planner.wake(WAITING, self.journey, due).journey
            if peers.unsettled(self.journey):
                self._decided(due, None)

    def away(self, at: str, staff: str, starts: str, ends: str, *, long: bool = False) -> list[Outcome]:
        """Somebody is away: their contacts here are covered; what became of each."""
        spell = (london(starts), london(ends))
        self.roster.is_away(staff, spell)
        contacts = [
            Outcome(transition_id="t", step=step, was=booked.starts, became=Became.WAITING)
            for step, booked in self.state.booked.items()
            if staff in booked.staff and (long or booked.starts < spell[1]) and spell[0] < booked.ends
        ]
        command = CoverAbsence(id="cover", at=london(at), staff=staff, starts=spell[0], ends=spell[1], long=long)
        events = self._arrange(at, command)
        return covered.outcomes(
            contacts or [Outcome(transition_id="t", became=Became.WAITING)], events, staff, long=long
        )

    def _arrange(self, at: str, command: Any) -> list[Event]:
        return self._decided(london(at), command)

    def _decided(self, at: datetime, command: Any) -> list[Event]:
        arranged = arrange(WAITING, self.journey, self.roster, at, command)
        self.journey = arranged.journey
        return arranged.events

    @property
    def state(self) -> Peers:
        """The peer support as it stands."""
        assert self.journey.peers is not None
        return self.journey.peers

    @property
    def booked(self) -> dict[str, tuple[str | None, list[str]]]:
        """When each contact takes place, and with whom."""
        return {step: (shown(one.starts), one.staff) for step, one in self.state.booked.items()}

    def told(self, step: str) -> StepState:
        """The task to tell the person."""
        return self.journey.steps[f"tell-the-person:{step}#1"]


def became(outcomes: list[Outcome]) -> list[tuple[str | None, Became, list[str], str | None]]:
    """Of each contact: which, what became of it, who comes, and when."""
    return [(one.step, one.became, one.staff, shown(one.starts)) for one in outcomes]


def test_whoever_shares_the_post_comes_first_at_the_same_time() -> None:
    team = Team(worker("a", job_share="c"), worker("b"), worker("c", job_share="a", hours=8))
    assert team.booked == {STEP: (FIRST, ["a"])}
    outcomes = team.away("2027-02-01 12:00", "a", "2027-02-02 00:00", "2027-02-03 00:00")
    assert became(outcomes) == [(STEP, Became.COVERED, ["c"], FIRST)]
    assert team.booked == {STEP: (FIRST, ["c"])}
    assert team.state.worker == "a"


def test_whom_the_person_refused_never_comes_instead() -> None:
    team = Team(worker("a"), worker("b"))
    team.wishes("2027-02-01 11:00", not_with="b")
    outcomes = team.away("2027-02-01 12:00", "a", "2027-02-02 00:00", "2027-02-03 00:00")
    assert became(outcomes) == [(STEP, Became.MOVED, ["a"], "2027-02-03 09:20")]


def test_without_anybody_else_it_moves_and_then_it_is_put_back_and_said_at_once() -> None:
    team = Team(worker("a"))
    moved = team.away("2027-02-01 12:00", "a", "2027-02-02 00:00", "2027-02-05 00:00")
    assert became(moved) == [(STEP, Became.MOVED, ["a"], "2027-02-05 09:20")]
    put_back = team.away("2027-02-01 13:00", "a", "2027-02-05 00:00", "2027-02-20 00:00")
    assert became(put_back) == [(STEP, Became.PUT_BACK, [], None)]
    assert team.state.unplaced[STEP].why
    assert team.journey.steps[STEP].state.actionable


def test_nobody_is_sent_beyond_the_hours_of_the_week() -> None:
    team = Team(worker("a"), worker("b", hours=1))
    (outcome,) = team.away("2027-02-01 12:00", "a", "2027-02-02 00:00", "2027-02-03 00:00")
    assert (outcome.became, outcome.staff) == (Became.MOVED, ["a"])


@pytest.mark.parametrize(
    ("at", "due"),
    [("2027-02-01 12:00", FIRST), ("2027-02-02 09:00", FIRST)],
)
def test_the_person_is_told_in_their_way_and_before_somebody_else_comes(at: str, due: str) -> None:
    team = Team(worker("a"), worker("b"), preferences=["contact:text", "contact:letter"])
    team.away(at, "a", "2027-02-02 00:00", "2027-02-03 00:00")
    told = team.told(STEP)
    assert told.title == "Tell the person who comes now, and when, as they asked: text, letter"
    assert told.owner is WAITING.coordinator
    assert shown(told.due) == due


def test_what_has_begun_and_what_lies_outside_stays_as_it_was() -> None:
    team = Team(worker("a"), worker("b"))
    assert became(team.away("2027-02-02 10:30", "a", "2027-02-02 00:00", "2027-02-03 00:00"))[0][1] is Became.OVER
    assert team.booked == {STEP: (FIRST, ["a"])}
    other = Team(worker("a"), worker("b"))
    other.away("2027-02-01 12:00", "a", "2027-02-03 00:00", "2027-02-05 00:00")
    assert other.booked == {STEP: (FIRST, ["a"])}
    assert not any(step.startswith("tell-the-person") for step in other.journey.steps)


def test_an_absence_that_begins_during_a_contact_covers_it() -> None:
    team = Team(worker("a"), worker("b"))
    (outcome,) = team.away("2027-02-01 12:00", "a", "2027-02-02 10:30", "2027-02-03 00:00")
    assert (outcome.became, outcome.staff) == (Became.COVERED, ["b"])


def test_nobody_is_asked_to_set_out_before_they_are_asked() -> None:
    team = Team(worker("a"), worker("b"))
    (outcome,) = team.away("2027-02-02 09:50", "a", "2027-02-02 00:00", "2027-02-03 00:00")
    assert outcome.became is Became.MOVED


def test_in_a_long_absence_another_goes_on_and_the_last_contact_is_a_goodbye() -> None:
    team = Team(worker("a"), worker("b"))
    outcomes = team.away("2027-02-01 12:00", "a", "2027-02-08 00:00", "2027-03-08 00:00", long=True)
    assert team.state.worker == "b"
    assert not team.state.leaving
    assert became(outcomes) == [(STEP, Became.GOODBYE, ["b", "a"], FIRST)]
    assert [one.goes_on for one in outcomes] == ["b"]
    assert team.told("new-worker").title == "Tell the person who goes with them from now on"


def test_without_a_time_for_a_goodbye_another_goes_on_at_once() -> None:
    team = Team(worker("a"), worker("b"))
    outcomes = team.away("2027-02-01 12:00", "a", "2027-02-01 12:00", "2027-03-08 00:00", long=True)
    assert became(outcomes) == [(STEP, Became.COVERED, ["b"], FIRST)]
    assert (team.state.worker, outcomes[0].goes_on) == ("b", "b")


def test_contacts_after_a_long_absence_are_not_kept_for_the_return() -> None:
    team = Team(worker("a"), worker("b"), policy=Policy(horizon_weeks=26))
    booked = team.state.booked[STEP]
    later = booked.model_copy(update={"starts": london("2027-02-12 10:00"), "ends": london("2027-02-12 11:00")})
    for one in peers.busy(booked, team.roster.policy):
        team.roster.free(one)
    for one in peers.busy(later, team.roster.policy):
        team.roster.take(one)
    team.state.booked[STEP] = later
    outcomes = team.away("2027-02-01 12:00", "a", "2027-02-01 13:00", "2027-02-10 00:00", long=True)
    assert became(outcomes) == [(STEP, Became.COVERED, ["b"], "2027-02-12 10:00")]


def test_with_nobody_free_the_person_waits_in_the_queue_and_whoever_comes_later_goes_on_without_a_goodbye() -> None:
    team = Team(worker("a"))
    (outcome,) = team.away("2027-02-01 12:00", "a", "2027-02-02 00:00", "2027-03-29 00:00", long=True)
    assert outcome.became is Became.PUT_BACK
    assert team.state.waiting_since == london("2027-02-01 12:00")
    team.roster.workers["b"] = worker("b")
    team.until("2027-02-12 00:00")
    assert team.state.worker == "b"
    assert team.state.waiting_since is None
    assert team.booked[STEP][1] == ["b"]


def test_a_person_with_no_contact_ahead_is_listed_too() -> None:
    both = Team(worker("a"), worker("b"))
    both.state.booked.clear()
    both.state.unplaced.clear()
    alone = Team(worker("a"))
    alone.state.booked.clear()
    (goes_on,) = both.away("2027-02-01 12:00", "a", "2027-02-01 12:00", "2027-03-08 00:00", long=True)
    assert (goes_on.step, goes_on.became, goes_on.goes_on) == (None, Became.COVERED, "b")
    (waits,) = alone.away("2027-02-01 12:00", "a", "2027-02-01 12:00", "2027-03-08 00:00", long=True)
    assert (waits.step, waits.became, waits.why) == (None, Became.PUT_BACK, "nobody is free to go with them")


def test_a_contact_that_had_changed_before_is_listed_as_that() -> None:
    contact = Outcome(transition_id="t", step=STEP, was=london(FIRST), became=Became.WAITING)
    assert became(covered.outcomes([contact], [], "a", long=False)) == [(STEP, Became.OVER, [], None)]


def test_nobody_who_is_back_takes_anything_back() -> None:
    team = Team(worker("a"), worker("b"))
    team.away("2027-02-01 12:00", "a", "2027-02-01 12:00", "2027-02-05 00:00", long=True)
    before = team.booked
    team.until("2027-02-12 00:00")
    assert (team.state.worker, team.booked) == ("b", before)


def test_a_busy_colleague_leaves_it_to_the_next() -> None:
    team = Team(worker("a", job_share="b"), worker("b", job_share="a"), worker("c"))
    team.roster.take(Busy("b", london("2027-02-02 09:00"), london("2027-02-02 13:00"), 240))
    outcomes = team.away("2027-02-01 12:00", "a", "2027-02-02 00:00", "2027-02-03 00:00")
    assert became(outcomes) == [(STEP, Became.COVERED, ["c"], FIRST)]
    assert Kind.NO_SLOT not in {event.event for event in team.settle("2027-02-01 13:00")}
