"""Find somebody by name or number. What is looked for is posted: an address stays in histories and logs."""

from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from pathways import words as rules_in_words
from planner.policy import Action, Sight
from records import my_people, search
from records.search import Answer, Found, Looker
from schemas.pathway import Pathway
from web.answers import page
from web.house import House
from web.viewer import Form, House_, Needs, Viewer

router = APIRouter()
LONGEST = 120
EMPTY = "Write a name, an NHS number or a local id."
SHORT = "Write at least two letters of a name, an NHS number or a local id."


@router.get("/find")
async def find(request: Request, viewer: Annotated[Viewer, Depends(Needs(Action.FIND_PEOPLE))]) -> Response:
    """What to look for."""
    return await page(request, "find.html", viewer, q="", answer=None, problems={})


@router.post("/find")
async def found(
    request: Request, here: House_, form: Form, viewer: Annotated[Viewer, Depends(Needs(Action.FIND_PEOPLE))]
) -> Response:
    """Whoever was found among those whom the viewer may see."""
    given = form.get("q")
    text = " ".join(given.split()) if isinstance(given, str) else ""
    wrong = _wrong(text)
    if wrong:
        return await page(request, "find.html", viewer, 422, q=text[:LONGEST], answer=None, problems={"q": wrong})
    answer = await search.find(here.db, Looker(viewer.staff, viewer.role, viewer.team), text, here.clock())
    if not viewer.may(Action.BREAK_GLASS):
        answer = answer._replace(unseen=None)  # who could not open them is not told either that they are here
    people = await _people(here, answer)
    return await page(request, "find.html", viewer, q=text, answer=answer, people=people, problems={})


def _wrong(text: str) -> str | None:
    if not text:
        return EMPTY
    if sum(letter.isalnum() for letter in text) < search.SHORTEST:
        return SHORT
    if len(text) > LONGEST or not text.isprintable():
        return f"Write at most {LONGEST} letters of a name, in one line."
    return None


async def _people(here: House, answer: Answer) -> list[dict[str, Any]]:
    """Each person once, with where they are on each of their journeys so far as the viewer may know it."""
    rules = await my_people.rules(here.db, {row.definition for row in answer.found})
    titles = {pathway.id: pathway.title for pathway in await my_people.in_use(here.db)}
    rows = sorted(answer.found, key=lambda row: (row.family_name, row.given_name, row.person_id))
    return [
        {"first": theirs[0], "whole": theirs[0].sight is Sight.WHOLE, "journeys": _journeys(theirs, rules, titles)}
        for _, group in groupby(rows, key=lambda row: row.person_id)
        if (theirs := list(group))
    ]


def _journeys(rows: list[Found], rules: dict[str, Pathway], titles: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "pathway": titles.get(row.pathway, row.pathway),
            "team": row.team,
            "stage": rules_in_words.stage(rules.get(row.definition or ""), row.stage),
            "whole": row.sight is Sight.WHOLE,
        }
        for row in rows
    ]
