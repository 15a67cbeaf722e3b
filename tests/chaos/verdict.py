"""The end: everything is up, everybody has gone home, and each promise is counted."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from asyncpg import Record
from temporalio.client import Client

from planner import journey as planner
from planner.ladders import reminder_at, rung_at
from schemas.journey import Journey
from schemas.pathway import Ladder, Pathway
from tests.chaos import build, figures, judge
from tests.chaos.judge import Promise
from tests.chaos.outages import shadows
from tests.chaos.users import Users
from tests.chaos.world import World, now
from workers.still import standing_still
from workflows.transition import UNTIL_WRITTEN

SLACK = timedelta(seconds=30)
"""How late a promise may be beyond all outages: Temporal gives a task that died with its worker to another after ten
seconds, and again after ten when it had kept it for that worker; and the machine is busy."""
LONGEST_WAIT = UNTIL_WRITTEN.maximum_interval or timedelta(minutes=2)
"""How long a commit that failed waits for its next try, at most."""
SETTLED_WITHIN = 240.0
"""Seconds after the storm in which everything has to have been told."""
TAKEN_UP_WITHIN = 120
"""Seconds after the storm in which people go on until the newer builds are in use: the last may have come late."""
QUIET = timedelta(seconds=30)
"""How long nothing may fall due when the journeys are compared: a journey that moves looks different on each side."""

COMMITS = """
-- Every command that was recorded, and at which revisions.
SELECT transition_id::text, command_id, array_agg(revision ORDER BY revision) AS revisions FROM commits
WHERE command_id LIKE 'chaos-%' GROUP BY 1, 2
"""
TOLD = """
-- What was told because its time had come, and when its date was last set by somebody, or a hold ended.
SELECT e.transition_id::text, e.step, e.event, e.recorded_at, (e.payload->>'due')::timestamptz AS due,
    (e.payload->>'rung')::int AS rung,
    (SELECT max(c.recorded_at) FROM events d JOIN commits c USING (transition_id, revision)
     WHERE d.transition_id = e.transition_id AND d.revision <= e.revision AND d.command_id IS NOT NULL
         AND (d.step = e.step AND d.event IN ('due', 'opened', 'reopened') OR d.event = 'resumed')) AS made,
    (SELECT max((a.payload->>'until')::timestamptz) FROM events a
     WHERE a.transition_id = e.transition_id AND a.revision < e.revision AND a.step = e.step
         AND a.event = 'acknowledged') AS acknowledged
FROM events e WHERE e.event IN ('missed', 'reminded', 'escalated') AND e.recorded_at > $1 AND e.step IS NOT NULL
"""
JOURNEYS = """
-- Every journey, with its rules.
SELECT t.id::text, t.status, readable(t.id, t.journey) AS journey, d.canonical FROM transitions t
JOIN definitions d ON d.digest = t.definition
"""
NOTICES = "SELECT transition_id::text, step, kind, due, number, recipient FROM notices"
FIRED = "SELECT transition_id::text, step, payload->>'due', payload->>'rung' FROM events WHERE event = 'escalated'"
TOLD_ONCE = "SELECT transition_id::text, step, event, payload->>'due' FROM events WHERE event IN ('missed', 'reminded')"
POSTED = "SELECT id::text, email FROM notices WHERE email <> 'none'"


class Standing(NamedTuple):
    """A journey and the rules that it runs by."""

    journey: Journey
    pathway: Pathway


@dataclass
class Verdict:
    """What came of it: figures, and a sentence for everything that is not as it must be."""

    figures: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def table(self) -> str:
        """The figures, and the verdict in a word."""
        rows = self.figures | {"verdict": "as promised" if not self.wrong else f"{len(self.wrong)} things are wrong"}
        return "\n".join(["| what | |", "| --- | ---: |", *(f"| {what} | {said} |" for what, said in rows.items())])


async def verdict(world: World, users: Users, began: datetime, faults: Counter[str]) -> Verdict:
    """Wait until everything has settled, and judge it."""
    found = Verdict()
    found.wrong += await _settled(world)
    standing = await _standing(world)
    commits = {
        (row["transition_id"], row["command_id"]): row["revisions"] for row in await world.records.fetch(COMMITS)
    }
    found.wrong += judge.commands(users.ledger.entries, commits)
    shadow = shadows(world.outages, LONGEST_WAIT)
    promises = _promises(await world.records.fetch(TOLD, began), standing, began)
    found.wrong += judge.punctual(promises, shadow, SLACK)
    found.wrong += await _twice(world)
    found.wrong += [f"The API answered with a fault of its own: {said}" for said in users.faults]
    found.wrong += await _upgraded(world)
    found.wrong += await _compared(world)
    found.figures = {
        "people followed": f"{len(standing):,}",
        "faults": figures.words(faults),
        **({"not hurt": f"PostgreSQL's disk: {world.no_disk}"} if world.no_disk else {}),
        **await _taken_up(world),
        **figures.of_outages(world.outages),
        **figures.of_commands(users.ledger),
        **figures.of_promises(promises, shadow),
        **await _mailed(world),
    }
    return found


async def _settled(world: World) -> list[str]:
    """Wait until everything is told that falls due in a moment; a sentence for each journey that time leaves behind."""
    late: list[str] = []
    for _ in range(int(SETTLED_WITHIN)):
        standing = await _standing(world)
        if not any(_wakes_before(stands, now() + QUIET) for stands in standing.values()):
            return []
        late = [one for one, stands in standing.items() if _wakes_before(stands, now() - SLACK)]
        await asyncio.sleep(1)
    return [f"Something of {one} is due and was not recorded." for one in late]


def _wakes_before(standing: Standing, at: datetime) -> bool:
    """Whether time alone has something to change by an instant."""
    if standing.journey.closed is not None:
        return False
    wake = planner.next_wake(standing.pathway, standing.journey)
    return wake is not None and wake < at


async def _standing(world: World) -> dict[str, Standing]:
    """Every journey by its id."""
    rules: dict[str, Pathway] = {}
    found = {}
    for row in await world.records.fetch(JOURNEYS):
        text = row["canonical"]
        rules[text] = rules.get(text) or Pathway.parse_canonical(text)
        found[row["id"]] = Standing(Journey.model_validate_json(row["journey"]), rules[text])
    return found


def _promises(rows: list[Record], standing: Mapping[str, Standing], began: datetime) -> list[Promise]:
    """What fell due in the storm, of what was told since it began. What was made known late had no promise to it."""
    found = []
    for row in rows:
        due = _promised(row, standing[row["transition_id"]])
        made = row["made"] or began
        if due is None or due < began or made >= row["recorded_at"]:
            continue
        found.append(Promise(row["transition_id"], row["step"], row["event"], due, made, row["recorded_at"]))
    return found


def _promised(row: Record, standing: Standing) -> datetime | None:
    """When something was to be told, by the rules alone; None for what has no such date."""
    step = standing.journey.steps.get(row["step"])
    if step is None or row["due"] is None:
        return None
    ladder: Ladder = standing.pathway.ladders[step.ladder]
    division = standing.journey.division
    match row["event"]:
        case "missed":
            due: datetime = row["due"]
            return due
        case "reminded":
            return reminder_at(ladder, row["due"], division)
    fires = rung_at(ladder, row["rung"], row["due"], division)
    return max(fires, row["acknowledged"]) if row["acknowledged"] else fires


async def _twice(world: World) -> list[str]:
    """Nothing was told twice, neither in the records nor by mail."""
    told = {"The notice": NOTICES, "The rung": FIRED, "What time had due": TOLD_ONCE}
    wrong = [
        sentence
        for what, query in told.items()
        for sentence in judge.once(what, [tuple(row) for row in await world.records.fetch(query)])
    ]
    return wrong + [f"The notice {one} was mailed {n} times." for one, n in world.post.taken.items() if n > 1]


async def taken_up(world: World) -> None:
    """Wait, as long as people are at work, until some journey has taken up each newer build."""
    for _ in range(TAKEN_UP_WITHIN):
        if not await _upgraded(world):
            return
        await asyncio.sleep(1)


async def _upgraded(world: World) -> list[str]:
    """Some journeys took the newer build up, and some that had begun before did not."""
    wrong = []
    for number in range(1, world.build + 1):
        if not await _patched(world.direct, number):
            wrong.append(f"No journey took up build {number}, so nothing is known of upgrades.")
    return wrong


async def _patched(client: Client, number: int) -> int:
    return (await client.count_workflows(f"TemporalChangeVersion = '{build.name(number)}'")).count


async def _compared(world: World) -> list[str]:
    """Every journey is read anew from its history by a worker that knows nothing, and is what the records say."""
    await world.worker.kill()
    await world.well()
    wrong = []
    for command in ("reconcile", "verify"):
        code, said = await world.run(command)
        if code != 0:
            wrong.append(f"`alongside {command}` ended with {code}:\n{said}")
    still = (await standing_still(world.direct, "alongside", world.records, now())).journeys
    return wrong + [f"The journey {one.transition_id} stands still: {one.why}." for one in still]


async def _mailed(world: World) -> dict[str, str]:
    """How many notices were mailed, and how the records have them."""
    states = Counter(row["email"] for row in await world.records.fetch(POSTED))
    return {
        "letters that the mail server took": f"{sum(world.post.taken.values()):,}",
        "notices by how their letter stands": figures.words(states),
    }


async def _taken_up(world: World) -> dict[str, str]:
    counts = [str(await _patched(world.direct, number)) for number in range(1, world.build + 1)]
    return {"journeys that took up each newer build": " and ".join(counts) or "there was none"}
