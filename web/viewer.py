"""Who asks, whether they may, and whom they may open: every route of a page depends on one of these."""

from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import Depends, Request
from starlette.datastructures import FormData

from planner.policy import Action, Sight, may, sight
from planner.refused import Refused
from records import access, listings, sessions
from records.errors import RecordsError
from records.views import TransitionView
from schemas.codes import Role
from schemas.journey import Journey
from schemas.pathway import Pathway
from web.house import House, house
from web.security import same

COOKIE = "alongside"
SECURE_COOKIE = "__Host-alongside"
UNATTENDED = "Alongside-Unattended"
"""A header of what a page asks by itself: it does not keep anybody signed in who has left."""
UNATTENDED_HERE = "unattended"
"""The same in an address, for a page that asks by itself without a script."""


class SignedOut(Exception):
    """Nobody is signed in, or not any more."""


class NotYours(Exception):
    """A person whom whoever asks may not see; they may say why they need to, when their role may."""

    def __init__(self, transition_id: str, viewer: "Viewer") -> None:
        super().__init__("This person is not among those whom you see.")
        self.transition_id = transition_id
        self.viewer = viewer


class Viewer(NamedTuple):
    """Whoever is signed in, as the staff list has them now."""

    staff: str
    name: str
    role: Role
    team: str | None
    token: str
    said: str | None

    def may(self, action: Action) -> bool:
        """Whether their role may do it."""
        return may(self.role, action)


class Opened(NamedTuple):
    """A person who was opened: by whom, and how much of them is seen."""

    viewer: Viewer
    view: TransitionView
    sight: Sight
    seen: access.Seen

    @property
    def journey(self) -> Journey:
        """Where they stand. Refused when they are entered and have not begun."""
        if self.view.journey is None:
            raise Refused("conflict", "This transition is entered and has not begun yet.")
        return self.view.journey

    @property
    def pathway(self) -> Pathway:
        """The rules that their journey runs by."""
        if self.view.definition is None:
            raise Refused("conflict", "This transition is entered and has not begun yet.")
        return Pathway.parse_canonical(self.view.definition)


def token_of(request: Request) -> str | None:
    """The session's token that a browser sends."""
    return request.cookies.get(SECURE_COOKIE if house(request).secure else COOKIE)


async def whoever(request: Request) -> Viewer:
    """Whoever is signed in; SignedOut when nobody is."""
    alone = UNATTENDED in request.headers or UNATTENDED_HERE in request.query_params
    return await signed_in(request, used=not alone)


async def signed_in(request: Request, *, used: bool) -> Viewer:
    """The same; what is not `used` by a person does not keep them signed in."""
    here, token = house(request), token_of(request)
    found = await sessions.find(here.db, token, here.clock(), used=used) if token else None
    if found is None or token is None:
        raise SignedOut
    viewer = Viewer(found.staff, found.name, found.role, found.team, token, found.said)
    request.state.viewer = viewer
    return viewer


class Needs:
    """Whoever is signed in and may do something; refused otherwise."""

    def __init__(self, action: Action) -> None:
        self.action = action

    async def __call__(self, request: Request) -> Viewer:
        viewer = await whoever(request)
        if not viewer.may(self.action):
            raise Refused("not-allowed", f"This page is not for a {viewer.role.words}.")
        return viewer


class Opens:
    """A person, opened by somebody who may see them; it is kept who looked, at which page, and why they may."""

    def __init__(self, page: str, least: Sight = Sight.WHOLE) -> None:
        self.page = page
        self.least = least

    async def __call__(self, request: Request, transition_id: UUID) -> Opened:
        viewer = await whoever(request)
        return await opened(house(request), viewer, str(transition_id), self.page, self.least)


async def opened(here: House, viewer: Viewer, transition_id: str, page: str, least: Sight = Sight.WHOLE) -> Opened:
    """A person, opened by somebody who may see as much of them as `least`; else NotYours. It is kept who looked."""
    now = here.clock()
    seen = await access.standing(here.db, viewer.staff, viewer.role, viewer.team, transition_id, now)
    if seen is None:
        raise RecordsError("not-found", "No such transition.")
    found = sight(viewer.role, seen.standing)
    enough = found is Sight.WHOLE or (found is Sight.SHARED and least is Sight.SHARED)
    if not enough:
        raise NotYours(transition_id, viewer)
    await access.looked(here.db, viewer.staff, viewer.role, transition_id, page, seen, now)
    return Opened(viewer, await listings.transition(here.db, transition_id), found, seen)


MOST_FIELDS = 300
"""Answers of one form, at most."""
LONGEST_TEXT = 5000
"""Letters of one answer, at most; most questions have less room of their own."""


async def posted(request: Request) -> FormData:
    """What a form says; refused when it was not sent from a page of whoever is signed in."""
    form = await request.form(max_files=0, max_fields=MOST_FIELDS)
    token = token_of(request)
    given = form.get("form_token")
    if token is None:
        raise SignedOut
    if not same(given if isinstance(given, str) else None, token):
        raise Refused("not-allowed", "This form is from another time: go back, load the page again, and send it again.")
    for text in form.values():
        if not isinstance(text, str) or len(text) > LONGEST_TEXT:
            raise Refused("invalid", f"An answer is longer than {LONGEST_TEXT} letters: go back, and write less.")
        if "\0" in text:
            raise Refused("invalid", "An answer has a character that is no text: go back, and write it again.")
    return form


Form = Annotated[FormData, Depends(posted)]
House_ = Annotated[House, Depends(house)]
