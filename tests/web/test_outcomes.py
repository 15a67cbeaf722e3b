"""Measures at the pages: asked on the form of a step, refused in place, and shown as how one person fares."""

import base64
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from temporalio.client import Client

from pathways.loader import find as pathway
from pathways.measures import find
from records import goals, known, licences, listings
from records.staff import upsert_staff
from schemas.codes import Role
from schemas.journey import State
from tests.durable.following import COORDINATOR, TEAM, now, place
from tests.planner.story import WAITING
from tests.records.journeys import member
from tests.web.doors import form_token, house_on, served, sign_in
from tests.web.machines import give, token
from tests.web.test_acts import Desk
from workers.client import Pool

QPR = {f"score-QPR-15-items-{number}": "2" for number in range(1, 16)}
REVIEW = "/do/done/review-3-months"


@pytest_asyncio.fixture
async def desk(temporal: Client, pool: Pool) -> AsyncIterator[Desk]:
    """A coordinator at the pages of somebody whose reviews are due, five months after they left the ward."""
    async with place(temporal, pool) as here, here.worker():
        await upsert_staff(pool, [member("admin-1", Role.ADMINISTRATOR, None), member("ops-1", Role.OPERATIONS, None)])
        out = now() - timedelta(days=150)
        person = await here.take_on(started=out - timedelta(days=20), milestones={"discharged": out})
        async with served(await house_on(pool, temporal, demo=True, task_queue=here.settings.task_queue)) as browser:
            await sign_in(browser, COORDINATOR)
            yield Desk(browser, here, person)


async def posted(desk: Desk, path: str, **said: Any) -> Any:
    return await desk.browser.post(desk.page + path, data=said | {"form_token": form_token(desk.browser)})


async def scores(desk: Desk, step: str) -> dict[str, Any]:
    found = (await listings.history(desk.here.pool, desk.person.id, limit=1000)).rows
    told: dict[str, Any] = next(row.payload["scores"] for row in found if row.step == step and "scores" in row.payload)
    return told


async def test_the_form_asks_answers_where_they_may_be_kept_and_totals_else(desk: Desk) -> None:
    shown = await desk.get(REVIEW)
    assert 'name="score-QPR-15-items-15"' in shown
    assert "QPR-15: they would rather not" in shown
    assert 'name="score-ReQoL-10"' in shown
    assert "score-ReQoL-10-items" not in shown
    await upsert_staff(desk.here.pool, [member("service", Role.SERVICE_MANAGER, None)])
    await licences.record(desk.here.pool, find("ReQoL-10"), "OUI 4711", "service", now())
    assert 'name="score-ReQoL-10-items-10"' in await desk.get(REVIEW)


async def test_answers_are_scored_and_kept_with_the_step(desk: Desk) -> None:
    answer = await posted(desk, REVIEW, **QPR, **{"score-ReQoL-10": "22"})
    assert answer.status_code == 303, answer.text
    told = await scores(desk, "review-3-months")
    assert told["QPR-15"]["scales"]["total"]["derived"] == 30
    assert told["ReQoL-10"]["scales"]["total"]["derived"] == 22
    assert told["QPR-15"]["change"] == "baseline"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (dict(list(QPR.items())[:-1]), "QPR-15: question 15 is missing, and a set that is not whole is not scored."),
        (QPR | {"score-QPR-15-items-7": "9"}, "QPR-15: question 7 is 9, and is a whole number from 0 to 4."),
        (QPR | {"score-QPR-15-items-7": "some"}, "Write a number."),
        (QPR | {"score-QPR-15": "30"}, "Say one thing: the answers, the total, or that they would rather not."),
        ({"score-QPR-15": "61"}, "QPR-15: the total is 61, and is a whole number from 0 to 60."),
        ({"score-ReQoL-10": "-1"}, "ReQoL-10: the total is -1, and is a whole number from 0 to 40."),
        ({"score-ReQoL-10": "nan"}, "ReQoL-10: total: "),
    ],
)
async def test_what_is_not_whole_is_refused_in_place(desk: Desk, said: dict[str, str], told: str) -> None:
    answer = await posted(desk, REVIEW, **said)
    assert answer.status_code == 422
    assert told in answer.text
    assert all(f'value="{value}"' in answer.text for value in said.values())
    assert (await desk.journey()).steps["review-3-months"].state is not State.DONE


async def test_a_person_in_words_pictures_and_a_file(desk: Desk) -> None:
    assert "The use of services is not shown by itself." in await desk.get("/outcomes")
    await posted(desk, REVIEW, **{"score-QPR-15": "30", "score-ReQoL-10-declined": "yes"})
    await posted(desk, "/do/done/baseline-measures", **{"score-QPR-15": "24"})
    review = next(one for one in (await desk.journey()).steps if one.startswith("outcome-review:"))
    assert review == "outcome-review:baseline-measures#1"
    shown = await desk.get("/outcomes")
    assert "is down by 6, from 30 to 24. A change of 5 or more is more than chance." in shown
    assert "It has got harder: look at it together." in shown
    assert "which they would rather not answer" in shown
    assert "Beside the others and never by itself" in shown
    (drawn,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)"', shown)
    assert base64.b64decode(drawn[0]).startswith(b"<svg")
    assert "is down by 6" in drawn[1]
    file = await desk.browser.get(f"{desk.page}/outcomes.csv")
    assert file.text.splitlines()[0].lstrip("\ufeff").startswith("Measure,View,Number,Day")
    assert [line.split(",")[5] for line in file.text.splitlines()[1:]] == ["30.0", "24.0"]
    looks = await desk.here.pool.fetch("SELECT page FROM access_log WHERE page = 'outcomes'")
    assert len(looks) == 3


async def test_who_does_not_see_the_person_does_not_see_how_they_fare(desk: Desk) -> None:
    for who in ("ops-1", "admin-1"):
        await sign_in(desk.browser, who)
        assert (await desk.browser.get(f"{desk.page}/outcomes")).status_code == 403
        assert (await desk.browser.get(f"{desk.page}/outcomes.csv")).status_code == 403


async def test_an_anonymous_answer_is_counted_and_sent_nowhere(temporal: Client, pool: Pool) -> None:
    async with place(temporal, pool) as here, here.worker():
        ended = now() - timedelta(days=3)
        person = await here.take_on(
            pathway(WAITING), started=ended - timedelta(days=90),
            milestones={"assessment": ended - timedelta(days=60), "therapy-started": ended - timedelta(days=50),
                        "therapy-ended": ended},
        )  # fmt: skip
        async with served(await house_on(pool, temporal, demo=True, task_queue=here.settings.task_queue)) as browser:
            await sign_in(browser, COORDINATOR)
            desk = Desk(browser, here, person)
            shown = await desk.get("/do/done/experience-survey")
            assert "Overall, how was your experience of our service?" in shown
            for _ in range(2):
                said = {"score-FFT": "poor", "command_id": "once"}
                assert (await posted(desk, "/do/done/experience-survey", **said)).status_code == 303
            counted = await pool.fetch("SELECT team, pathway, answer, answers FROM experience")
            assert [tuple(row) for row in counted] == [(TEAM, WAITING, "poor", 1)]
            assert await scores(desk, "experience-survey") == {
                "FFT": {"view": "self", "version": 1, "declined": False, "anonymous": True, "scales": {}}
            }
            refused = await give(
                browser, await token(pool, COORDINATOR), person.id,
                {"do": "complete", "step": "ending-measures", "scores": {"FFT": "good"}},
            )  # fmt: skip
            assert (refused.status_code, "FFT is anonymous" in refused.text) == (422, True)


async def test_a_machine_says_answers_too(desk: Desk) -> None:
    key = await token(desk.here.pool, COORDINATOR)
    wrong = await give(
        desk.browser, key, desk.person.id, {"do": "complete", "step": "review-3-months", "scores": {"QPR-15": [1, 2]}}
    )
    assert (wrong.status_code, "question 3 is missing" in wrong.text) == (422, True)
    right = {
        "do": "complete",
        "step": "review-3-months",
        "scores": {"QPR-15": [2] * 15, "ReQoL-10": {"declined": True}},
    }
    answer = await give(desk.browser, key, desk.person.id, right)
    assert answer.status_code == 200, answer.text
    assert (await scores(desk, "review-3-months"))["ReQoL-10"]["declined"] is True


async def test_goals_in_their_own_words_are_for_those_who_see_the_person(desk: Desk) -> None:
    kept = await posted(desk, "/goals", words="Play the accordion at Midsummer")
    assert kept.status_code == 303, kept.text
    wrong = await posted(desk, "/goals", words="Sing", **{"level-0": "Only this one"})
    assert (wrong.status_code, "A goal has all 5 levels, or none." in wrong.text) == (422, True)
    assert "Play the accordion at Midsummer" in await desk.get("/goals")
    assert "Play the accordion at Midsummer" in await desk.get("/outcomes")
    changed = await posted(desk, "/goals/1", words="Play the accordion again", weight="2")
    assert changed.status_code == 303
    assert 'value="2"' in await desk.get("/goals/1")
    assert (await posted(desk, "/goals/1", go="end")).status_code == 303
    assert "(ended on" in await desk.get("/goals")
    assert (await desk.browser.get(f"{desk.page}/goals/1")).status_code == 404
    for path in ("/history.csv", "/outcomes.csv", ""):
        assert "accordion" not in (await desk.browser.get(desk.page + path)).text
    await sign_in(desk.browser, "ops-1")
    assert (await desk.browser.get(f"{desk.page}/goals")).status_code == 403


async def test_a_peer_worker_reads_goals_that_are_shared_with_them(desk: Desk) -> None:
    pool, at = desk.here.pool, now()
    peer = member("peer-1", Role.PEER_WORKER, TEAM)
    await upsert_staff(pool, [peer])
    await pool.execute(
        "INSERT INTO assignments (transition_id, staff, starts, why, revision) VALUES ($1, 'peer-1', $2, 'Free.', 1)",
        UUID(desk.person.id), at,
    )  # fmt: skip
    await goals.add(pool, desk.person.id, "Play the accordion", staff=COORDINATOR, now=at)
    await sign_in(desk.browser, "peer-1")
    assert "accordion" not in await desk.get("")
    await known.write(pool, desk.person.id, known_as=None, shares=[known.Share.GOALS], staff=COORDINATOR, now=at)
    assert "Play the accordion" in await desk.get("")
    for page in ("/goals", "/outcomes"):
        assert (await desk.browser.get(desk.page + page)).status_code == 403
