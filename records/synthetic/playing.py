"""A whole past: who comes when, all of them lived side by side, because they share the hours of the same workers."""

import heapq
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TextIO

from pathways.loader import find
from planner.workforce.pattern import parse
from planner.workforce.roster import Roster, Worker
from records.roles import Directory, Holder
from records.synthetic.chance import Chance, chance
from records.synthetic.eighteen import Eighteen
from records.synthetic.life import Life, Story
from records.synthetic.service import EIGHTEEN, PATHWAYS, TEAMS, WAITING, WARD, Someone, someone, staff
from records.synthetic.waiting import Waiting
from records.synthetic.ward import Ward
from schemas.codes import Role
from schemas.commit import Commit

A_YEAR = timedelta(days=365.25)
STORIES: dict[str, Callable[[], Story]] = {WARD: Ward, EIGHTEEN: Eighteen, WAITING: Waiting}
KNOWN_OF_STAFF = {"id", "name", "role", "team", "languages", "attributes"}
"""What the ledger knows of a member of staff."""


class Past:
    """So many people who came within so many years until now, from one seed.

    `ledger` is where what they did is written, a JSON object a line: by whoever did it, and read back from nowhere.
    """

    def __init__(
        self, seed: int, people: int, years: float, until: datetime, *, ledger: TextIO | None = None
    ) -> None:  # fmt: skip
        self.seed, self.people, self.until = seed, people, until
        self.begins = until - years * A_YEAR
        self.staff = staff()
        self._ledger = ledger
        self._heap: list[tuple[datetime, int, Life | Callable[[], Life]]] = []
        self._entered = 0

    @cached_property
    def directory(self) -> Directory:
        """Everybody who works here."""
        return Directory({one.id: Holder(one.id, one.role, one.team, None) for one in self.staff}, {})

    @cached_property
    def held(self) -> dict[tuple[str | None, Role], list[str]]:
        """Who holds which role in which team, or in none."""
        found: dict[tuple[str | None, Role], list[str]] = {}
        for one in self.staff:
            found.setdefault((one.team, one.role), []).append(one.id)
        return found

    @cached_property
    def rosters(self) -> dict[str, Roster]:
        """The peer workers of each team, and their hours."""
        found: dict[str, list[Worker]] = {}
        for one in self.staff:
            if one.role is Role.PEER_WORKER and one.team is not None and one.works is not None:
                found.setdefault(one.team, []).append(
                    Worker(
                        id=one.id,
                        pattern=parse(one.works),
                        minutes=round((one.hours_per_week or 0) * 60),
                        languages=frozenset(one.languages),
                        settings=frozenset(one.settings),
                    )
                )
        return {team: Roster(workers) for team, workers in found.items()}

    def lived(self) -> Iterator[Life]:
        """Every transition once its past is over: when it has ended, or at the end of all, as it stands then."""
        for one in self.staff:
            self.note("staff", **one.model_dump(mode="json", include=KNOWN_OF_STAFF))
        for number in range(self.people):
            self._comes(number)
        while self._heap and self._heap[0][0] <= self.until:
            _, _, entry = heapq.heappop(self._heap)
            if isinstance(entry, Life):
                entry.go_on()
                life = entry
            else:
                life = entry()
            if life.next is None or life.next > self.until:
                yield life
            else:
                self._enter(life.next, life)

    def _comes(self, number: int) -> None:
        draws = chance(self.seed, number)
        pathway = draws.pick(PATHWAYS)
        team = draws.choice(TEAMS[pathway])
        day = (self.begins + (self.until - self.begins) * draws.random()).date()
        at = max(self.begins, min(draws.by_day(day, weekend=pathway == WARD), self.until))
        whom = someone(self.seed, number, draws, day, pathway)
        self.note(
            "person", person=whom.person.local_id, born=whom.person.date_of_birth, ethnicity=whom.ethnicity, at=at
        )
        self._begins(at, whom, pathway, team, draws)

    def arrive(self, whom: Someone, pathway: str, team: str, at: datetime) -> None:
        """Somebody comes again."""
        self._begins(at, whom, pathway, team, chance(self.seed, whom.person.local_id, at))

    def kept(self, life: Life, commit: Commit) -> None:
        """A commit as it would have been recorded; what is to be written of it is with the life."""

    def _begins(self, at: datetime, whom: Someone, pathway: str, team: str, draws: Chance) -> None:
        rules, story = find(pathway), STORIES[pathway]
        self._enter(at, lambda: Life(self, story(), rules, whom, team, draws, at))

    def _enter(self, at: datetime, entry: "Life | Callable[[], Life]") -> None:
        self._entered += 1
        heapq.heappush(self._heap, (at, self._entered, entry))

    def note(self, what: str, **facts: object) -> None:
        """Keep what was done, in the words of whoever did it."""
        if self._ledger is not None:
            self._ledger.write(json.dumps({"what": what, **facts}, default=_plain) + "\n")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)
