"""A command that is recorded, and lost by whoever follows the person because Temporal stopped at that moment."""

from datetime import timedelta

from temporalio.client import Client

from planner import journey as planner
from records.commit import commit
from records.going_on import going_on
from schemas.command import AddStep
from schemas.commit import Commit, Said
from schemas.pathway import Pathway
from tests.durable.following import now, place
from tests.web.doors import house_on
from web import acting
from workers.client import Pool
from workers.transitions import query_journey


async def test_sent_again_it_is_known_to_whoever_has_to_be_there_when_it_falls_due(
    temporal: Client, pool: Pool
) -> None:
    async with place(temporal, pool) as here, here.worker():
        person = await here.take_on()
        standing = await going_on(pool, person.id, 10)
        assert standing.journey is not None
        due = now() + timedelta(hours=1)
        command = AddStep(id="lost", at=now(), step="call-them", title="Call them", ladder="safety", due=due)
        journey, events = planner.decide(Pathway.parse_canonical(standing.definition), standing.journey, command)
        said = Said(id=command.id, do=command.do, at=command.at, step=command.step)
        await commit(pool, Commit(journey=journey, events=events, at=command.at, said=said), email=False)
        assert "call-them" not in (await query_journey(temporal, person.id)).steps
        receipt = await acting.sent(await house_on(pool, temporal), person.id, command)
        assert receipt.revision == journey.revision
        assert (await query_journey(temporal, person.id)).steps["call-them"].due == due
        assert await person.commits() == [(1, "start"), (2, "lost")]
