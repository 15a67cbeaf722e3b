"""Measures from the command line: answered, declined, licensed, and told as how one person fares."""

import json
from datetime import timedelta

import pytest

from pathways.loader import find
from records import experience, staff
from schemas.codes import Role
from tests.cli.driving import alongside
from tests.durable.following import COORDINATOR, Place, now
from tests.records.journeys import member

ANSWERS = ",".join(["2"] * 15)


async def test_a_person_is_told_in_words_and_as_data(here: Place) -> None:
    out = now() - timedelta(days=150)
    person = await here.take_on(started=out - timedelta(days=20), milestones={"discharged": out})
    assert "No measure has been answered yet." in (await alongside("outcomes", person.id)).out
    first = await alongside(
        "complete", person.id, "review-3-months", "--score", f"QPR-15={ANSWERS}", "--declined", "ReQoL-10"
    )
    assert first.code == 0, first.err
    then = await alongside("complete", person.id, "baseline-measures", "--score", "QPR-15=total:36", "--view", "self")
    assert then.code == 0, then.err
    told = await alongside("outcomes", person.id)
    assert "Recovery as they see it (their own view): something is better by more than chance" in told.text
    assert "recovery as they see it is up by 6, from 30 to 36." in told.text
    assert "beside the others and never by itself" in told.text
    data = json.loads((await alongside("outcomes", person.id, "--json")).out)
    assert [dot["score"] for dot in data["lines"][0]["dots"]] == [30, 36]
    assert {one["instrument"] for one in data["asked"] if one["declined"]} == {"ReQoL-10"}


async def test_nobody_of_that_name_is_said_so(here: Place) -> None:
    assert (await alongside("outcomes", "nobody-at-all")).code == 3


async def test_a_licence_is_recorded_listed_and_ended(unattended: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await staff.upsert_staff(unattended.pool, [member("service", Role.SERVICE_MANAGER, None)])
    asked = ("licence", "record", "reqol-10", "--ground", "OUI 4711")
    assert (await alongside(*asked)).code == 4  # by a coordinator, as the environment says
    monkeypatch.setenv("ALONGSIDE_AS", "service")
    assert "ReQoL-10 may be used with its answers" in (await alongside(*asked)).out
    assert (await alongside(*asked)).code == 5
    listed = (await alongside("licence", "list")).out
    assert "by service: OUI 4711" in listed
    assert "QPR-15: may be used" in listed
    assert "SDQ: needs a licence, and none is recorded: only totals may be entered" in listed
    assert (await alongside("licence", "end", "ReQoL-10")).code == 0
    assert (await alongside("licence", "end", "ReQoL-10")).code == 3
    assert (await alongside("licence", "record", "PHQ-9", "--ground", "none")).code == 3


async def test_an_anonymous_answer_is_counted(here: Place) -> None:
    ended = now() - timedelta(days=3)
    person = await here.take_on(
        find("waiting-list-to-discharge"), started=ended - timedelta(days=90),
        milestones={"assessment": ended - timedelta(days=60), "therapy-started": ended - timedelta(days=50),
                    "therapy-ended": ended},
    )  # fmt: skip
    for _ in range(2):
        told = await alongside("complete", person.id, "experience-survey", "--score", "FFT=very-good", "--id", "once")
        assert told.code == 0, told.err
    month = (now() - timedelta(days=40)).date()
    counted = await experience.counted(here.pool, "FFT", month, now().date())
    assert [(one.answer, one.answers) for one in counted] == [("very-good", 1)]
    assert COORDINATOR not in str(counted)
