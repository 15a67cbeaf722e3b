"""What a person wants to reach, in their own words: set, said otherwise and ended by those who care for them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from planner.policy import CARING, Sight
from planner.refused import Refused
from records import goals as records
from records.errors import RecordsError
from records.goals import LEVELS, Goal
from records.known import Known, Share
from records.known import read as known
from web.answers import done, page
from web.forms import Answers, Field, NotAsItMayBe
from web.house import House
from web.viewer import Form, House_, Opened, Opens

router = APIRouter(prefix="/people/{transition_id}/goals")
Whole = Annotated[Opened, Depends(Opens("goals"))]
Number = Annotated[int, Path(ge=1, le=records.MOST)]

FIELDS = [
    Field("words", "The goal, in their own words", "long", needed="Write the goal in the person’s own words."),
    Field(
        "weight", "How much it matters beside the others", hint="1 is usual; used in goal attainment alone.", value="1"
    ),
    *(
        Field(f"level-{number}", f"{words} ({number - 2:+d})" if number != 2 else f"{words} (0)", "line")
        for number, words in enumerate(LEVELS)
    ),
]
"""What is asked of a goal. The levels are for goal attainment: all of them, or none."""


async def going_on(here: House, who: Opened) -> tuple[tuple[int, str], ...]:
    """The goals that go on, by number: in words for those who see the person or whom they share them with."""
    found = [goal for goal in await records.goals(here.db, who.view.id) if goal.ended_on is None]
    reads = bool(found) and (who.sight is Sight.WHOLE or Share.GOALS in (await known(here.db, who.view.id)).shares)
    return tuple((goal.number, (goal.words or "") if reads else "") for goal in found)


async def shared(here: House, who: Opened, called: Known) -> list[Goal]:
    """The goals that a peer worker may read: those that go on, when the person shares them."""
    if Share.GOALS not in called.shares:
        return []
    return [goal for goal in await records.goals(here.db, who.view.id) if goal.ended_on is None and goal.words]


@router.get("")
async def goals(request: Request, here: House_, who: Whole) -> Response:
    """Their goals, and a form for another one."""
    return await _shown(request, here, who, {}, {})


@router.post("")
async def add(request: Request, here: House_, form: Form, who: Whole) -> Response:
    """A goal is set."""
    _may(who)
    try:
        said = _said(form, here)
        await records.add(here.db, who.view.id, **said, staff=who.viewer.staff, now=here.clock())
    except (NotAsItMayBe, RecordsError) as wrong:
        return await _shown(request, here, who, dict(form), _problems(wrong))
    return await done(request, who.viewer, f"/people/{who.view.id}/goals", "The goal is kept, in their own words.")


@router.get("/{number}")
async def one(request: Request, here: House_, who: Whole, number: Number) -> Response:
    """A goal, to be said in other words or ended."""
    goal = await _goal(here, who, number)
    given = {"words": goal.words or "", "weight": f"{goal.weight:g}"}
    given |= {f"level-{place}": text for place, text in enumerate(goal.levels)}
    return await _shown(request, here, who, given, {}, goal)


@router.post("/{number}")
async def change(request: Request, here: House_, form: Form, who: Whole, number: Number) -> Response:
    """A goal is said in other words, or ends."""
    _may(who)
    goal = await _goal(here, who, number)
    if form.get("go") == "end":
        await records.end(here.db, who.view.id, number, here.clock())
        said = "The goal has ended. What was rated stays."
        return await done(request, who.viewer, f"/people/{who.view.id}/goals", said)
    try:
        await records.reword(here.db, who.view.id, number, **_said(form, here))
    except (NotAsItMayBe, RecordsError) as wrong:
        return await _shown(request, here, who, dict(form), _problems(wrong), goal)
    return await done(request, who.viewer, f"/people/{who.view.id}/goals", "The goal is kept as it is said now.")


def _may(who: Opened) -> None:
    if who.viewer.role not in CARING:
        raise Refused("not-allowed", "Goals are written down by those who care for the person, in the person’s words.")


async def _goal(here: House, who: Opened, number: int) -> Goal:
    found = next((goal for goal in await records.goals(here.db, who.view.id) if goal.number == number), None)
    if found is None or found.ended_on is not None:
        raise Refused("not-found", f"There is no goal {number} that has not ended.")
    return found


def _said(form: Any, here: House) -> dict[str, Any]:
    """A goal as a form says it. NotAsItMayBe when it is none."""
    answers = Answers(form, FIELDS, here.clock())
    levels = [answers.text(f"level-{number}") for number in range(len(LEVELS))]
    weight = 1.0
    try:
        weight = float(answers.text("weight") or 1)
    except ValueError:
        answers.problems["weight"] = "Write a number, such as 1 or 2."
    answers.sound()
    return {"words": answers.text("words"), "levels": levels if any(levels) else [], "weight": weight}


def _problems(wrong: NotAsItMayBe | RecordsError) -> dict[str, str]:
    return wrong.problems if isinstance(wrong, NotAsItMayBe) else {"words": wrong.message}


async def _shown(
    request: Request, here: House, who: Opened, given: dict[str, Any], problems: dict[str, str],
    goal: Goal | None = None,
) -> Response:  # fmt: skip
    stands = {field.name: field.value for field in FIELDS} | {n: t for n, t in given.items() if isinstance(t, str)}
    return await page(
        request, "goals.html", who.viewer, 422 if problems else 200, who=who.view, goal=goal, fields=FIELDS,
        goals=await records.goals(here.db, who.view.id), given=stands, problems=problems,
        records_them=who.viewer.role in CARING,
    )  # fmt: skip
