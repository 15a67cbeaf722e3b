"""`python -m tests.histories.save [STORY ...]`: play some stories for real, and keep the histories that Temporal wrote.

Run it when a release changes the order of a workflow's commands, and keep the files of earlier releases
for as long as journeys of theirs may be open. Nothing is edited by hand.
"""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from temporalio.client import Client, WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from planner.clock import end_of
from planner.refused import Refused
from records import bulk
from records.staff import upsert_staff
from schemas.bulk import Became
from schemas.codes import Role
from schemas.command import Actor
from tests.durable import test_bulk as many
from tests.durable import test_mail as mailed
from tests.durable import test_privacy_alerts as mailed_glass
from tests.durable import test_retention as erased
from tests.durable import test_support as supported
from tests.durable import test_webhooks as hooks
from tests.durable.following import COORDINATOR, Place, now, place, until
from tests.durable.test_continuing import IMPATIENT, expect, runs
from tests.durable.test_visits import field
from tests.histories.opening import opened
from tests.keys import RING
from tests.records.journeys import member
from tests.rehearsals.test_rehearsals import FILES, beside, the
from workers import bulk as bulk_actions
from workers import privacy_alerts, retention, support, visits, webhooks
from workers.client import open_pool, register_search_attributes
from workers.codec import converter
from workers.embedded import ephemeral_postgres, time_skipping
from workers.rehearsal import stage
from workers.settings import load_settings
from workers.temporal_server import find_binary
from workers.transitions import workflow_id

SAVED = Path(__file__).parent / "saved"
STORIES = (
    "readmitted-on-day-two",  # from a ward to the community, closed by a milestone
    "was-not-brought",  # from one age's service to the next
    "destination-declined",
    "waiting-well",  # from a waiting list to discharge
    "refused-in-a-sentence",
    "hold-across-a-safety-deadline",
    "somebody-dies",
    "moved-to-a-new-definition",
    "a-peer-worker-who-speaks-urdu",  # somebody goes with the person, and contacts have times
    "first-home-visit-by-two",
)
RENEWED = "continued-as-new"
VISIT = "out-alone"
SUPPORT = "supervision"
WEBHOOK = "another-system-is-told"
BULK = "many-are-offered"
ERASURE = "a-second-person-approves"
ALERT = "privacy-is-guarded"
PROCESS = re.compile(r"\d+@")
TRACE = "stackTrace"


async def save(names: Collection[str]) -> None:
    """Save the histories of those names anew."""
    async with stage(load_settings()) as on:
        for file in (file for file in FILES if file.stem in STORIES and file.stem in names):
            rehearsal, load = the(file), beside(file)
            transition_id = str(uuid5(NAMESPACE_URL, file.stem))
            await on.play(rehearsal, load(rehearsal.pathway), load, transition_id)
            await _keep(on.client, workflow_id(transition_id), file.stem)
    if RENEWED in names:
        await _save_renewed()
    if VISIT in names:
        await save_visit()
    if SUPPORT in names:
        await save_support()
    if WEBHOOK in names:
        await save_webhook()
    if BULK in names:
        await save_bulk()
    if ERASURE in names:
        await save_erasure()
    if ALERT in names:
        await save_alert()


async def save_visit() -> None:
    """Save a visit: the worker is missed, says that it takes longer, is missed again, and comes back."""
    async with ephemeral_postgres() as postgres:
        pool = await open_pool(postgres.url, RING)
        async with field(lambda: time_skipping(RING), pool) as out, out.there.worker():
            visit = await out.go(id=str(uuid5(NAMESPACE_URL, VISIT)))
            await out.until(visit, visit.expected_end + timedelta(minutes=20))
            longer = await out.extend(visit, visit.expected_end + timedelta(hours=1))
            await out.until(longer, longer.expected_end + timedelta(minutes=40))
            await out.come_back(longer)
            await _keep(out.there.client, visits.workflow_id(visit.id), VISIT)
        pool.terminate()


async def save_support() -> None:
    """Save somebody's support: each morning is looked, they are reminded, and the peer lead is told."""
    async with ephemeral_postgres() as postgres:
        pool = await open_pool(postgres.url, RING)
        async with supported.weeks(lambda: time_skipping(RING), pool) as here, here.there.worker():
            await pool.execute("UPDATE teams SET policy = '{\"supervision_weeks\": 1}'")
            await here.follow()
            await here.until(end_of(here.began + timedelta(weeks=1)) + timedelta(hours=1))
            await here.follow()
            await _keep(here.there.client, support.workflow_id(supported.WORKER), SUPPORT)
        pool.terminate()


async def save_webhook() -> None:
    """Save a webhook: what changes is told, does not arrive, arrives, and then nobody is there any more."""
    async with _real() as there, there.worker(), hooks.receiving() as receiver:
        id_, _ = await hooks.told(there, receiver)
        person = await there.take_on()
        await until(lambda: _so(receiver.revisions == [1]))
        receiver.status = 503
        await hooks.hold(person, 1)
        await until(lambda: _so(receiver.refused > 0))
        receiver.status = 410
        await there.client.get_workflow_handle(webhooks.workflow_id(id_)).result()
        await _keep(there.client, webhooks.workflow_id(id_), WEBHOOK)


async def save_bulk() -> None:
    """Save one thing for many: stopped and gone on with; one does not answer, comes last, and is not followed then."""
    async with _real() as there, there.worker():
        who = await many.people(there, 6)
        silent = await many.silent(there)
        bulk_id = str(uuid5(NAMESPACE_URL, BULK))
        items = [bulk.Asked(one.id, one.id) for one in [silent, *who]]
        await bulk.keep(there.pool, bulk_id, COORDINATOR, many.offer(), now(), items)
        await bulk.stop(there.pool, bulk_id, COORDINATOR, now())
        await bulk_actions.begin(there.client, there.settings.task_queue, bulk_id)
        await many.waits(there, bulk_id)
        await bulk.go_on(there.pool, bulk_id)
        await bulk_actions.look_again(there.client, there.settings.task_queue, bulk_id)
        await many.done(there, bulk_id, len(who))
        await silent.handle.terminate("nobody follows them any more")
        await many.over(there, bulk_id)
        assert [one for one, _ in await many.became(there, bulk_id)] == [Became.REFUSED, *[Became.DONE] * len(who)]
        await _keep(there.client, bulk_actions.workflow_id(bulk_id), BULK)


async def save_erasure() -> None:
    """Save an erasure: somebody who says falsely that they may approve may not, and a second person does."""
    async with _real() as there, there.worker():
        await erased.staffed(there.pool)
        one = await erased.asked(there, await erased.left(there))
        lying = erased.said().model_copy(update={"by": Actor(staff=COORDINATOR, role=Role.PRIVACY_OFFICER)})
        try:
            await erased.tell(there, one, lying)
        except Refused:
            await erased.tell(there, one, erased.said())
        await erased.over(there, one)
        await _keep(there.client, retention.workflow_id(one), ERASURE)


async def save_alert() -> None:
    """Save an alert of broken glass: the mail server does not take it at first, and then it does."""
    post = mailed.Post()
    configured: dict[str, Any] = {
        "smtp_host": "127.0.0.1",
        "smtp_port": post.port,
        "smtp_from": "alongside@example.org",
    }
    async with _real(**configured) as there, there.worker():
        await upsert_staff(
            there.pool,
            [member("privacy-1", Role.PRIVACY_OFFICER, None), member("nurse-far", Role.COMMUNITY_TEAM, "South")],
        )
        await mailed_glass.breaks_the_glass(there, await there.registered())
        await mailed_glass.looked(there)
        await until(lambda: mailed_glass.is_so(there, "failed"), 60)
        await post.open()
        await until(lambda: mailed_glass.is_so(there, "sent"), 60)
        (alert,) = await there.pool.fetch("SELECT id FROM privacy_alerts")
        followed = privacy_alerts.workflow_id(str(alert["id"]))
        await there.client.get_workflow_handle(followed).result()
        await _keep(there.client, followed, ALERT)
    await post.close()


async def _so(true: bool) -> bool:
    return true


async def _save_renewed() -> None:
    async with _real(IMPATIENT) as there, there.worker():
        person = await there.take_on()
        number = 0
        while len(await runs(there.client, person.id)) == 1:
            await expect(person, number)
            number += 1
        await expect(person, number)
        await _keep(there.client, workflow_id(person.id), RENEWED)


@asynccontextmanager
async def _real(said: Sequence[str] = (), **configured: Any) -> AsyncIterator[Place]:
    """A place of its own, on real time."""
    async with (
        ephemeral_postgres() as postgres,
        await WorkflowEnvironment.start_local(
            data_converter=converter(RING),
            dev_server_existing_path=str(find_binary(None)),
            dev_server_extra_args=said,
        ) as environment,
    ):
        await register_search_attributes(environment.client)
        pool = await open_pool(postgres.url, RING)
        async with place(environment.client, pool, **configured) as there:
            yield there
        pool.terminate()


async def _keep(client: Client, followed: str, name: str) -> None:
    """One file for each run, the first one first."""
    found, run_id = [], None
    while run_id != "":
        handle = client.get_workflow_handle(followed, run_id=run_id)
        found.append(await handle.fetch_history())
        run_id = found[-1].events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    for number, history in enumerate(reversed(found), start=1):
        (SAVED / f"{name}.{number}.json").write_text(await _anonymous(client, history) + "\n", encoding="utf-8")


async def _anonymous(client: Client, history: WorkflowHistory) -> str:
    """The history opened, and without the machine it was made on: processes are named by number and host, files by
    folder."""
    found = json.loads((await opened(client, history)).to_json())
    return json.dumps(_without_machine(found), indent=1, sort_keys=True)


def _without_machine(found: object) -> object:
    if isinstance(found, dict):
        return {key: "" if key == TRACE else _without_machine(value) for key, value in found.items()}
    if isinstance(found, list):
        return [_without_machine(value) for value in found]
    return "saved" if isinstance(found, str) and PROCESS.match(found) else found


if __name__ == "__main__":
    SAVED.mkdir(exist_ok=True)
    asyncio.run(save(sys.argv[1:] or (*STORIES, RENEWED, VISIT, SUPPORT, WEBHOOK, BULK, ERASURE, ALERT)))
