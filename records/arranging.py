"""Arranging peer support: the team's time is locked, the rules decide, and everything is written as one."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from planner import peers
from planner.peer_commands import Arranged as Decided
from planner.peer_commands import arrange as decide
from planner.refused import Refused
from planner.workforce.allocation import Choice
from planner.workforce.roster import Ask, Roster
from records import definitions, groups, roster
from records.commit import LOCK_TRANSITION, change_of, receipt, refuse_as_ahead, write
from records.database import Database, Link, transaction
from records.errors import NotRegistered, UnknownDefinition
from records.rows import Row, as_json
from records.words import Words, words_with
from schemas.arranging import Arranging
from schemas.command import BookContact
from schemas.commit import Arranged, Commit, Said
from schemas.journey import Journey
from schemas.pathway import Pathway
from schemas.workforce import Booked, Peers, Policy

RECORDED_JOURNEY = """
-- The journey as the records have it.
SELECT readable(id, journey) AS journey, definition FROM transitions WHERE id = $1
"""
END_BOOKINGS = """
-- Bookings that are over: done, not seen, or given back.
UPDATE bookings b SET status = e.status, released_why = e.why
FROM jsonb_to_recordset($1::text::jsonb) AS e (id uuid, status text, why text)
WHERE b.id = e.id AND b.status = 'booked'
"""
INSERT_BOOKINGS = """
-- Time of workers that is spoken for from now on.
INSERT INTO bookings (id, transition_id, step, staff, starts, ends, busy, minutes, place, over_hours, override_by,
    override_reason, booked_at)
SELECT n.id, $1, n.step, n.staff, n.starts, n.ends, tstzrange(n.begins, n.done), n.minutes, n.place, n.over_hours,
    n.override_by, n.override_reason, $3
FROM jsonb_to_recordset($2::text::jsonb) AS n (id uuid, step text, staff text, starts timestamptz, ends timestamptz,
    begins timestamptz, done timestamptz, minutes int, place text, over_hours bool, override_by text,
    override_reason text)
"""
END_ASSIGNMENTS = """
-- Those who no longer go with the person, as the responsible worker or as the one who joins.
UPDATE assignments SET ends = greatest($2, starts)
WHERE transition_id = $1 AND ends IS NULL AND joining = $3 AND staff IS DISTINCT FROM $4
"""
ASSIGN = """
-- Somebody goes with the person from now on, and why them, beside everybody who was considered.
INSERT INTO assignments (transition_id, staff, joining, starts, why, considered, assigned_by, reason, revision)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9)
"""
QUEUE = """
-- The person stands in the allocation queue, or what they ask for has changed.
INSERT INTO peer_queue (transition_id, team, urgency, since, ask, considered)
VALUES ($1, $2, $3, $4, $5::text::jsonb, $6::text::jsonb)
ON CONFLICT (transition_id) DO UPDATE SET team = excluded.team, urgency = excluded.urgency, ask = excluded.ask,
    considered = excluded.considered
"""
LEAVE_QUEUE = """
-- The person waits no longer.
DELETE FROM peer_queue WHERE transition_id = $1
"""


class _Standing(NamedTuple):
    """A locked transition as the records have it."""

    id: UUID
    team: str
    journey: Journey
    pathway: Pathway
    words: Words


async def arrange(db: Database, asked: Arranging, *, email: bool) -> Arranged:
    """Arrange a journey's peer support: what a command says, and whatever has no worker or no time.

    Everything is decided and written in one transaction that holds the team's workers, so two people are never given
    the same hour. Done again it changes nothing: the records are then ahead of what was asked from, and Ahead is
    raised, with the receipt of a command that is done. NotRegistered when the records do not know the transition.
    """
    async with transaction(db) as link:
        standing = await _standing(link, asked)
        now = asked.at
        hours = await roster.locked(link, standing.team, now, standing.journey.division)
        if not hours.workers and (standing.journey.peers is None or asked.command is not None):
            if asked.command is None:
                return Arranged(team=standing.team)
            return Arranged(team=standing.team, refused="conflict", message="This team has no peer workers.")
        if isinstance(asked.command, BookContact) and asked.command.group is not None:
            found = await groups.group(link, standing.team, asked.command.group)
            hours.groups = {found.id: found} if found else {}
        hours.ahead = tuple(await _ahead(link, standing, now))
        try:
            decided = decide(standing.pathway, standing.journey, hours, now, asked.command)
        except Refused as why:
            return Arranged(team=standing.team, peers=True, refused=why.kind, message=why.message)
        if decided.journey.revision == standing.journey.revision:
            return Arranged(team=standing.team, peers=True)
        said = said_of(asked)
        commit = Commit(journey=decided.journey, events=decided.events, at=now, said=said)
        change = change_of(commit, standing.words)
        committed = await write(link, change, standing.pathway, standing.team, email=email)
        await _write_calendar(link, standing, decided, asked, hours.policy)
        await _write_places(link, standing, decided, asked.at)
        await _write_assignments(link, standing, decided, asked)
        await _write_queue(link, standing, decided, asked, hours)
        return Arranged(
            notices=committed.notices, team=standing.team, peers=True, journey=decided.journey, events=decided.events
        )


def said_of(asked: Arranging) -> Said | None:
    """The command as it is recorded with the events; why somebody steps back is nobody's business."""
    command = asked.command
    if command is None:
        return None
    return Said(
        id=command.id,
        do=command.do,
        role=command.by.role,
        staff=command.by.staff,
        at=command.at,
        reason=None if command.do == "step-back" else command.reason,
        step=getattr(command, "step", None),
    )


async def _standing(link: Link, asked: Arranging) -> _Standing:
    try:
        transition_id = UUID(asked.transition_id)
    except ValueError:
        raise NotRegistered(asked.transition_id) from None
    row = await link.fetchrow(LOCK_TRANSITION, transition_id)
    found = await link.fetchrow(RECORDED_JOURNEY, transition_id)
    if row is None or found is None or found["journey"] is None:
        raise NotRegistered(asked.transition_id)
    words = await words_with(link, row)
    done = asked.command is not None and await receipt(link, asked.transition_id, asked.command.id) is not None
    journey = Journey.model_validate_json(found["journey"])
    if done or row["revision"] != asked.revision:
        commit = Commit(journey=journey, events=[], at=asked.at, said=said_of(asked))
        await refuse_as_ahead(link, change_of(commit, words))
    text = await definitions.canonical(link, found["definition"])
    if text is None:
        raise UnknownDefinition(asked.transition_id, found["definition"])
    return _Standing(transition_id, row["team"], journey, Pathway.parse_canonical(text), words)


async def _ahead(link: Link, standing: _Standing, now: datetime) -> list[Ask]:
    state = standing.journey.peers or Peers()
    since = state.waiting_since or now
    return await roster.ahead(link, standing.team, str(standing.id), peers.urgency(standing.journey), since)


async def _write_calendar(link: Link, standing: _Standing, decided: Decided, asked: Arranging, policy: Policy) -> None:
    before = (standing.journey.peers or Peers()).booked
    after = (decided.journey.peers or Peers()).booked
    ended = [
        {"id": booked.id, "status": decided.settlement.ended[booked.id].status,
         "why": standing.words.reason(decided.settlement.ended[booked.id].why)}
        for booked in before.values()
        if booked.id in decided.settlement.ended
    ]  # fmt: skip
    if ended:
        await link.execute(END_BOOKINGS, as_json(ended))
    known = {booked.id for booked in before.values()}
    new = [
        row
        for step, booked in after.items()
        if booked.id not in known
        for row in _booking_rows(step, booked, decided, asked, policy, standing.words)
    ]
    if new:
        await link.execute(INSERT_BOOKINGS, standing.id, as_json(new), asked.at)


def _booking_rows(
    step: str, booked: Booked, decided: Decided, asked: Arranging, policy: Policy, words: Words
) -> list[Row]:
    over = any(event.over_hours and event.step == step for event in decided.events)
    command = asked.command
    by = (
        {"override_by": command.by.staff or command.by.role, "override_reason": words.reason(command.reason, ())}
        if (over and command is not None)
        else {}
    )
    return [
        {"id": booked.id, "step": step, "staff": one.staff, "starts": booked.starts, "ends": booked.ends,
         "begins": one.begins, "done": one.ends, "minutes": one.minutes, "place": booked.place,
         "over_hours": over, **by}
        for one in peers.busy(booked, policy)
    ]  # fmt: skip


async def _write_places(link: Link, standing: _Standing, decided: Decided, now: datetime) -> None:
    before = _places(standing.journey)
    after = _places(decided.journey)
    if taken := after - before:
        await link.execute(groups.TAKE_PLACES, standing.id, as_json(_place_rows(taken)))
    if given_back := before - after:
        await link.execute(groups.GIVE_PLACES_BACK, standing.id, as_json(_place_rows(given_back)), now)


def _places(journey: Journey) -> set[tuple[str, str]]:
    booked = (journey.peers or Peers()).booked
    return {(one.group, step) for step, one in booked.items() if one.group is not None}


def _place_rows(places: set[tuple[str, str]]) -> list[Row]:
    return [{"group_id": group, "step": step} for group, step in sorted(places)]


async def _write_assignments(link: Link, standing: _Standing, decided: Decided, asked: Arranging) -> None:
    before, after = standing.journey.peers or Peers(), decided.journey.peers or Peers()
    for joining, was, now in ((False, before.worker, after.worker), (True, before.joining, after.joining)):
        if was == now:
            continue
        await link.execute(END_ASSIGNMENTS, standing.id, asked.at, joining, now)
        if now is None:
            continue
        choice = decided.settlement.choices.get(now) or Choice(now, f"{now} met the person and accepted.", [])
        considered = as_json(standing.words.considered(one.model_dump() for one in choice.considered))
        command = asked.command if asked.command is not None and asked.command.do == "assign" else None
        await link.execute(
            ASSIGN, standing.id, now, joining, asked.at, standing.words.seal(choice.why), considered,
            command.by.staff if command else None,
            standing.words.reason(command.reason, ()) if command else None, decided.journey.revision,
        )  # fmt: skip


async def _write_queue(link: Link, standing: _Standing, decided: Decided, asked: Arranging, hours: Roster) -> None:
    state = decided.journey.peers or Peers()
    if state.waiting_since is None:
        await link.execute(LEAVE_QUEUE, standing.id)
        return
    choice = decided.settlement.choices.get("")
    wants = peers.ask(standing.pathway, decided.journey, hours.policy, asked.at)
    considered = standing.words.considered(one.model_dump() for one in choice.considered) if choice else []
    await link.execute(
        QUEUE, standing.id, standing.team, peers.urgency(decided.journey), state.waiting_since,
        as_json(standing.words.ask(roster.ask_row(wants))), as_json(considered),
    )  # fmt: skip
