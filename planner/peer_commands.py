"""What people may ask of peer support, and when it is refused: wishes, workers, and the times of contacts."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from planner import peers
from planner.covering import Covering
from planner.journey import pass_time
from planner.policy import acting, may_steer
from planner.refused import Refused
from planner.turn import Turn
from planner.workforce import slots
from planner.workforce.allocation import Choice, choose
from planner.workforce.roster import Roster
from schemas import command as says
from schemas.codes import Role
from schemas.event import Event, Kind
from schemas.journey import Journey, StepState
from schemas.pathway import Pathway
from schemas.workforce import Peers, Place, Unplaced

MAY_OVERRIDE = (Role.TEAM_LEAD, Role.SERVICE_MANAGER)
FURTHEST = timedelta(days=366)
ARRANGING = (
    says.Wish,
    says.AssignPeerWorker,
    says.AcceptPerson,
    says.StepBack,
    says.BookContact,
    says.CancelBooking,
    says.CoverAbsence,
)
"""Commands that need to know the team's workers and their time."""


class Arranged(NamedTuple):
    """The journey after a turn that arranged peer support, what happened in it, and what the records keep beside it."""

    journey: Journey
    events: list[Event]
    settlement: peers.Settlement


def arrange(
    pathway: Pathway, journey: Journey, roster: Roster, now: datetime, command: says.Command | None = None
) -> Arranged:
    """Do what a command says of peer support, and settle whatever has no worker or no time.

    Refused when it cannot be done; neither the journey nor, then, the roster is of use afterwards. A command that is
    taken is a turn of its own, also when it finds nobody: it has a place in the records, and is done once.
    """
    turn = Turn(pathway, journey, now)
    pass_time(turn)
    doing = _Doing(turn, roster)
    if command is not None:
        allowed(turn, command)
        doing.do(command)
    settled = peers.settle(turn, roster)
    outcome = turn.outcome()
    if command is not None and outcome.journey.revision == journey.revision:
        outcome.journey.revision += 1
    ended, choices = doing.ended | settled.ended, doing.choices | settled.choices
    return Arranged(outcome.journey, outcome.events, peers.Settlement(ended, choices))


def check(pathway: Pathway, journey: Journey, command: says.Command) -> None:
    """Refused when a command cannot be done whoever is free: asked before anything is locked or written."""
    turn = Turn(pathway, journey, command.at)
    pass_time(turn)
    allowed(turn, command)


def allowed(turn: Turn, command: says.Command) -> None:
    """Refused unless the role may ask for it, and it makes sense for this person."""
    turn.take(command)
    role = acting(turn.pathway, command.by, Role.COORDINATOR)
    if role is not Role.PEER_WORKER or isinstance(command, says.AssignPeerWorker):
        may_steer(turn.pathway, command.by, "arrange peer support")
    elif isinstance(command, says.Wish | says.BookContact | says.CancelBooking):
        _their_own(turn, command.by.staff)
    if not peers.wanted(turn.journey):
        raise Refused("conflict", "The person has declined peer support: it is offered again before it is arranged.")
    _CHECKS[type(command)](turn, command)


def _their_own(turn: Turn, staff: str | None) -> None:
    """A peer worker arranges for the people they go with, and for those whom they are booked to see."""
    state = turn.journey.peers or Peers()
    theirs = {state.worker, state.joining, *(one for booked in state.booked.values() for one in booked.staff)}
    if staff is not None and staff not in theirs:
        raise Refused("not-allowed", f"{staff} does not go with this person: ask their own worker or the team lead.")


def _wish(turn: Turn, command: says.Wish) -> None:
    if command.wishes is None and command.asked_for is None and command.not_with is None:
        raise Refused("invalid", "Say what the person asked for.")
    if command.asked_for is not None and command.asked_for == command.not_with:
        raise Refused("invalid", "The same worker cannot be asked for and refused at once.")
    if turn.journey.peers is not None and command.asked_for in turn.journey.peers.stepped_back:
        raise Refused("conflict", f"{command.asked_for} does not go with this person: ask for somebody else.")


def _assign(turn: Turn, command: says.AssignPeerWorker) -> None:
    state = turn.journey.peers
    if command.staff is None:
        if state is not None and state.worker is not None and state.waiting_since is None:
            raise Refused("conflict", f"{state.worker} goes with this person: name somebody, with a reason.")
        return
    if command.reason is None:
        raise Refused("invalid", "Say why it should be this worker: the reason is kept with the assignment.")
    if state is not None and command.staff in (state.worker, state.joining):
        raise Refused("conflict", f"{command.staff} goes with this person already.")
    _not_refused(turn, command.staff)


def _not_refused(turn: Turn, staff: str) -> None:
    state = turn.journey.peers
    if state is not None and staff in (*state.not_with, *state.stepped_back):
        raise Refused(
            "conflict", f"{staff} does not go with this person. That is not overridden: choose somebody else."
        )


def _accept(turn: Turn, command: says.AcceptPerson) -> None:
    state = turn.journey.peers
    if state is None or state.joining is None:
        raise Refused("conflict", "Nobody is about to take over from the peer worker.")
    if command.by.role is Role.PEER_WORKER and command.by.staff not in (None, state.joining):
        raise Refused("not-allowed", f"Only {state.joining} can accept: they are the one who takes over.")
    if state.worker is not None and not state.met:
        raise Refused("conflict", "They have not met the person together yet: first comes a contact with both workers.")


def _step_back(turn: Turn, command: says.StepBack) -> None:
    state = turn.journey.peers
    if command.by.role is Role.PEER_WORKER and command.by.staff not in (None, command.staff):
        raise Refused("not-allowed", "Each peer worker steps back for themselves.")
    if state is None or command.staff not in (state.worker, state.joining):
        raise Refused("conflict", f"{command.staff} does not go with this person.")
    if command.staff in state.stepped_back:
        raise Refused("conflict", f"{command.staff} has stepped back already: somebody else is being found.")


def _book(turn: Turn, command: says.BookContact) -> None:
    step = _contact(turn, command.step)
    state = turn.journey.peers
    if command.group is None and (state is None or state.worker is None):
        raise Refused("conflict", "Nobody goes with this person yet: assign a peer worker first.")
    if command.group is not None and (command.starts or command.not_before or command.over_hours):
        raise Refused("invalid", "A group has its time: leave the times and the hours out.")
    if command.over_hours and command.by.role not in MAY_OVERRIDE:
        raise Refused("not-allowed", "Only a team lead can book beyond the hours of a week: ask them.")
    if command.over_hours and command.reason is None:
        raise Refused("invalid", "Say why it is booked beyond the hours of the week: the service manager sees it.")
    for at in (command.starts, command.not_before):
        if at is not None and not turn.now <= at <= turn.now + FURTHEST:
            raise Refused("invalid", "The time lies in the past or over a year ahead: check the date.")
    if turn.journey.hold is not None:
        raise Refused("conflict", "The transition is on hold: nothing is booked until it goes on.")
    if command.starts is not None and command.not_before is not None:
        raise Refused("invalid", "Give the time at which it starts, or a time not to start before; not both.")
    if command.not_before is not None and step.due is not None and turn.now < step.due <= command.not_before:
        raise Refused("conflict", f"{step.id} is due before that: move its date first, or give an earlier day.")


def _cancel(turn: Turn, command: says.CancelBooking) -> None:
    _contact(turn, command.step)
    if command.reason is None:
        raise Refused("invalid", "Say why the contact loses its time.")
    if command.step not in (turn.journey.peers or peers.own(turn)).booked:
        raise Refused("conflict", f"{command.step} has no time booked.")


def _cover(turn: Turn, command: says.CoverAbsence) -> None:
    if command.ends <= command.starts:
        raise Refused("invalid", "The absence ends before it starts.")


def _contact(turn: Turn, step_id: str) -> StepState:
    step = turn.journey.steps.get(step_id)
    if step is None:
        raise Refused("not-found", f"There is no step {step_id} here.")
    if not peers.is_peer_contact(step):
        raise Refused("invalid", f"{step_id} is not a peer worker's contact.")
    if not step.state.actionable:
        raise Refused("conflict", f"{step_id} is {step.state}: only a contact that is open gets a time.")
    return step


_CHECKS: dict[type[says.Command], Callable[[Turn, Any], None]] = {
    says.Wish: _wish,
    says.AssignPeerWorker: _assign,
    says.AcceptPerson: _accept,
    says.StepBack: _step_back,
    says.BookContact: _book,
    says.CancelBooking: _cancel,
    says.CoverAbsence: _cover,
}


class _Doing(Covering):
    """A command being done, with the team's workers and their time."""

    def do(self, command: says.Command) -> None:
        getattr(self, "_" + command.do.replace("-", "_"))(command)  # type: ignore[attr-defined]  # each has its word

    def _wishes(self, command: says.Wish) -> None:
        state = peers.own(self.turn)
        if command.wishes is not None:
            state.wishes = command.wishes
        if command.asked_for is not None:
            self._exists(command.asked_for)
            state.asked_for = command.asked_for
            state.not_with = [one for one in state.not_with if one != command.asked_for]
            self._bring(command.asked_for)
            state = peers.own(self.turn)
        state.look = None  # what had no worker, or no time, may have one now
        self.turn.emit(Kind.WISHES)
        if command.not_with is not None:
            refusing = peers.own(self.turn)
            refusing.not_with = [*(one for one in refusing.not_with if one != command.not_with), command.not_with]
            self._no_longer(command.not_with)
            refused = peers.own(self.turn)
            if refused.worker == command.not_with:
                # What the person says of whom they meet holds at once: there is no contact with both first.
                refused.worker, refused.leaving = None, False
                self.turn.emit(Kind.PEER_ENDED, staff=command.not_with)

    def _bring(self, staff: str) -> None:
        """Somebody is asked for while another goes with the person: they take over, once both have met the person."""
        state = peers.own(self.turn)
        if state.worker in (None, staff) or state.joining == staff:
            return
        wants = peers.ask(self.turn.pathway, self.turn.journey, self.policy, self.turn.now)
        choice = choose(self.roster, wants._replace(not_with=wants.not_with | {state.worker or ""}), self.turn.now)
        if choice.staff == staff:
            self.choices[staff] = choice
            peers.join(self.turn, staff, choice.why)
            self._make_joint()

    def _no_longer(self, staff: str) -> None:
        """Somebody does not go with the person any more, from now on or once another has taken over."""
        state = peers.own(self.turn)
        if state.asked_for == staff:
            state.asked_for = None
        if state.joining == staff:
            state.joining, state.met = None, False
        if state.worker == staff:
            state.leaving = True
        for step_id, booked in list(state.booked.items()):
            if staff in booked.staff:
                self._let_go(step_id, "another worker is sought for it")
        peers.own(self.turn).look = None

    def _assign(self, command: says.AssignPeerWorker) -> None:
        state = peers.own(self.turn)
        if command.staff is None:
            state.look = None  # the settling that follows looks again now
            return
        self._exists(command.staff)
        wants = peers.ask(self.turn.pathway, self.turn.journey, self.policy, self.turn.now)
        considered = choose(self.roster, wants, self.turn.now).considered
        why = f"{command.staff} was chosen by hand: {command.reason}"
        self.choices[command.staff] = Choice(command.staff, why, considered)
        if state.worker is not None and not command.at_once:
            peers.join(self.turn, command.staff, why)
            self._make_joint()
            return
        self._takes_over(command.staff, why)

    def _make_joint(self) -> None:
        """The next contact is given back, to be found again with both workers."""
        booked = peers.own(self.turn).booked
        if booked:
            first = min(booked, key=lambda step: booked[step].starts)
            self._let_go(first, "it becomes a contact with both workers")

    def _takes_over(self, staff: str, why: str) -> None:
        was = peers.own(self.turn).worker
        self._is_responsible(staff, why)
        for step_id, booked in list(peers.own(self.turn).booked.items()):
            if was is not None and was in booked.staff:
                self._let_go(step_id, "another worker goes with the person")

    def _accept_person(self, command: says.AcceptPerson) -> None:
        state = peers.own(self.turn)
        self._takes_over(state.joining or "", f"{state.joining} has met the person, and accepted.")

    def _step_back(self, command: says.StepBack) -> None:
        self.turn.emit(Kind.STEPPED_BACK, staff=command.staff)
        state = peers.own(self.turn)
        state.stepped_back = [*(one for one in state.stepped_back if one != command.staff), command.staff]
        self._no_longer(command.staff)

    def _book(self, command: says.BookContact) -> None:
        state = peers.own(self.turn)
        step = self.turn.journey.steps[command.step]
        if command.group is not None:
            self._join_group(command.group, step)
            return
        if command.step in state.booked:
            self._let_go(command.step, command.reason or "another time was asked for")
        place = command.place or peers.default_place(self.turn.pathway, self.turn.journey)
        minutes = command.minutes or self.policy.contact_minutes
        staff = tuple(one for one in (state.worker, state.joining if not state.met else None) if one)
        if place is Place.HOME and self.policy.first_home_visit_joint and not state.at_home and len(staff) == 1:
            slot = self._with_a_second(command, step, staff, minutes)
        else:
            slot = self._slot(command, step, staff, minutes, place)
        for one in slot.busy:
            self.roster.take(one)
        over = bool(command.over_hours and self._beyond(slot))
        peers.book(self.turn, step, slot, place, over=over)

    def _join_group(self, group_id: str, step: StepState) -> None:
        """A place in a group, whose workers have their hours booked for all who come."""
        group = self.roster.groups.get(group_id)
        if group is None or group.starts <= self.turn.now:
            raise Refused("not-found", "There is no such group ahead in this team.")
        if group.places < 1:
            raise Refused("conflict", "Every place in that group is taken: choose another day.")
        if step.due is not None and self.turn.now < step.due < group.ends:
            raise Refused("conflict", f"{step.id} is due before that group meets.")
        if step.id in peers.own(self.turn).booked:
            self._let_go(step.id, "it becomes a place in a group")
        slot = slots.Slot(group.starts, group.ends, ())
        peers.book(self.turn, step, slot, group.place, group=group)

    def _slot(
        self, command: says.BookContact, step: StepState, staff: tuple[str, ...], minutes: int, place: Place
    ) -> slots.Slot:
        if command.starts is not None:
            return self._named(command, staff, minutes, place)
        return self._earliest(command, step, staff, minutes, place)

    def _with_a_second(
        self, command: says.BookContact, step: StepState, staff: tuple[str, ...], minutes: int
    ) -> slots.Slot:
        """The first visit at somebody's home is made by two: the earliest at which any other worker comes along."""
        refused = peers.own(self.turn).not_with
        found, why = [], Refused("conflict", "Nobody else works in this team.")
        for other in self.roster.workers:
            if other in staff or other in refused:
                continue
            try:
                found.append(self._slot(command, step, (*staff, other), minutes, Place.HOME))
            except Refused as no:
                why = no
        if not found:
            raise Refused("conflict", f"A first visit at home is made by two, and nobody can come along. {why.message}")
        return min(found, key=lambda slot: (slot.starts, slot.busy[-1].staff))

    def _named(self, command: says.BookContact, staff: tuple[str, ...], minutes: int, place: Place) -> slots.Slot:
        slot = slots.slot_at(command.starts or self.turn.now, minutes, place, staff, self.policy)
        if wrong := slots.problems(self.roster, slot):
            raise Refused("conflict", " ".join(wrong))
        if (over := slots.over_hours(self.roster, slot)) and not command.over_hours:
            raise Refused(
                "conflict",
                f"{' and '.join(over)} would work more than the hours of that week: choose another week, "
                "or ask a team lead to book it over the hours.",
            )
        return slot

    def _earliest(
        self, command: says.BookContact, step: StepState, staff: tuple[str, ...], minutes: int, place: Place
    ) -> slots.Slot:
        first, last = peers.window(self.policy, step, self.turn.now)
        if command.not_before is not None:
            first = max(self.turn.now, command.not_before)
            last = max(last, first + timedelta(days=self.policy.window_days)) if step.due is None else last
        times = peers.times(self.turn.journey)
        found = slots.find(self.roster, slots.Wanted(staff, first, last, minutes, place, times))
        if isinstance(found, str):
            raise Refused("conflict", f"There is no time for {step.id} before it is due: {found}.")
        return found

    def _beyond(self, slot: slots.Slot) -> bool:
        for one in slot.busy:
            self.roster.free(one)
        over = slots.over_hours(self.roster, slot)
        for one in slot.busy:
            self.roster.take(one)
        return bool(over)

    def _cancel_booking(self, command: says.CancelBooking) -> None:
        self._let_go(command.step, command.reason or "")
        step = self.turn.journey.steps[command.step]
        state = peers.own(self.turn)
        # Nobody is booked in again at once and behind their back: it is looked at again later, or somebody asks.
        state.unplaced[command.step] = Unplaced(due=step.due, why="its time was cancelled")

    def _exists(self, staff: str) -> None:
        if staff not in self.roster.workers:
            raise Refused("not-found", f"{staff} is no peer worker of this team who is here now.")
