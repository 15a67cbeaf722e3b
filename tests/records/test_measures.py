"""Measures in the records: written with their commit, compared within one view alone, and read as one story."""

from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from pathways.measures import find
from records import experience, licences, measures, outcomes
from records.errors import RecordsError
from records.measuring import NotScored, scored
from records.staff import upsert_staff
from schemas.codes import View
from schemas.event import Event, Kind
from schemas.measure import Change
from tests.records.journeys import MANAGERS, T0, day, team_of
from tests.records.measured import Measured, measured
from workers.client import Pool

QPR = [2] * 15


@pytest.fixture
async def person(pool: Pool) -> Measured:
    await upsert_staff(pool, [*team_of("one"), *MANAGERS])
    return await measured(pool)


async def rows(person: Measured, table: str) -> list[dict[str, Any]]:
    found = await person.pool.fetch(f"SELECT * FROM {table} WHERE transition_id = $1", UUID(person.id))
    return [dict(row) for row in found]


async def test_one_commit_has_the_measure_and_its_numbers(person: Measured) -> None:
    await person.say(3, QPR_15={"items": QPR}, GBO={"view": "parent", "items": {"1": 3, "2": 8}})
    one, two = sorted(await rows(person, "measures"), key=lambda row: row["instrument"], reverse=True)
    assert (one["instrument"], one["view"], one["step"], one["version"], one["taken_on"], one["declined"]) == (
        "QPR-15", "self", "ask-1", 1, date(2026, 11, 5), False,
    )  # fmt: skip
    assert (one["recorded_by"], one["recorded_at"], one["change"]) == ("coord-one", day(3), "baseline")
    assert one["items"] == {str(number): 2 for number in range(1, 16)}
    assert (two["instrument"], two["view"]) == ("GBO", "parent")
    numbers = {(row["instrument"], row["scale"]): float(row["derived"]) for row in await rows(person, "measure_scores")}
    assert numbers == {("QPR-15", "total"): 30, ("GBO", "goal-1"): 3, ("GBO", "goal-2"): 8}


async def test_what_was_declined_has_no_number(person: Measured) -> None:
    await person.say(1, QPR_15={"declined": True})
    (one,) = await rows(person, "measures")
    assert (one["declined"], one["items"], one["change"]) == (True, None, None)
    assert await rows(person, "measure_scores") == []
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await person.pool.execute(
            "INSERT INTO measure_scores (transition_id, revision, instrument, view, scale, version, taken_on, derived) "
            "VALUES ($1, $2, 'QPR-15', 'self', 'total', 1, '2026-11-03', 30)", one["transition_id"], one["revision"],
        )  # fmt: skip


async def test_totals_without_the_answers_are_kept_as_totals(person: Measured) -> None:
    await person.say(1, SWEMWBS=18, DIALOG={"totals": {"quality-of-life": 4.75, "treatment": 5}})
    found = {
        (row["instrument"], row["scale"]): (row["raw"], float(row["derived"]))
        for row in await rows(person, "measure_scores")
    }
    assert found == {
        ("SWEMWBS", "metric"): (18, 17.43), ("DIALOG", "quality-of-life"): (None, 4.75),
        ("DIALOG", "treatment"): (None, 5),
    }  # fmt: skip
    assert [row["items"] for row in await rows(person, "measures")] == [None, None]


async def test_a_bare_number_and_what_is_no_result_stay_in_the_event() -> None:
    told: list[dict[str, Any]] = [
        {"QPR-15": 41},
        {"QPR-15": {"total": 41}},
        {"QPR-15": {"version": 0, "scales": {}}},
        {"QPR-15": {"version": 1, "scales": {"total": {"derived": "many"}}}},
        {"QPR-15": [1, 2, 3]},
        {"QPR-15": None},
    ]
    assert measures.rows([Event(event=Kind.COMPLETED, at=T0, step="x", scores=one) for one in told]) == []


async def test_each_view_is_compared_with_itself_alone(person: Measured) -> None:
    then = await person.say(1, GBO=[{"view": "self", "items": [2]}, {"view": "parent", "items": [8]}])
    kept = await scored(
        person.pool, person.id, {"GBO": [{"view": "self", "items": [6]}, {"view": "parent", "items": [4]}]}, day(9)
    )
    assert [(one["view"], one["change"]) for one in kept["GBO"]] == [("self", "improved"), ("parent", "deteriorated")]
    clinician = await scored(then.pool, then.id, {"GBO": {"view": "clinician", "items": [1]}}, day(9))
    assert clinician["GBO"]["change"] == "baseline"


async def test_what_got_reliably_worse_opens_a_review_once(person: Measured) -> None:
    then = await (await person.say(1, QPR_15=30, SWEMWBS=21)).say(30, QPR_15=24, SWEMWBS=30)
    reviews = [step for step in then.journey.steps.values() if step.id.startswith("outcome-review:")]
    assert [(step.id, step.state, step.owner, step.title) for step in reviews] == [
        ("outcome-review:ask-2#1", "open", "coordinator", "Look together at what got harder (QPR-15)")
    ]
    listed = await person.pool.fetchrow("SELECT state, holder FROM steps WHERE step = $1", reviews[0].id)
    assert tuple(listed or ()) == ("open", "coord-one")


async def test_what_was_recorded_late_is_compared_with_what_was_known_then(person: Measured) -> None:
    then = await person.say(20, QPR_15=30)
    earlier = await scored(then.pool, then.id, {"QPR-15": 10}, day(5))
    assert earlier["QPR-15"]["change"] == "baseline"
    after = await scored(then.pool, then.id, {"QPR-15": 26}, day(25))
    assert after["QPR-15"]["change"] == "no-change"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"QPR-15": [2] * 14}, "QPR-15: question 15 is missing"),
        ({"DIALOG": [4] * 11}, "its answers may be entered once a registration is recorded"),
        ({"QPR-15": {"total": 3, "view": "everybody"}}, "QPR-15: view: "),
        ({"QPR-15": {"total": 3, "change": "improved"}}, "QPR-15: change: "),
        ({"QPR-15": {}}, "QPR-15: say one of: the answers"),
        ({"QPR-15": None}, "QPR-15: say one of"),
        ({"QPR-15": True}, "QPR-15: total: is no number"),
        ({"GBO": [{"items": [1]}, {"items": [2]}]}, "GBO: the view self is told twice"),
        ({"Own": "good"}, "Own is no measure that Alongside can score: give its total as a number."),
    ],
)
async def test_what_cannot_be_scored_is_refused(person: Measured, said: dict[str, Any], told: str) -> None:
    with pytest.raises(NotScored) as caught:
        await scored(person.pool, person.id, said, day(1))
    assert caught.value.message.startswith(told) or told in caught.value.message
    assert caught.value.kind == "invalid"


async def test_a_measure_that_nobody_defined_is_passed_on_as_its_number(person: Measured) -> None:
    assert await scored(person.pool, person.id, {"PHQ-9": 12}, day(1)) == {"PHQ-9": 12}


async def test_a_licence_lets_the_answers_in_and_its_end_shuts_them_out(person: Measured) -> None:
    pool, dialog = person.pool, find("dialog")
    await licences.record(pool, dialog, "  Checked with ELFT ", "service", day(0))
    with pytest.raises(RecordsError, match="recorded already"):
        await licences.record(pool, dialog, "Again", "service", day(0))
    assert "question-1" in (await scored(pool, person.id, {"DIALOG": [4] * 11}, day(1)))["DIALOG"]["scales"]
    await licences.end(pool, dialog, "service", day(2))
    assert await licences.held(pool) == frozenset()
    with pytest.raises(RecordsError, match="No licence for DIALOG"):
        await licences.end(pool, dialog, "service", day(3))
    (kept,) = await licences.everything(pool)
    assert (kept.ground, kept.ended_by) == ("Checked with ELFT", "service")


@pytest.mark.parametrize(("measure", "ground"), [("QPR-15", "No need"), ("DIALOG", " "), ("DIALOG", "x" * 301)])
async def test_what_cannot_be_a_licence_is_refused(person: Measured, measure: str, ground: str) -> None:
    with pytest.raises(RecordsError):
        await licences.record(person.pool, find(measure), ground, "service", day(0))


async def test_an_anonymous_answer_is_counted_once_and_not_kept(person: Measured) -> None:
    answer = {"FFT": {"choice": "very-poor"}}
    then = await person.say(1, FFT=answer["FFT"])
    for _ in range(2):
        await experience.count(person.pool, then.id, then.journey.revision, experience.apart(answer), day(1))
    counted = await experience.counted(person.pool, "FFT", date(2026, 11, 1), date(2026, 12, 1))
    assert [(one.team, one.month, one.answer, one.answers) for one in counted] == [
        ("Team one", date(2026, 11, 1), "very-poor", 1)
    ]
    (asked,) = await rows(person, "measures")
    assert (asked["instrument"], asked["declined"], asked["items"]) == ("FFT", False, None)
    tables = await person.pool.fetch(
        "SELECT table_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND column_name = 'transition_id'"
    )
    for table in {row["table_name"] for row in tables}:
        told = await person.pool.fetch(
            f'SELECT t::text AS row FROM "{table}" t WHERE transition_id = $1', UUID(then.id)
        )
        assert not any("very-poor" in row["row"] for row in told), table


async def test_one_person_in_words(person: Measured) -> None:
    then = await person.say(1, QPR_15=30, GBO=[3, 5], SWEMWBS=21, FFT="good")
    then = await then.say(40, QPR_15=37, GBO=[2, 1], SWEMWBS={"declined": True})
    found = await outcomes.outcomes(person.pool, then.id)
    sentences = {(line.instrument, line.scale): line.sentence for line in found.lines}
    assert sentences["QPR-15", "total"] == (
        "Since 3 November 2026, recovery as they see it is up by 7, from 30 to 37. "
        "A change of 5 or more is more than chance."
    )
    assert sentences["SWEMWBS", "metric"].startswith("On 3 November 2026, wellbeing as they see it stood at 19.25.")
    changes = {(one.domain, one.view): one.change for one in found.domains}
    assert changes == {
        (2, View.SELF): Change.DETERIORATED, (3, View.SELF): Change.IMPROVED, (5, View.SELF): Change.BASELINE,
    }  # fmt: skip
    assert [(one.instrument, one.declined) for one in found.asked if one.taken_on == date(2026, 12, 12)] == [
        ("GBO", False), ("QPR-15", False), ("SWEMWBS", True),
    ]  # fmt: skip
    assert found.use == ["No contact is recorded yet", "No return to hospital is recorded"]


async def test_the_use_of_services_is_never_told_by_itself(person: Measured) -> None:
    assert (await outcomes.outcomes(person.pool, person.id)).use is None
    only_asked = await person.say(1, FFT={"declined": True})
    assert (await outcomes.outcomes(person.pool, only_asked.id)).use is None


async def test_scores_come_in_pages_that_meet(person: Measured) -> None:
    then = await (await person.say(1, QPR_15=30, GBO=[3, 5, 6])).say(2, QPR_15=31, GBO=[3, 5, 6])
    whole = (await measures.scores(person.pool, then.id)).rows
    pages, after = [], None
    while True:
        page = await measures.scores(person.pool, then.id, limit=3, after=after)
        pages += page.rows
        if (after := page.next) is None:
            break
    assert pages == whole
    assert len(whole) == 8
