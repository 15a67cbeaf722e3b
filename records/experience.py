"""Answers that nobody is to be known by: counted by team, pathway and month, and never kept with the person."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pathways.measures import shipped
from planner.clock import local_day
from records.database import Database, connected
from schemas.base import Stored

HEARD = """
-- An answer is counted; nothing when it was before.
INSERT INTO experience_heard (transition_id, revision, instrument) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING RETURNING instrument
"""
COUNT = """
-- One more answer of a team and pathway in a month.
INSERT INTO experience (team, pathway, month, instrument, answer, answers)
SELECT t.team, t.pathway, $2, $3, $4, 1 FROM transitions t WHERE t.id = $1
ON CONFLICT (instrument, month, team, pathway, answer) DO UPDATE SET answers = experience.answers + 1
"""
COUNTED = """
-- How often each answer was given, by month, team and pathway.
SELECT team, pathway, month, answer, answers FROM experience WHERE instrument = $1 AND month BETWEEN $2 AND $3
ORDER BY month, team, pathway, answer
"""


class Counted(Stored):
    """How often an answer was given in a team, on a pathway, in a month."""

    team: str
    pathway: str
    month: date
    answer: str
    answers: int


async def count(db: Database, transition_id: str, revision: int, answers: Mapping[str, str], now: datetime) -> None:
    """Count anonymous answers, by measure, that were given with a revision; each once, however often it is told.

    That it was counted and what it was are written in two transactions, so that nothing in the database joins them;
    should everything stop in between, an answer is lost rather than known.
    """
    month = local_day(now).replace(day=1)
    for instrument, answer in answers.items():
        async with connected(db) as link:
            if await link.fetchval(HEARD, UUID(transition_id), revision, instrument) is None:
                continue
            await link.execute(COUNT, UUID(transition_id), month, instrument, answer)


async def counted(db: Database, instrument: str, first: date, last: date) -> list[Counted]:
    """The answers of the months from one to another."""
    async with connected(db) as link:
        return [Counted.model_validate(dict(row)) for row in await link.fetch(COUNTED, instrument, first, last)]


def apart(scores: Mapping[str, Any] | None) -> dict[str, str]:
    """The answers to anonymous measures among what was said, by measure."""
    anonymous = [name for name, instrument in shipped().items() if instrument.anonymous]
    found = {name: of_an_answer(scores[name]) for name in anonymous if scores and name in scores}
    return {name: answer for name, answer in found.items() if answer is not None}


def of_an_answer(told: Any) -> str | None:
    """The answer itself, in what was said of a measure; None when there is none."""
    if isinstance(told, str):
        return told
    choice = told.get("choice") if isinstance(told, dict) else None
    return choice if isinstance(choice, str) else None
