"""When a peer worker is away: each contact is covered, moved or put back, and in a long absence somebody else goes on.

Nothing here knows why somebody is away, and nothing is undone when they are back.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from planner import peers
from planner.clock import due_after
from planner.turn import Turn
from planner.workforce import slots
from planner.workforce.allocation import Choice, choose
from planner.workforce.roster import Roster
from planner.workforce.slots import Slot
from schemas.codes import Role, StepKind
from schemas.command import CoverAbsence
from schemas.event import Kind
from schemas.journey import StepState
from schemas.workforce import Booked, Peers, Place, Policy, Unplaced

TELL = "tell-the-person"
WHO_COMES = "Tell the person who comes now, and when"
WHO_GOES_ON = "Tell the person who goes with them from now on"
NEW_WORKER = "new-worker"
AWAY_THEN = "the worker is away then"
GOODBYE = "the worker says goodbye, and the next one comes along"


class Covering:
    """One journey's contacts, while one of their workers is away. What it ends and whom it chooses is kept here."""

    def __init__(self, turn: Turn, roster: Roster) -> None:
        self.turn = turn
        self.roster = roster
        self.ended: dict[str, peers.Ended] = {}
        self.choices: dict[str, Choice] = {}

    @property
    def policy(self) -> Policy:
        """The team's local policy."""
        return self.roster.policy

    def _cover_absence(self, command: CoverAbsence) -> None:
        state = peers.own(self.turn)
        for_good = command.long and command.staff in (state.worker, state.joining)
        if for_good:
            self._goes_for_long(command, state)
        for step_id, booked in _in_order(peers.own(self.turn)):
            if booked.group is not None or command.staff not in booked.staff or booked.starts <= self.turn.now:
                continue  # a group meets with whoever else holds it; what has begun is reported as it was
            if command.starts < booked.ends and (for_good or booked.starts < command.ends):
                self._stand_in(command, step_id)
                self._have_the_person_told(step_id, WHO_COMES, before=booked.starts)

    # A long absence

    def _goes_for_long(self, command: CoverAbsence, state: Peers) -> None:
        """Somebody else goes with the person from now on; with nobody free, the settling that follows queues them."""
        if command.staff == state.joining:
            state.joining, state.met, state.look = None, False, None
            return
        if state.joining is not None:
            choice = Choice(state.joining, f"{state.joining} was about to take over.", [])
        else:
            wants = peers.ask(self.turn.pathway, self.turn.journey, self.policy, self.turn.now)
            choice = choose(
                self.roster,
                wants._replace(not_with=wants.not_with | {command.staff}),
                max(self.turn.now, command.starts),
            )
        if choice.staff is None:
            state.leaving, state.look = True, None
            return
        self.choices[choice.staff] = choice
        self._is_responsible(choice.staff, choice.why)
        self._goodbye(command, choice.staff)
        self._have_the_person_told(NEW_WORKER, WHO_GOES_ON, before=command.starts)

    def _goodbye(self, command: CoverAbsence, staff: str) -> None:
        """One contact before the absence is with both, where there is a time for it."""
        before = [
            (step_id, booked)
            for step_id, booked in _in_order(peers.own(self.turn))
            if booked.group is None and command.staff in booked.staff and booked.ends <= command.starts
        ]
        if any(staff in booked.staff for _, booked in before):
            return
        for step_id, booked in reversed(before):
            if booked.starts > self.turn.now and self._fits(self._same_time(booked, (staff,))):
                self._let_go(step_id, GOODBYE)
                self._take(step_id, self._same_time(booked, (staff, command.staff)), booked.place)
                return
        self._goodbye_at_another_time(command, staff)

    def _goodbye_at_another_time(self, command: CoverAbsence, staff: str) -> None:
        booked = peers.own(self.turn).booked
        times = peers.times(self.turn.journey)
        place = peers.default_place(self.turn.pathway, self.turn.journey)
        for step in sorted(peers.to_place(self.turn.journey), key=lambda one: one.id in booked):
            was = booked.get(step.id)
            if was is not None and (was.group is not None or was.ends <= command.starts):
                continue
            first, last = peers.window(self.policy, step, self.turn.now)
            minutes = _minutes(was) if was else self.policy.contact_minutes
            where = was.place if was else place
            both = (staff, command.staff)
            found = slots.find(self.roster, slots.Wanted(both, first, min(last, command.starts), minutes, where, times))
            if isinstance(found, Slot):
                if was is not None:
                    self._let_go(step.id, GOODBYE)
                self._take(step.id, found, where)
                return

    def _is_responsible(self, staff: str, why: str) -> None:
        """Somebody goes with the person from now on; their contacts stay as they are booked."""
        state = peers.own(self.turn)
        state.worker, state.joining, state.met, state.leaving = staff, None, False, False
        state.past = [*(one for one in state.past if one != staff), staff]
        state.look = None
        self.turn.emit(Kind.ASSIGNED, staff=staff, reason=why, to=[Role.PEER_WORKER])

    # One contact

    def _stand_in(self, command: CoverAbsence, step_id: str) -> None:
        """Another worker comes at the same time; else it is found anew, with the same worker when there is time."""
        booked = self._let_go(step_id, AWAY_THEN)
        step = self.turn.journey.steps[step_id]
        groups = list(self._who_could_come(command, booked))
        slot = next((one for group in groups if self._fits(one := self._same_time(booked, group))), None)
        if slot is None:
            slot = self._another_time(step, booked, [tuple(booked.staff), *groups])
        if slot is not None:
            self._take(step_id, slot, booked.place)
            return
        state = peers.own(self.turn)
        why = "the worker is away, and nobody who could come instead has time"
        state.unplaced[step_id] = Unplaced(due=step.due, why=why)
        peers.tell_no_slot(self.turn, step, why)

    def _who_could_come(self, command: CoverAbsence, booked: Booked) -> Iterator[tuple[str, ...]]:
        """Who could come to a contact without the worker who is away, the best first.

        A contact with two stays with two while somebody can come along; then whoever is left of them comes alone,
        unless it is a first visit at home.
        """
        stay = tuple(one for one in booked.staff if one != command.staff)
        for staff in self._covering(command.staff):
            if staff not in stay:
                yield (*stay, staff)
        joint = booked.place is Place.HOME and self.policy.first_home_visit_joint
        if stay and (not joint or peers.own(self.turn).at_home):
            yield stay

    def _another_time(self, step: StepState, booked: Booked, groups: list[tuple[str, ...]]) -> Slot | None:
        first, last = peers.window(self.policy, step, self.turn.now)
        times = peers.times(self.turn.journey)
        for group in groups:
            found = slots.find(self.roster, slots.Wanted(group, first, last, _minutes(booked), booked.place, times))
            if isinstance(found, Slot):
                return found
        return None

    def _covering(self, away: str) -> list[str]:
        """Who could come instead, by the same rules by which somebody is chosen; whoever goes with the person first."""
        state = peers.own(self.turn)
        wants = peers.ask(self.turn.pathway, self.turn.journey, self.policy, self.turn.now)
        roster = self.roster
        could = []
        remaining = wants._replace(not_with=wants.not_with | {away})
        while (choice := choose(roster, remaining, self.turn.now)).staff is not None:
            could.append(choice.staff)
            remaining = remaining._replace(not_with=remaining.not_with | {choice.staff})
        share = roster.workers[away].job_share if away in roster.workers else None
        known = dict.fromkeys(one for one in (state.worker, share, state.joining) if one in could)
        return [*known, *(one for one in could if one not in known)]

    def _have_the_person_told(self, what: str, title: str, *, before: datetime) -> None:
        """Somebody tells the person, in the way that they asked for: by the next working day, and `before` then."""
        ways = [wish.partition(":")[2] for wish in peers.wishes(self.turn.journey) if wish.startswith("contact:")]
        how = f", as they asked: {', '.join(ways)}" if ways else ""
        number = 1 + sum(one.startswith(f"{TELL}:{what}#") for one in self.turn.journey.steps)
        told = StepState(
            id=f"{TELL}:{what}#{number}",
            title=f"{title}{how}"[:120],
            kind=StepKind.TASK,
            owner=self.turn.pathway.role(Role.COORDINATOR),
            ladder=peers.STANDARD,
        )
        soon = due_after(self.turn.now, "working_days", 1, self.turn.journey.division)
        self.turn.place(self.turn.add(told), min(soon, before) if before > self.turn.now else soon)

    # Time that is taken and given back

    def _same_time(self, booked: Booked, staff: tuple[str, ...]) -> Slot:
        return slots.slot_at(booked.starts, _minutes(booked), booked.place, staff, self.policy)

    def _fits(self, slot: Slot) -> bool:
        """Everybody can still set out for it, works then, is free, and has hours left in that week."""
        late = any(one.begins < self.turn.now for one in slot.busy)
        return not (late or slots.problems(self.roster, slot) or slots.over_hours(self.roster, slot))

    def _take(self, step_id: str, slot: Slot, place: Place) -> None:
        for one in slot.busy:
            self.roster.take(one)
        peers.book(self.turn, self.turn.journey.steps[step_id], slot, place)

    def _let_go(self, step_id: str, why: str) -> Booked:
        booked = peers.release(self.turn, step_id, why)
        self.ended[booked.id] = peers.Ended("released", why)
        for one in peers.busy(booked, self.policy):
            self.roster.free(one)
        return booked


def _in_order(state: Peers) -> list[tuple[str, Booked]]:
    """The contacts that have a time, the earliest first."""
    return sorted(state.booked.items(), key=lambda item: (item[1].starts, item[0]))


def _minutes(booked: Booked) -> int:
    return int((booked.ends - booked.starts) / timedelta(minutes=1))
