"""How fast the planner is, on one core: whole stories, played again and again."""

import time
from contextlib import suppress
from pathlib import Path

from pathways.lines import read
from pathways.loader import find
from planner import journey as planner
from planner.refused import Refused
from planner.rehearsal import Rehearsal
from schemas.command import Command
from schemas.pathway import Pathway

STORIES = Path(__file__).parent.parent / "rehearsals" / "given"
SECONDS = 4.0


def planner_speed() -> float:
    """Planner steps (a wake-up, or a command decided) a second of CPU time, the starts of the stories included."""
    stories = [
        Rehearsal.model_validate(read(file.read_text(), file.name)[0]) for file in sorted(STORIES.glob("*.yaml"))
    ]
    pathways = {story.pathway: find(story.pathway) for story in stories}
    for story in stories:
        _steps(story, pathways[story.pathway])
    began, steps = time.process_time(), 0
    while time.process_time() - began < SECONDS:
        steps += sum(_steps(story, pathways[story.pathway]) for story in stories)
    return steps / (time.process_time() - began)


def _steps(story: Rehearsal, pathway: Pathway) -> int:
    """Play a story; how many turns of the planner it took."""
    journey, steps = planner.start(pathway, story.starting()).journey, 1
    for _, command in story.told(find):
        if not isinstance(command, Command):
            continue
        while (at := planner.next_wake(pathway, journey)) is not None and at <= command.at:
            journey = planner.wake(pathway, journey, at).journey
            steps += 1
        with suppress(Refused):
            journey = planner.decide(pathway, journey, command).journey
        steps += 1
    while (at := planner.next_wake(pathway, journey)) is not None and at <= story.until:
        journey = planner.wake(pathway, journey, at).journey
        steps += 1
    return steps
