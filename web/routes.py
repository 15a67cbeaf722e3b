"""Every router of the door, in one list."""

from fastapi import APIRouter

from web.pages import (
    acts,
    board,
    capacity,
    entrance,
    execution,
    feeds,
    find,
    inbox,
    machines,
    people,
    person,
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
    acts.router,
    start.router,
    machines.router,
    week.router,
    inbox.router,
    capacity.router,
]
