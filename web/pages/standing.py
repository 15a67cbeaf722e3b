"""How one person stands, ready to be shown: every sentence and link of their page, and nothing looked up."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from planner import peers, words
from planner.because import Moved, because
from planner.clock import birthday, local_day, midnight
from planner.journey import stage
from planner.ladders import SAFETY
from planner.turn import BEFORE_ALONGSIDE
from planner.waits import waits
from records.moves import DateMoved
from records.views import EscalationRow
from schemas.codes import ATTENDANCE_WORDS, MECHANISM_WORDS, WAS_NOT_BROUGHT, Attendance, Role
from schemas.journey import Contact, FactValue, Journey, State, StepState
from schemas.pathway import Pathway
from schemas.workforce import Place

SOON = timedelta(days=7)
"""What is due within this time is to be done now."""
CONTACTS = 20
"""Contacts on the page; all of them are in the history."""
PLACE_WORDS = {
    Place.WARD: "on the ward",
    Place.COMMUNITY: "in the community",
    Place.HOME: "at their home",
    Place.CLINIC: "at the clinic",
    Place.TELEPHONE: "by telephone",
    Place.VIDEO: "by video",
}
STATE_WORDS = {
    State.PLANNED: "ahead",
    State.OPEN: "to be done",
    State.MISSED: "late",
    State.DONE: "done",
    State.WAIVED: "need not be done",
    State.CANCELLED: "no longer asked for",
}


class Row(NamedTuple):
    """One step: what it is, how it stands, when it is due and why then, who was told, and where it is acted on."""

    title: str
    href: str
    state: State
    stands: str
    owner: str
    due: datetime | None
    when: str
    why: str
    waits: str | None
    told: list[str]
    by_hand: bool
    moved: bool


class Met(NamedTuple):
    """A contact: when, what it was for, what became of it or will."""

    at: datetime
    title: str
    text: str
    booked: bool


class Fact(NamedTuple):
    """Something that is known."""

    title: str
    value: str


class Milestone(NamedTuple):
    """Something that happens once: when it did, or is expected."""

    name: str
    text: str


class Teller:
    """One journey at one instant, in words; `names` are what members of staff are called, by id."""

    def __init__(
        self, pathway: Pathway, journey: Journey, now: datetime, *,
        names: Mapping[str, str], told: Collection[EscalationRow] = (), moves: Mapping[str, DateMoved] | None = None,
    ) -> None:  # fmt: skip
        self.pathway = pathway
        self.journey = journey
        self.now = now
        self.names = names
        self.moves = moves or {}
        self.told: dict[tuple[str, datetime], list[str]] = {}
        for one in told:
            names_told = self.told.setdefault((one.step, one.due), [])
            names_told.extend(name for name in map(self.name, one.recipients) if name not in names_told)
        self._waits = {wait.step: wait.text for wait in waits(pathway, journey)}

    def name(self, staff: str | None) -> str:
        """What somebody is called; their id when nobody of that id is in the staff list."""
        return self.names.get(staff, staff) if staff else "nobody"

    def row(self, step: StepState) -> Row:
        """One step."""
        moved = self.moves.get(step.id)
        done = step.done_on or step.ended
        if step.state.unfinished:
            when = words.due_from(step.due, self.now) if step.due else "no date yet"
        else:
            when = words.day(done) if done else ""
        return Row(
            title=step.title,
            href=f"/people/{self.journey.transition_id}/steps/{quote(step.id, safe='')}",
            state=step.state,
            stands=self._stands(step),
            owner=step.owner.words,
            due=step.due,
            when=f"{when[:1].upper()}{when[1:]}",
            why=because(self.pathway, self.journey, step, self._moved(moved)),
            waits=self._waits.get(step.id) if step.state.unfinished else None,
            told=self.told.get((step.id, step.due), []) if step.due else [],
            by_hand=step.by_hand is not None,
            moved=moved is not None and step.state.unfinished,
        )

    def _moved(self, moved: DateMoved | None) -> Moved | None:
        if moved is None:
            return None
        by = self.name(moved.staff) if moved.staff else None
        return Moved(moved.was, moved.at, by, moved.command, moved.reason)

    def _stands(self, step: StepState) -> str:
        said = STATE_WORDS[step.state]
        if step.state is State.MISSED and step.acknowledged_until is not None:
            said += f", being seen to until {words.due(step.acknowledged_until)}"
        if step.state is State.DONE and step.late:
            said += ", late"
        if step.state.unfinished and self.journey.hold is not None and step.ladder != SAFETY:
            said += ", on hold"
        if step.state.unfinished and step.attempts:
            said += f", tried {step.attempts} time{'' if step.attempts == 1 else 's'}"
        return f"{said} ({step.reason.replace('-', ' ')})" if step.reason and not step.state.unfinished else said

    # The parts of the page

    def to_do_now(self) -> list[Row]:
        """What is late, and what is due soon; the longest due first."""
        found = [*self.journey.steps.values(), *([self.journey.silence] if self.journey.silence else [])]
        now = [step for step in found if step.state is State.MISSED or self._soon(step)]
        return [self.row(step) for step in sorted(now, key=lambda step: step.due or self.now)]

    def _soon(self, step: StepState) -> bool:
        if step.state is not State.OPEN or step.due is None or step.due > self.now + SOON:
            return False
        if self.journey.silence is not None and step.id == self.journey.silence.id:
            return True
        return self.journey.hold is None or step.ladder == SAFETY

    def table(self) -> list[Row]:
        """Every step that the picture shows, and those that have no date yet, in the order of their dates."""
        last = datetime.max.replace(tzinfo=self.now.tzinfo)
        found = [step for step in self.journey.steps.values() if step.state is not State.CANCELLED]
        return [self.row(step) for step in sorted(found, key=lambda step: step.due or last)]

    def finished(self) -> tuple[list[Row], int]:
        """What is finished, the latest first, and how much more was from before Alongside took this on."""
        ended = [step for step in self.journey.steps.values() if not step.state.unfinished]
        mine = [step for step in ended if step.reason != BEFORE_ALONGSIDE]
        ordered = sorted(mine, key=lambda step: step.done_on or step.ended or self.now, reverse=True)
        return [self.row(step) for step in ordered], len(ended) - len(mine)

    def contacts(self) -> list[Met]:
        """What is booked, then what took place or did not, the latest first."""
        tried = [
            Met(contact.at, step.title, self._contact(contact), booked=False)
            for step in self.journey.steps.values()
            for contact in step.contacts
        ]
        return [*self.booked(), *sorted(tried, key=lambda met: met.at, reverse=True)[:CONTACTS]]

    def booked(self) -> list[Met]:
        """What is booked, the first first."""
        found = []
        for step_id, one in (self.journey.peers.booked if self.journey.peers else {}).items():
            step = self.journey.steps.get(step_id)
            title = step.title if step else "A contact"
            who = " and ".join(self.name(staff) for staff in one.staff)
            over = "; it is over, and nobody has said how it was" if one.ends <= self.now else ""
            found.append(Met(one.starts, title, f"booked with {who}, {PLACE_WORDS[one.place]}{over}", booked=True))
        return sorted(found, key=lambda met: met.at)

    def _contact(self, contact: Contact) -> str:
        said = ATTENDANCE_WORDS[contact.attendance]
        born = self.journey.born
        if contact.attendance is Attendance.DID_NOT_ATTEND and born is not None and contact.at < birthday(born, 18):
            said = WAS_NOT_BROUGHT
        return f"{said}, {MECHANISM_WORDS[contact.mechanism]}"

    def stage(self) -> str:
        """Where they are on the way, in words."""
        return stage_words(self.pathway, self.journey)

    def milestones(self) -> Iterator[Milestone]:
        """What has happened, what is expected, and what nobody has a date of yet."""
        for milestone in self.pathway.milestones:
            name = f"{milestone.name[0].upper()}{milestone.name[1:]}"
            if milestone.id in self.journey.occurred:
                yield Milestone(name, _on(self.journey.occurred[milestone.id]))
            elif milestone.id in self.journey.expected:
                yield Milestone(name, f"expected {words.day(self.journey.expected[milestone.id])}")
            elif milestone.id != "ended":
                yield Milestone(name, "no date yet")

    def facts(self) -> list[Fact]:
        """What is known, as the pathway calls it."""
        found = []
        for name, fact in self.pathway.facts.items():
            title = fact.title or name.replace("_", " ")
            value = self.journey.facts.get(name)
            if value is not None:
                found.append(Fact(title, value_words(value)))
        return found

    def asked_for(self) -> list[str]:
        """What the person asked for of peer support. Whom they would rather not have is not said."""
        named = self.journey.peers.asked_for if self.journey.peers else None
        wishes = [wish.replace(":", ": ", 1) for wish in peers.wishes(self.journey)]
        return [*([self.name(named)] if named else []), *wishes]

    def company(self) -> list[str]:
        """Who goes with the person, who will, and since when they wait."""
        known = self.journey.peers
        if known is None:
            return []
        said = []
        if known.worker is not None:
            until = ", until somebody else has met them and taken over" if known.leaving else ""
            said.append(f"{self.name(known.worker)} goes with them{until}")
        if known.joining is not None:
            met = "has met them, and takes over once they accept" if known.met else "gets to know them, to take over"
            said.append(f"{self.name(known.joining)} {met}")
        if known.waiting_since is not None:
            other = "another" if known.worker else "a"
            said.append(f"waits for {other} peer worker since {words.day(known.waiting_since)}")
        return said

    def peer_steps(self) -> list[Row]:
        """What peer support does for them next."""
        found = [step for step in self.journey.steps.values() if _is_peer_support(step) and step.state.actionable]
        return [self.row(step) for step in sorted(found, key=lambda step: step.due or self.now)]

    def others_steps(self, *, facts: bool) -> list[Row]:
        """What everybody else does for them, by date; without `facts`, nothing that is done because of one."""
        found = []
        for step in self.journey.steps.values():
            rule = self.pathway.step.get(step.of or "")
            if rule is not None and step.state.actionable and not _is_peer_support(step) and (facts or not rule.when):
                found.append(step)
        return [self.row(step) for step in sorted(found, key=lambda step: step.due or self.now)]


def _is_peer_support(step: StepState) -> bool:
    return peers.is_peer_contact(step) or step.owner in (Role.PEER_WORKER, Role.PEER_LEAD)


def stage_words(pathway: Pathway, journey: Journey) -> str:
    """For example "after the discharge", "on hold", "ended: settled in the community"."""
    now = stage(pathway, journey)
    if journey.closed is not None:
        left = journey.closed.exit
        title = next((one.title for one in pathway.exits if one.id == left), left)
        return f"ended: {title[0].lower()}{title[1:]}"
    return "on hold" if now == "on-hold" else f"after the {pathway.milestone[now].name}"


def _on(at: datetime) -> str:
    """A day when that is all that was said, else day and time."""
    return words.day(at) if at == midnight(local_day(at)) else words.moment(at)


def value_words(value: FactValue | None) -> str:
    """A fact's value as people read it."""
    if value is None or value == []:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(one.replace(":", ": ", 1) for one in value)
    what, colon, status = value.partition(":")
    return f"{what.replace('-', ' ')} ({status})" if colon else value.replace("-", " ")


def staff_in(journey: Journey) -> set[str]:
    """Everybody whom the page of a journey names."""
    known = journey.peers
    named = [
        journey.coordinator,
        journey.handover and journey.handover.to,
        journey.overlap and journey.overlap.staff,
        *([known.worker, known.joining, known.asked_for] if known else []),
        *(staff for one in (known.booked.values() if known else ()) for staff in one.staff),
    ]
    return {staff for staff in named if staff}
