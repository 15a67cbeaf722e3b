"""What was recorded, and what is waited for next, in a sentence each; nothing in them names the person."""

from datetime import datetime

from planner import peers as rules
from planner import words
from planner.clock import local_day, midnight
from planner.preview import difference
from planner.waits import waits
from schemas import command as says
from schemas.journey import Journey, State, StepState
from schemas.pathway import Pathway


def next_wait(pathway: Pathway, journey: Journey) -> str:
    """What the journey waits for next."""
    if journey.closed is not None:
        return f"The transition is closed as {journey.closed.exit}: nothing more is waited for."
    first = waits(pathway, journey)[0]
    return f"Next: {first.title} ({first.step}), {first.text}."


def recorded(pathway: Pathway, before: Journey, after: Journey, command: says.Command) -> str:
    """What a command did, to a journey that was `before` and is `after`."""
    match command:
        case says.Complete():
            return _reported(after.steps[command.step])
        case says.Waive() | says.Acknowledge() | says.SetDue() | says.AddStep():
            return _of_a_step(after, command)
        case says.OfferHandover() | says.AnswerHandover() | says.WithdrawHandover():
            return _of_a_handover(before, after, command)
        case says.BookContact() | says.CancelBooking():
            return _of_a_booking(after, command.step)
        case says.Wish() | says.AssignPeerWorker() | says.AcceptPerson() | says.StepBack() | says.CoverAbsence():
            return _of_peer_support(after, command)
        case _:
            return f"{_of_the_journey(pathway, after, command)}{_moved(before, after)}"


def _reported(step: StepState) -> str:
    if step.state is State.DONE:
        on = f" on {words.day(step.done_on)}" if step.done_on else ""
        return f"{step.id} was done{on}{', late' if step.late else ''}"
    if step.contacts and step.contacts[-1].attendance.attended:
        return f"they were seen, which does not count for {step.id}: it stays open"
    tries = f"{step.attempts} attempt{'' if step.attempts == 1 else 's'}"
    return f"a try at {step.id} ({tries} so far), which stays open"


def _of_a_step(after: Journey, command: says.Command) -> str:
    match command:
        case says.Waive():
            return f"{command.step} need not be done"
        case says.Acknowledge():
            return f"{command.step} is being seen to, and nobody further is told before {words.due(command.until)}"
        case says.AddStep():
            return f"{command.step} is added, due {words.due(command.due)}"
        case says.SetDue(due=None):
            due = after.steps[command.step].due
            return f"{command.step} follows its rule again, and {f'is due {words.due(due)}' if due else 'has no date'}"
        case says.SetDue():
            return f"{command.step} is due {words.due(command.due or command.at)}, set by hand"
    raise TypeError(command)


def _of_a_handover(before: Journey, after: Journey, command: says.Command) -> str:
    match command:
        case says.OfferHandover():
            by = words.due(command.answer_by)
            return f"offered to {command.to}, who answers by {by}; until then {_coordinator(before)} coordinates it"
        case says.AnswerHandover(accept=True):
            return f"{_coordinator(after)} is the coordinator now"
        case says.AnswerHandover():
            return f"the offer is declined, and {_coordinator(after)} stays the coordinator"
    return f"the offer is withdrawn, and {_coordinator(after)} stays the coordinator"


def _of_a_booking(after: Journey, step: str) -> str:
    booked = after.peers.booked.get(step) if after.peers else None
    if booked is None:
        return f"{step} has no time now, and stays to be done"
    late = f", after it is due ({words.due(booked.due)})" if booked.due and booked.ends > booked.due else ""
    return f"{step} is booked with {' and '.join(booked.staff)} on {words.moment(booked.starts)}, {booked.place}{late}"


def _of_peer_support(after: Journey, command: says.Command) -> str:
    said = {"wishes": "what the person asked for", "step-back": "stepping back"}.get(getattr(command, "do", ""), "")
    stands = _who_goes(after)
    if isinstance(command, says.Wish) and command.wishes is not None and after.peers and after.peers.booked:
        stands += ", and what is booked stays as it is (booking it again moves it)"
    return f"{said}; {stands}" if said else stands


def _who_goes(after: Journey) -> str:
    peers = after.peers
    if peers is not None and peers.joining is not None:
        return f"{peers.joining} gets to know the person, and takes over once they have met and accepted"
    if peers is not None and peers.worker is not None:
        if peers.leaving:
            return f"{peers.worker} stays theirs until somebody else has met them and taken over"
        return f"{peers.worker} goes with the person"
    if peers is not None and peers.waiting_since is not None:
        return "nobody is free yet, and the person waits in the queue"
    return f"no peer worker is sought yet, because {not_sought(after)}"


def not_sought(journey: Journey) -> str:
    """Why nobody is looked for to go with a person who has no worker and does not wait."""
    if journey.closed is not None:
        return "the transition has ended"
    if not rules.wanted(journey):
        return "they declined peer support"
    if not rules.accepted(journey):
        return "they have not accepted peer support, or paused it"
    if journey.hold is not None:
        return "the transition is on hold"
    return "no contact with a peer worker is asked for at present"


def _of_the_journey(pathway: Pathway, after: Journey, command: says.Command) -> str:
    match command:
        case says.RecordMilestone():
            at = after.occurred[command.milestone]
            return f"the {pathway.milestone[command.milestone].name} was on {words.moment(at)}"
        case says.Expect():
            return "; ".join(
                f"the {pathway.milestone[name].name} {f'is expected {_from(at)}' if at else 'has no expected date'}"
                for name, at in command.expected.items()
            )
        case says.ChangeFacts():
            return "; ".join(f"{name} is {_value(after.facts.get(name))}" for name in command.facts)
        case says.PutOnHold():
            return "the transition is on hold, except for what is about safety"
        case says.Resume():
            return "the transition goes on"
        case says.MoveDefinition():
            return f"it goes on by version {pathway.version} of {pathway.id}"
        case says.Exit():
            return f"the transition ended as {command.exit}"
    raise TypeError(command)


def _coordinator(journey: Journey) -> str:
    return journey.coordinator or "nobody"


def _from(at: datetime) -> str:
    """A day when it is meant from its beginning, else day and time."""
    return words.day(at) if at == midnight(local_day(at)) else words.moment(at)


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "not known" if value is None else str(value)


def _moved(before: Journey, after: Journey) -> str:
    """How many dates moved, and which steps came and went."""
    found = difference(before, after, [])
    if after.closed is not None:
        return ""
    counts = [
        (len(found.moves), "date", "moved"),
        (len(found.appears), "step", "added"),
        (len(found.goes), "step", "cancelled"),
    ]
    parts = [f"{number} {noun}{'' if number == 1 else 's'} {done}" for number, noun, done in counts if number]
    return f"; {', '.join(parts)}" if parts else ""
