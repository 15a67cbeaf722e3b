"""One person's transition, durably: sleep or be told, decide, commit, tell.

Every rule is the planner's; this shell makes what it decides survive. Commands are Updates: refused
before anything is written when they cannot be done, answered with a receipt when they are recorded.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    # Deterministic by construction or never called in here: re-importing them for each workflow costs 70 ms of CPU.
    from activities.notices import NoticeActivities
    from activities.records import RecordsActivities
    from planner import journey as planner
    from planner import peers
    from planner.peer_commands import ARRANGING, check
    from planner.preview import preview
    from planner.refused import Refused
    from planner.turn import Outcome
    from planner.waits import Wait, headline, waits
    from schemas.arranging import Arranging
    from schemas.command import AnyCommand, MoveDefinition, Receipt, Start
    from schemas.commit import Ahead, Arranged, Commit, Committed, Said
    from schemas.event import Event
    from schemas.journey import Journey
    from schemas.pathway import Pathway
    from workflows import attributes
    from workflows.refusing import refusal
    from workflows.state import FaultInTheRulesError, NotStartedError, Previewed, TransitionState
    from workflows.waiting import came_in_time

REMEMBERED = 200
"""Receipts kept in the workflow; the records answer for older commands."""
TRACED = 100
"""Latest events that the trace query tells; the whole history is in the records."""
SUMMED_UP = 120
"""Bytes of a timer's summary: Temporal takes 400, and it is handed over sealed."""
PUNCTUAL = timedelta(seconds=60)
"""A timer no later than this counts as on time; after an outage, time passes in one go instead."""
SAID_WITHIN = timedelta(minutes=10)
"""How long a command may have been under way and still be recorded at the time it was said."""
ONE_INSTANT = "one-instant-a-turn"
"""The patch from which on a turn is about one instant, whatever time it is meanwhile."""
AT_ONCE = timedelta(milliseconds=20)
"""How long to wait for what is due already, so that it is a turn of its own. It is more than timers are inexact by, so
that one which fires before its time is known for that (workflows.waiting)."""
REPORTS = {"complete": "done_at", "milestone": "occurred_at"}
"""Commands that report what happened, and where they say when."""

UNTIL_WRITTEN = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(minutes=2))
UNTIL_SENT = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=15))


@workflow.defn
class TransitionWorkflow:
    """The journey of one person along one pathway, until it closes."""

    @workflow.init
    def __init__(self, given: TransitionState) -> None:
        self._given = given
        self._journey = given.journey
        self._handled = dict(given.handled)
        self._outbox = list(given.outbox)
        self._mailing = False
        self._never: ApplicationError | None = None
        self._team = given.team
        self._peers = given.peers
        self._use(given.definition)
        self._lock = asyncio.Lock()
        self._one_instant = workflow.patched(ONE_INSTANT)
        self._instant: datetime | None = None
        self._recent: deque[Event] = deque(maxlen=TRACED)
        self._last = given.last

    @workflow.run
    async def run(self, given: TransitionState) -> str:
        """Follow the person until the transition closes; the result is how it closed."""
        if self._journey is None:
            await self._begin()
        else:
            self._list()
        delivery = asyncio.create_task(self._deliver())
        while self._open.closed is None:
            if self._may_renew():
                workflow.continue_as_new(self._state())
            await self._until_something_is_due()
        await workflow.wait_condition(lambda: workflow.all_handlers_finished() and not self._outbox)
        delivery.cancel()
        return self._open.closed.exit

    # What people ask

    @workflow.update
    async def begun(self) -> Receipt:
        """Answer once the transition is in the records; sent with the start, so starting twice is starting once."""
        await self._has_begun()
        start = self._open
        return Receipt(transition_id=start.transition_id, revision=1, at=start.taken_on)

    @workflow.update
    async def command(self, command: AnyCommand) -> Receipt:
        """Do a command once, and answer with its receipt; sent again, it answers the same."""
        said = _believed(command.at, self._now)
        await self._has_begun()
        async with self._turn(said):
            known = self._handled.get(command.id)
            if known is not None:
                return known
            # What time alone had due comes first, each at its own instant: as if the timer had been quicker.
            await self._let_time_pass()
            while True:
                dated = self._dated(command, self._time)
                if isinstance(command, ARRANGING):
                    receipt = await self._arrange(dated.at, dated)
                else:
                    definition = command.definition if isinstance(command, MoveDefinition) else None
                    receipt = await self._commit(self._decided(dated), dated.at, command, definition)
                    await self._settle()
                if receipt is not None:
                    return receipt

    @command.validator
    def _may_be_done(self, command: AnyCommand) -> None:
        if self._journey is not None and command.id not in self._handled:
            self._refuse(self._dated(command, self._now))

    @workflow.query
    def journey(self) -> Journey:
        """Where the transition stands."""
        return self._open

    @workflow.query
    def waits(self) -> list[Wait]:
        """What it waits for, in words."""
        return waits(self._pathway, self._open)

    @workflow.query
    def trace(self) -> list[Event]:
        """The latest events, at most 100, since the workflow last continued as new."""
        return list(self._recent)

    @workflow.query
    def preview(self, command: AnyCommand) -> Previewed:
        """What a command would do, without doing it; or why it would be refused."""
        try:
            return Previewed(preview=preview(self._pathway, self._open, self._dated(command, self._now)))
        except Refused as why:
            return Previewed(refused=why.kind, message=why.message)

    # How it is done

    async def _begin(self) -> None:
        """Take the person on. When that cannot be, whoever asked is told why before the workflow fails."""
        if self._given.start is None:
            raise NotStartedError
        try:
            start, now = self._given.start, self._now
            outcome = planner.start(self._pathway, start)
            async with self._turn(now):
                await self._commit(outcome, start.at, start, self._given.definition)
                await self._settle()
                if self._one_instant:  # as far as now, in this turn alone: what is overdue needs no timer of its own
                    await self._let_time_pass()
        except Refused as why:
            self._never = refusal(why)
        except ApplicationError as why:  # a local activity fails as what it raised, not as an ActivityError
            self._never = why
        if self._never is not None:
            await workflow.wait_condition(workflow.all_handlers_finished)
            raise self._never

    async def _has_begun(self) -> None:
        await workflow.wait_condition(lambda: self._journey is not None or self._never is not None)
        if self._never is not None:
            raise self._never

    async def _until_something_is_due(self) -> None:
        """Sleep to the next instant at which time alone changes something, or until that instant is another."""
        at = planner.next_wake(self._pathway, self._open)
        if at is None or at > self._now or self._one_instant:
            something_else = await came_in_time(
                lambda: (
                    planner.next_wake(self._pathway, self._open) != at
                    or self._open.closed is not None
                    or self._may_renew()
                ),
                max(at - self._now, AT_ONCE) if at else None,
                _summed_up(headline(self._pathway, self._open)) if at else None,
            )
            if something_else or at is None:
                return
        async with self._turn(at):
            await self._let_time_pass()

    @asynccontextmanager
    async def _turn(self, until: datetime) -> AsyncIterator[None]:
        """One turn: time comes as far as the instant that it is about, and no further.

        How far that is must not hang on what time it is, which may be otherwise when the history is read: a task that
        has a query to answer hands over what an activity said only with the next, and has the time of that; one that
        took longer than Temporal waits for is read with the time at which it was asked for once more.
        """
        async with self._lock:
            self._instant = until if self._one_instant else None
            try:
                yield
            finally:
                self._instant = None

    async def _let_time_pass(self) -> None:
        while (at := planner.next_wake(self._pathway, self._open)) is not None and at <= self._time:
            now = at if self._now - at <= PUNCTUAL else self._now
            await self._commit(planner.wake(self._pathway, self._open, now), now, None, None)
            await self._settle()

    def _refuse(self, command: AnyCommand) -> None:
        """Refuse a command that cannot be done, before anything is written."""
        if not isinstance(command, ARRANGING):
            self._decided(command)
            return
        try:
            check(self._pathway, self._open, command)
        except Refused as why:
            raise refusal(why) from why

    def _decided(self, command: AnyCommand) -> Outcome:
        try:
            return planner.decide(self._pathway, self._open, command)
        except Refused as why:
            raise refusal(why) from why
        except Exception:
            workflow.logger.error("a fault in the rules, found by command %s (%s)", command.id, command.do)
            raise

    def _dated(self, command: AnyCommand, now: datetime) -> AnyCommand:
        """The command at the instant that it is recorded at: when it was said, unless that cannot be believed by now.

        What was recorded while it was under way stands before it. What it reports was done when it was said.
        """
        said = _believed(command.at, now)
        at = max(self._latest, said)
        done = REPORTS.get(command.do)
        if done is None or getattr(command, done) is not None or not self._open.started <= said < at:
            return command.model_copy(update={"at": at})
        return command.model_copy(update={"at": at, done: said})

    async def _commit(
        self, outcome: Outcome, at: datetime, said: AnyCommand | Start | None, definition: str | None
    ) -> Receipt | None:
        """Write a change and take it over; None when the records were ahead, and it must be decided anew."""
        journey, events = outcome
        if self._journey is not None and journey.revision == self._journey.revision:
            raise FaultInTheRulesError("a turn of the planner changed nothing")
        told = _said(said) if said else None
        change = Commit(journey=journey, events=events, at=at, said=told, definition=definition)
        committed: Committed = await workflow.execute_local_activity_method(
            RecordsActivities.commit,
            change,
            start_to_close_timeout=timedelta(seconds=20),
            retry_policy=UNTIL_WRITTEN,
            local_retry_threshold=timedelta(seconds=10),
        )
        self._hear(committed)
        if committed.ahead is not None:
            return self._catch_up(committed.ahead, told.id if told else "")
        recorded = committed.at, committed.said
        if not isinstance(said, Start) and committed.at is not None and recorded != (at, said.at if said else None):
            (journey, events), at = self._as_recorded(said, committed.at, committed.said), committed.at
        return self._take_over(journey, events, at, told.id if told else None, definition)

    def _as_recorded(self, command: AnyCommand | None, at: datetime, said: datetime | None) -> Outcome:
        """What was decided, read from a history in which the time, or when the command was said, is another."""
        if command is None:
            return planner.wake(self._pathway, self._open, at)
        dated = self._dated(command.model_copy(update={"at": said or command.at}), self._time)
        return self._decided(dated.model_copy(update={"at": at}))

    async def _settle(self) -> None:
        """Find a worker and times for what has none, where the team has peer workers."""
        if self._peers and peers.unsettled(self._open):
            await self._arrange(self._latest, None)

    async def _arrange(self, at: datetime, command: AnyCommand | None) -> Receipt | None:
        """Have peer support arranged where it is known who is free; None when the records were ahead."""
        asked = Arranging(transition_id=self._open.transition_id, revision=self._open.revision, at=at, command=command)
        arranged: Arranged = await workflow.execute_local_activity_method(
            RecordsActivities.arrange,
            asked,
            start_to_close_timeout=timedelta(seconds=20),
            retry_policy=UNTIL_WRITTEN,
            local_retry_threshold=timedelta(seconds=10),
        )
        self._hear(arranged)
        if arranged.ahead is not None:
            return self._catch_up(arranged.ahead, command.id if command else "")
        if arranged.refused is not None:
            raise ApplicationError(arranged.message, type=arranged.refused, non_retryable=True)
        journey = arranged.journey or self._open
        return self._take_over(journey, arranged.events, arranged.at or at, command.id if command else None, None)

    def _hear(self, committed: Committed) -> None:
        self._team = committed.team or self._team
        if committed.peers is not None:
            self._peers = committed.peers
        self._outbox += committed.notices

    def _catch_up(self, ahead: Ahead, command_id: str) -> Receipt | None:
        """Go on from what the records hold; the receipt, when this very command is among it."""
        self._last = ahead.at or self._time
        self._adopt(ahead.journey, ahead.definition)
        return self._remember(command_id, ahead.receipt) if ahead.receipt is not None else None

    def _take_over(
        self, journey: Journey, events: list[Event], at: datetime, command_id: str | None, definition: str | None
    ) -> Receipt:
        self._recent.extend(events)
        self._last = at
        self._adopt(journey, definition)
        receipt = Receipt(transition_id=journey.transition_id, revision=journey.revision, at=at)
        return self._remember(command_id, receipt) if command_id is not None else receipt

    def _adopt(self, journey: Journey, definition: str | None) -> None:
        self._journey = journey
        if definition is not None:
            self._use(definition)
        self._list()

    def _use(self, definition: str) -> None:
        self._definition = definition
        self._pathway = Pathway.parse_canonical(definition)

    def _remember(self, command_id: str, receipt: Receipt) -> Receipt:
        self._handled[command_id] = receipt
        while len(self._handled) > REMEMBERED:
            del self._handled[next(iter(self._handled))]
        return receipt

    def _list(self) -> None:
        """Let Temporal's own views show where the transition stands."""
        listed = workflow.info().typed_search_attributes
        changed = [
            key.value_set(value) if value is not None else key.value_unset()
            for key, value in self._attributes().items()
            if listed.get(key) != value
        ]
        if changed:
            workflow.upsert_search_attributes(changed)
        workflow.set_current_details("\n".join(f"- {wait.text}" for wait in waits(self._pathway, self._open)[:20]))

    def _attributes(self) -> dict[SearchAttributeKey[Any], Any]:
        glance = planner.summary(self._pathway, self._open)
        return {
            attributes.PATHWAY: self._pathway.id,
            attributes.STAGE: glance.stage,
            attributes.TEAM: self._team,
            attributes.COORDINATOR: self._open.coordinator,
            attributes.NEXT_DEADLINE: glance.next_due,
            attributes.OVERDUE_COUNT: glance.overdue,
            attributes.HIGHEST_RUNG: glance.highest_rung,
        }

    async def _deliver(self) -> None:
        """Mail what is in the outbox, beside everything else: a broken mail server holds nothing up."""
        while True:
            await workflow.wait_condition(lambda: bool(self._outbox) and not self._may_renew())
            batch = list(self._outbox)
            self._mailing = True
            try:
                await workflow.execute_activity_method(
                    NoticeActivities.deliver,
                    batch,
                    start_to_close_timeout=timedelta(minutes=2),
                    schedule_to_close_timeout=timedelta(hours=24),
                    retry_policy=UNTIL_SENT,
                )
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                workflow.logger.warning("notices were not mailed within a day; they are in the inboxes")
            del self._outbox[: len(batch)]
            self._mailing = False

    @property
    def _open(self) -> Journey:
        if self._journey is None:
            raise NotStartedError("the transition has not begun")
        return self._journey

    @property
    def _latest(self) -> datetime:
        """When the latest that is recorded was."""
        return self._last or self._open.taken_on

    @property
    def _time(self) -> datetime:
        """How far time comes in the turn that is being done; outside of one it is now."""
        return self._instant or self._now

    @property
    def _now(self) -> datetime:
        return workflow.now() + timedelta(seconds=self._given.ahead_by)

    def _may_renew(self) -> bool:
        """The history has grown long, and nothing is half done. What waits to be mailed is carried over."""
        busy = self._mailing or self._lock.locked() or not workflow.all_handlers_finished()
        return workflow.info().is_continue_as_new_suggested() and self._open.closed is None and not busy

    def _state(self) -> TransitionState:
        return TransitionState(
            definition=self._definition,
            team=self._team,
            journey=self._open,
            handled=self._handled,
            outbox=self._outbox,
            last=self._last,
            peers=self._peers,
            ahead_by=self._given.ahead_by,
        )


def _believed(said: datetime, now: datetime) -> datetime:
    """When a command was said, unless that cannot be."""
    return said if now - SAID_WITHIN <= said <= now else now


def _said(command: AnyCommand | Start) -> Said:
    reason = None if isinstance(command, Start) else command.reason
    by, step = command.by, getattr(command, "step", None)
    return Said(id=command.id, do=command.do, role=by.role, staff=by.staff, at=command.at, reason=reason, step=step)


def _summed_up(text: str) -> str:
    return text.encode()[:SUMMED_UP].decode(errors="ignore")
