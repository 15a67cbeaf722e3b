"""Somebody who is asked measures again and again, recorded as the faces and the workflow record it."""

from typing import Any, NamedTuple

from pathways.measures import shipped
from planner.journey import decide, start
from records.commit import commit
from records.measuring import scored
from records.people import register
from schemas.codes import Role
from schemas.command import Actor, Complete, Start
from schemas.commit import Commit
from schemas.journey import Journey
from schemas.pathway import Pathway
from tests.records.journeys import PATHWAY as SMALL
from tests.records.journeys import T0, day, said, somebody
from workers.client import Pool

TIMES = 6
PATHWAY = Pathway.model_validate(
    SMALL.model_dump(by_alias=True, exclude_unset=True)
    | {
        "id": "measured",
        "steps": [
            *(step.model_dump(by_alias=True, exclude_unset=True) for step in SMALL.steps),
            *(
                {
                    "id": f"ask-{number}",
                    "title": "Ask how things are",
                    "kind": "measure",
                    "owner": "coordinator",
                    "due": {"after": "started", "days": 200},
                    "ladder": "standard",
                    "measures": sorted(shipped()),
                }
                for number in range(1, TIMES + 1)
            ),
        ],
    }
)


class Measured(NamedTuple):
    """A journey whose measures are asked one step after the other."""

    pool: Pool
    journey: Journey
    asked: int = 0

    @property
    def id(self) -> str:
        return self.journey.transition_id

    async def say(self, days: float, **scores: Any) -> "Measured":
        """Answer measures that many days after the beginning; `_` in a name is a blank or a hyphen."""
        told = {_named(name): one for name, one in scores.items()}
        at = day(days)
        kept = await scored(self.pool, self.id, told, at)
        by = Actor(role=Role.COORDINATOR, staff="coord-one")
        command = Complete(id=f"ask-{self.asked + 1}", at=at, step=f"ask-{self.asked + 1}", scores=kept, by=by)
        outcome = decide(PATHWAY, self.journey, command)
        await commit(
            self.pool, Commit(journey=outcome.journey, events=outcome.events, at=at, said=said(command)), email=False
        )
        return Measured(self.pool, outcome.journey, self.asked + 1)


def _named(name: str) -> str:
    return next(one for one in shipped() if one.replace(" ", "_").replace("-", "_") == name)


async def measured(pool: Pool) -> Measured:
    """Somebody at the beginning; the staff of `team_of("one")` must be there."""
    one = await register(
        pool, somebody(), pathway=PATHWAY.id, started=T0, taken_on=T0, coordinator="coord-one", team=None
    )
    journey, events = start(PATHWAY, Start(id="start", transition_id=one, at=T0, coordinator="coord-one"))
    await commit(pool, Commit(journey=journey, events=events, at=T0, definition=PATHWAY.canonical), email=False)
    return Measured(pool, journey)
