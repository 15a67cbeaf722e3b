"""Peer support within one journey: who goes with the person, and when each of their contacts takes place.

The rest of the planner knows no staff and no calendar. What needs both is decided here, in one more turn: `unsettled`
says whether one is due, `settle` takes it with the `Roster` of the team. Like every turn it is pure.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from planner import conditions
from planner.clock import due_after, end_of, local_day
from planner.turn import Turn
from planner.workforce.allocation import Choice, choose
from planner.workforce.roster import Ask, Busy, Group, Roster
from planner.workforce.slots import Slot, Wanted, find, slot_at
from schemas.codes import Role, StepKind
from schemas.event import Kind
from schemas.journey import Journey, State, StepState
from schemas.pathway import Pathway
from schemas.workforce import Booked, Peers, Place, Policy, Unplaced

SECURE_WARD = "secure-ward"
COMMUNITY = "community"
DISCHARGED = "discharged"
"""Whoever waits for this milestone is on a ward."""
STANDARD = "standard"
ASKED_AHEAD = timedelta(weeks=4)
CANCELLED = "its time was cancelled"
"""Why a contact has no time that somebody cancelled: it waits until somebody asks for another."""
EARLY = timedelta(hours=1)
"""A contact so little before its time is the one that was booked."""


class Ended(NamedTuple):
    """What became of a booking that is over: `done`, `not-seen`, `unreported`, or `released` and why."""

    status: str
    why: str | None = None


class Settlement(NamedTuple):
    """What a settling decided beyond the journey: the bookings that are over by id, and the choices made."""

    ended: dict[str, Ended]
    choices: dict[str, Choice]


def is_peer_contact(step: StepState) -> bool:
    """The step is a contact that a peer worker makes."""
    return step.kind is StepKind.PEER_CONTACT or (step.owner is Role.PEER_WORKER and step.kind.is_contact)


def to_place(journey: Journey) -> list[StepState]:
    """The contacts that should have a time: the earliest due first, then as the definition has them."""
    found = [step for step in journey.steps.values() if is_peer_contact(step) and step.state.actionable]
    return sorted(found, key=lambda step: (step.due is None, step.due or journey.taken_on))


def wanted(journey: Journey) -> bool:
    """The person is on the way and has not declined peer support."""
    return journey.closed is None and journey.facts.get(conditions.PEER_SUPPORT) != "declined"


def accepted(journey: Journey) -> bool:
    """The person accepts peer support at present; while it is paused their worker stays theirs."""
    return journey.facts.get(conditions.PEER_SUPPORT) == conditions.ACCEPTED


def setting(pathway: Pathway, journey: Journey) -> str:
    """Where the person is now: on a ward until they are discharged, where the pathway has a discharge."""
    on_ward = DISCHARGED in pathway.milestone and DISCHARGED not in journey.occurred
    return SECURE_WARD if on_ward else COMMUNITY


def urgency(journey: Journey) -> int:
    """How much safety asks for: 2 when something on the safety ladder is late, 1 with a risk of suicide, else 0."""
    if any(step.ladder == "safety" and step.state is State.MISSED for step in journey.steps.values()):
        return 2
    return int(journey.facts.get("suicide_risk") is True)


def unsettled(journey: Journey) -> bool:
    """Something of the peer support does not fit what the journey asks for, so `settle` has work."""
    peers = journey.peers
    if peers is None:
        return wanted(journey) and bool(to_place(journey)) and journey.hold is None
    if any(_over(journey, step, booked) for step, booked in peers.booked.items()):
        return True
    if not wanted(journey):
        return bool(peers.booked or peers.worker or peers.joining or peers.waiting_since)
    if peers.waiting_since is not None and not accepted(journey):
        return True
    if journey.hold is not None:
        return any(booked.starts > journey.hold.since for booked in peers.booked.values())
    todo = to_place(journey)
    if peers.look is None and (peers.waiting_since is not None or peers.unplaced):
        return True
    if peers.worker is None:
        return bool(todo) and peers.waiting_since is None
    return any(not _placed(peers, step) for step in todo)


def _placed(peers: Peers, step: StepState) -> bool:
    if step.id in peers.booked:
        return peers.booked[step.id].due == step.due
    return step.id in peers.unplaced and peers.unplaced[step.id].due == step.due


def _over(journey: Journey, step_id: str, booked: Booked) -> bool:
    step = journey.steps.get(step_id)
    return step is None or not step.state.unfinished or step.due is None or _took_place(step, booked)


def _took_place(step: StepState, booked: Booked) -> bool:
    return any(contact.at >= booked.starts - EARLY for contact in step.contacts)


def settle(turn: Turn, roster: Roster) -> Settlement:
    """Bring worker and bookings in line with what the journey asks for, at the turn's instant."""
    return _Settling(turn, roster).done()


def own(turn: Turn) -> Peers:
    """The journey's peer support, as a copy of this turn's that may be changed."""
    peers = turn.journey.peers or Peers()
    turn.journey.peers = peers = peers.model_copy(
        update={"booked": dict(peers.booked), "unplaced": dict(peers.unplaced)}
    )
    return peers


def ask(pathway: Pathway, journey: Journey, policy: Policy, now: datetime) -> Ask:
    """What the person needs of a worker, and what they asked for."""
    peers = journey.peers or Peers()
    until = now + ASKED_AHEAD
    soon = [step for step in to_place(journey) if step.due is not None and step.due <= until]
    cost = policy.contact_minutes + policy.travel_minutes + policy.writing_up_minutes
    return Ask(
        setting=setting(pathway, journey),
        minutes=max(1, len(soon)) * cost,
        asked_for=peers.asked_for,
        not_with=frozenset([*peers.not_with, *peers.stepped_back]),
        wishes=tuple(wishes(journey)),
        past=tuple(reversed(peers.past)),
    )


def wishes(journey: Journey) -> list[str]:
    """What the person asked for, where the pathway records it and where it was said of peer support."""
    fact = journey.facts.get("preferences")
    recorded = fact if isinstance(fact, list) else []
    return list(dict.fromkeys([*recorded, *(journey.peers.wishes if journey.peers else [])]))


def times(journey: Journey) -> tuple[str, ...]:
    """The times that the person asked for."""
    return tuple(wish.partition(":")[2] for wish in wishes(journey) if wish.startswith("times:"))


def window(policy: Policy, step: StepState, now: datetime) -> tuple[datetime, datetime]:
    """In which time a contact is sought: before it is due, or soon when that has passed."""
    soonest = now + timedelta(hours=policy.notice_hours)
    span = timedelta(days=policy.window_days)
    if step.due is None or step.due <= now:
        return soonest, soonest + span
    return max(soonest, step.due - span), step.due


def default_place(pathway: Pathway, journey: Journey) -> Place:
    """Where contacts take place unless somebody says otherwise."""
    return Place.WARD if setting(pathway, journey) == SECURE_WARD else Place.COMMUNITY


def busy(booked: Booked, policy: Policy) -> tuple[Busy, ...]:
    """The time of workers that a booking takes."""
    if booked.group is not None:
        return ()
    minutes = int((booked.ends - booked.starts).total_seconds() // 60)
    return slot_at(booked.starts, minutes, booked.place, booked.staff, policy).busy


def book(
    turn: Turn, step: StepState, slot: Slot, place: Place, *, over: bool = False, group: Group | None = None
) -> Booked:
    """Give a contact its time; the caller has seen that it can be."""
    peers = own(turn)
    number = len(turn.events)
    booked = Booked(
        id=str(uuid5(NAMESPACE_URL, f"{turn.journey.transition_id}/{turn.journey.revision + 1}/{number}/{step.id}")),
        due=step.due,
        staff=list(group.staff) if group else [one.staff for one in slot.busy],
        starts=slot.starts,
        ends=slot.ends,
        place=place,
        group=group.id if group else None,
    )
    peers.booked[step.id] = booked
    peers.unplaced.pop(step.id, None)
    tell(turn, step.id, booked, over=over)
    return booked


def tell(turn: Turn, step_id: str, booked: Booked, *, over: bool = False) -> None:
    """Say that a contact has a time."""
    along = {"along": booked.staff[1:]} if len(booked.staff) > 1 else {}
    beyond = {"over_hours": True, "to": [Role.SERVICE_MANAGER]} if over else {}
    turn.emit(
        Kind.BOOKED, step=step_id, staff=booked.staff[0], **along, starts=booked.starts, ends=booked.ends,
        place=booked.place, **beyond,
    )  # fmt: skip


def tell_no_slot(turn: Turn, step: StepState, why: str) -> None:
    """Say at once that a contact has no time, and not only when it is missed."""
    to = [turn.pathway.role(Role.COORDINATOR)]
    until = "soon" if step.due is None or step.due <= turn.now else "before it is due"
    turn.emit(Kind.NO_SLOT, step=step.id, due=step.due, to=to, reason=f"No time {until}: {why}.")


def _tell_release(turn: Turn, step_id: str, booked: Booked, why: str) -> None:
    to = [Role.PEER_WORKER]
    turn.emit(Kind.RELEASED, step=step_id, staff=booked.staff[0], starts=booked.starts, to=to, reason=why)


def release(turn: Turn, step_id: str, why: str) -> Booked:
    """Give the time of a contact back."""
    booked = own(turn).booked.pop(step_id)
    _tell_release(turn, step_id, booked, why)
    return booked


class _Settling:
    """One settling: the bookings first, then the worker, then what has no time yet."""

    def __init__(self, turn: Turn, roster: Roster) -> None:
        self.turn = turn
        self.roster = roster
        self.peers = own(turn)
        self.ended: dict[str, Ended] = {}
        self.choices: dict[str, Choice] = {}

    def done(self) -> Settlement:
        self._end_what_is_over()
        if not wanted(self.turn.journey):
            self._end_support()
        elif not accepted(self.turn.journey):
            self._stop_waiting("no-longer-asked-for")
            self._look_again()
        elif self.turn.journey.hold is not None:
            self._wait_for_resume(self.turn.journey.hold.since)
            if self.peers.worker is not None and (self.peers.joining is not None or not self.peers.leaving):
                self._stop_waiting(None)  # somebody was named by hand meanwhile
        else:
            self._find_worker()
            self._place()
            self._look_again()
        return Settlement(self.ended, self.choices)

    def _wait_for_resume(self, since: datetime) -> None:
        """Nobody sets out while everything is on hold."""
        for step_id, booked in list(self.peers.booked.items()):
            if booked.starts > since:
                self._let_go(step_id, "the transition is on hold")

    # Bookings that are over

    def _end_what_is_over(self) -> None:
        for step_id, booked in list(self.peers.booked.items()):
            step = self.turn.journey.steps.get(step_id)
            if not _over(self.turn.journey, step_id, booked):
                self._keep_or_move(step_id, booked)
            elif step is not None and _took_place(step, booked):
                self._take_out(step_id, booked, Ended("done" if step.state is State.DONE else "not-seen"))
                self._took_place_with(step, booked)
            else:
                self._let_go(step_id, _why_over(step))
        for step_id in list(self.peers.unplaced):
            found = self.turn.journey.steps.get(step_id)
            if found is None or not found.state.actionable:
                del self.peers.unplaced[step_id]

    def _keep_or_move(self, step_id: str, booked: Booked) -> None:
        """The date that a booking was found for has moved: it stays when it still fits, else it is found anew."""
        step = self.turn.journey.steps[step_id]
        if booked.due == step.due:
            return
        if booked.ends <= self.turn.now:
            self._take_out(
                step_id, booked, Ended("unreported")
            )  # it may have taken place: there is nothing to give back
            return
        first, last = window(self.roster.policy, step, self.turn.now)
        if booked.ends <= last and booked.starts >= first - timedelta(hours=self.roster.policy.notice_hours):
            self.peers.booked[step_id] = booked.model_copy(update={"due": step.due})
        else:
            self._let_go(step_id, "the date that it is due by has moved")

    def _took_place_with(self, step: StepState, booked: Booked) -> None:
        if step.state is State.DONE and self.peers.joining in booked.staff[1:]:
            self.peers.met = True
        if step.state is State.DONE and booked.place is Place.HOME:
            self.peers.at_home = True

    def _take_out(self, step_id: str, booked: Booked, ended: Ended) -> None:
        del self.peers.booked[step_id]
        self.ended[booked.id] = ended

    def _let_go(self, step_id: str, why: str) -> None:
        booked = self.peers.booked[step_id]
        self._take_out(step_id, booked, Ended("released", why))
        for one in busy(booked, self.roster.policy):
            self.roster.free(one)
        _tell_release(self.turn, step_id, booked, why)

    def _end_support(self) -> None:
        for step_id in list(self.peers.booked):
            self._let_go(step_id, "peer support has ended")
        for worker in filter(None, (self.peers.worker, self.peers.joining)):
            self._gone(worker)
            self.turn.emit(Kind.PEER_ENDED, staff=worker)
        self.peers.worker = self.peers.joining = self.peers.look = None
        self.peers.met = self.peers.leaving = False
        self.peers.unplaced = {}
        self._stop_waiting("no-longer-asked-for")

    # The worker

    def _find_worker(self) -> None:
        if not to_place(self.turn.journey) and self.peers.waiting_since is None and not self.peers.leaving:
            return
        nobody = self.peers.worker is None or self.peers.worker not in self.roster.workers or self._no_goodbye()
        if nobody and not self._assign():
            return
        if self.peers.joining is None and (self.peers.leaving or self._wrong_setting()):
            self._join()
        else:
            self._stop_waiting(None)

    def _no_goodbye(self) -> bool:
        """Whoever leaves is away beyond the next look: the person would wait for a contact with both all that time."""
        soon = self.turn.now + timedelta(days=self.roster.policy.look_again_days)
        away = self.roster.workers[self.peers.worker or ""].away
        return self.peers.leaving and any(begins <= self.turn.now and soon <= ends for begins, ends in away)

    def _wrong_setting(self) -> bool:
        settings = self.roster.workers[self.peers.worker or ""].settings
        here = setting(self.turn.pathway, self.turn.journey)
        return bool(settings) and (here not in settings or self._of_the_ward(self.peers.worker or ""))

    def _of_the_ward(self, staff: str) -> bool:
        """In a team that works by warm handover, ward workers hand over to community workers at discharge."""
        outside = setting(self.turn.pathway, self.turn.journey) == COMMUNITY
        return outside and self.roster.policy.warm_handover and SECURE_WARD in self.roster.workers[staff].settings

    def _assign(self) -> bool:
        """Somebody goes with the person from now on; False when nobody can, and they wait."""
        wants = self._ask()
        leaver = {self.peers.worker or ""} if self.peers.leaving else set()
        choice = choose(self.roster, wants._replace(not_with=wants.not_with | leaver), self.turn.now)
        joining = self.peers.joining
        if joining is not None and joining in self.roster.workers:
            choice = Choice(joining, f"{joining} was about to take over.", choice.considered)
        if choice.staff is None:
            self._wait(choice)
            return False
        if joining is not None:
            self._gone(joining)
            self.peers.joining, self.peers.met = None, False
        was = self.peers.worker
        self.peers.worker, self.peers.leaving = choice.staff, False
        self.choices[choice.staff] = choice
        self._known(choice.staff)
        self.turn.emit(Kind.ASSIGNED, staff=choice.staff, reason=choice.why, to=[Role.PEER_WORKER])
        if was is not None:
            for step_id, booked in list(self.peers.booked.items()):
                if was in booked.staff:
                    self._let_go(step_id, "the worker has left")
        self._stop_waiting(None)
        return True

    def _ask(self) -> Ask:
        return ask(self.turn.pathway, self.turn.journey, self.roster.policy, self.turn.now)

    def _join(self) -> None:
        """Somebody is found to take over, and meets the person together with the worker first."""
        wants = self._ask()
        others = {self.peers.worker or "", *filter(self._of_the_ward, self.roster.workers)}
        choice = choose(self.roster, wants._replace(not_with=wants.not_with | others), self.turn.now)
        if choice.staff is None:
            if self.peers.leaving:
                self._wait(choice)
            else:
                self._stop_waiting(None)
            return
        self.choices[choice.staff] = choice
        self._stop_waiting(None)
        join(self.turn, choice.staff, choice.why)
        self.peers = own(self.turn)
        self.roster.goes_with(choice.staff, 1)
        if first := next(iter(sorted(self.peers.booked, key=lambda one: self.peers.booked[one].starts)), None):
            self._let_go(first, "it becomes a contact with both workers")

    def _known(self, staff: str) -> None:
        self.peers.past = [*(one for one in self.peers.past if one != staff), staff]
        self.roster.goes_with(staff, 1)

    def _gone(self, staff: str) -> None:
        if staff in self.roster.workers:
            self.roster.goes_with(staff, -1)

    def _wait(self, choice: Choice) -> None:
        self.choices[""] = choice
        if self.peers.waiting_since is not None:
            return
        self.peers.waiting_since = self.turn.now
        self.turn.emit(Kind.QUEUED, reason=choice.why)
        number = 1 + sum(step.kind is StepKind.ALLOCATION for step in self.turn.journey.steps.values())
        step = StepState(
            id=f"peer-worker#{number}",
            title="Find a peer worker",
            kind=StepKind.ALLOCATION,
            owner=Role.PEER_LEAD,
            ladder=STANDARD,
        )
        days = self.roster.policy.queue_working_days
        self.turn.place(self.turn.add(step), due_after(self.turn.now, "working_days", days, self.turn.journey.division))

    def _stop_waiting(self, cancelled: str | None) -> None:
        if self.peers.waiting_since is None:
            return
        self.peers.waiting_since = None
        for step_id, step in list(self.turn.journey.steps.items()):
            if step.kind is StepKind.ALLOCATION and step.state.unfinished:
                if cancelled is None:
                    self.turn.complete(self.turn.step(step_id), self.turn.now)
                else:
                    self.turn.cancel(self.turn.step(step_id), cancelled)

    # The times

    def _place(self) -> None:
        if self.peers.worker is None:
            self.peers.unplaced = {}
            return
        if self.peers.look is not None and self.peers.look <= self.turn.now:
            self.peers.look = None
        # What can still be in time has its time before what is late already.
        for step in sorted(to_place(self.turn.journey), key=lambda one: one.state is State.MISSED):
            if step.id in self.peers.booked:
                continue
            known = self.peers.unplaced.get(step.id)
            asked = known is not None and known.due == step.due
            if known is not None and asked and (self.peers.look is not None or known.why == CANCELLED):
                continue
            self._find_time(step, known)

    def _find_time(self, step: StepState, known: Unplaced | None) -> None:
        policy, now = self.roster.policy, self.turn.now
        first, last = window(policy, step, now)
        if first > now + timedelta(weeks=policy.horizon_weeks):
            self.peers.unplaced[step.id] = Unplaced(due=step.due)
            return
        staff = self._who_comes()
        place = default_place(self.turn.pathway, self.turn.journey)
        found: Slot | str
        if not staff:
            found = "it waits for the new peer worker"
        else:
            sought = Wanted(staff, first, last, policy.contact_minutes, place, times(self.turn.journey))
            found = self._on_a_day_of_its_own(sought)
            if isinstance(found, str) and len(staff) > 1 and not self.peers.leaving:
                # Two who never work on the same day: the person is seen by the one they know meanwhile.
                found = self._on_a_day_of_its_own(sought._replace(staff=staff[:1]))
        if isinstance(found, str):
            if known is None or known.due != step.due or known.why is None:
                tell_no_slot(self.turn, step, found)
            self.peers.unplaced[step.id] = Unplaced(due=step.due, why=found)
            return
        for one in found.busy:
            self.roster.take(one)
        book(self.turn, step, found, place)
        self.peers = own(self.turn)

    def _on_a_day_of_its_own(self, sought: Wanted) -> Slot | str:
        """The earliest time on a day on which the person has no other contact; when there is none, the earliest."""
        taken = {local_day(booked.starts) for booked in self.peers.booked.values()}
        earliest = found = find(self.roster, sought)
        while isinstance(found, Slot) and local_day(found.starts) in taken:
            found = find(self.roster, sought._replace(first=end_of(local_day(found.starts))))
        return earliest if isinstance(found, str) else found

    def _who_comes(self) -> tuple[str, ...]:
        """The worker; with the one who joins until they have met; nobody alone whose worker is leaving."""
        worker, joining = self.peers.worker, self.peers.joining
        if worker is None:
            return ()
        if joining is not None and not self.peers.met:
            planned = any(joining in booked.staff for booked in self.peers.booked.values())
            if not planned:
                return (worker, joining)
        return () if self.peers.leaving else (worker,)

    def _look_again(self) -> None:
        """When to look again at what has no worker or no time: at seven in the morning, nobody else is asking."""
        if self.peers.waiting_since is None and not self.peers.unplaced:
            self.peers.look = None
        elif self.peers.look is None or self.peers.look <= self.turn.now:
            days = self.roster.policy.look_again_days - 1  # to the end of a day, and then to the next morning
            self.peers.look = due_after(self.turn.now, "days", days, self.turn.journey.division) + timedelta(hours=7)


def _why_over(step: StepState | None) -> str:
    if step is None or step.due is None:
        return "its date is not known any more"
    if step.state is State.DONE:
        return "it was done before"
    return f"the contact is no longer asked for ({step.reason or step.state})"


def join(turn: Turn, staff: str, why: str) -> None:
    """Somebody will take over from the worker, who stays responsible until they have accepted."""
    peers = own(turn)
    peers.joining, peers.met = staff, False
    turn.emit(Kind.JOINING, staff=staff, reason=why, to=[Role.PEER_WORKER])


def looks(journey: Journey) -> datetime | None:
    """When time alone asks for another look at what could not be placed."""
    peers = journey.peers
    return peers.look if peers is not None and journey.closed is None else None


def look(turn: Turn) -> None:
    """The time for another look has come: what could not be placed is looked at again."""
    at = looks(turn.journey)
    if at is not None and at <= turn.now:
        own(turn).look = None


def look_now(turn: Turn) -> None:
    """What is known of the person has changed: what had no worker or no time may have one now."""
    if looks(turn.journey) is not None:
        own(turn).look = None
