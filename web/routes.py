"""Every router of the door, in one list."""

from fastapi import APIRouter

from web.pages import (
    access,
    acts,
    board,
    capacity,
    entrance,
    execution,
    feeds,
    find,
    glass,
    inbox,
    machines,
    outcomes,
    people,
    person,
    person_files,
    reports,
    start,
    system,
    transitions,
    week,
)

ROUTERS: list[APIRouter] = [
    feeds.router,
    entrance.router,
    board.router,
    transitions.router,
    execution.router,
    system.router,
    find.router,
    people.router,
    person.router,
    person_files.router,
    outcomes.router,
    acts.router,
    start.router,
    machines.router,
    glass.router,
    access.router,
    week.router,
    inbox.router,
    capacity.router,
    reports.router,
]
