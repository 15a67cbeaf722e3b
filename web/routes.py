"""Every router of the door, in one list."""

from fastapi import APIRouter

from web.pages import entrance, feeds, find, people, person

ROUTERS: list[APIRouter] = [feeds.router, entrance.router, find.router, people.router, person.router]
