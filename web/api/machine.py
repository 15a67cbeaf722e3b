"""Which machine asks, and whether it may: the scope of its token and the role that it acts in must both allow it."""

from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from planner.policy import Action, Scope, may
from planner.refused import Refused
from records import machines
from web.api.problems import NotInScope, NotLetIn
from web.house import house
from web.viewer import Viewer

BEARER = HTTPBearer(
    scheme_name="token", auto_error=False, description="A token that an administrator made on the page Machines."
)
Header = Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]


def page(request: Request, what: str) -> str:
    """What the access log says that was looked at, and by which machine."""
    return f"{what}, by the machine {request.state.machine}"


class In:
    """A machine that was let in for something, and whose role may do it. NotLetIn, NotInScope or Refused otherwise."""

    def __init__(self, scope: Scope, *actions: Action) -> None:
        self.scope = scope
        self.actions = actions

    async def __call__(self, request: Request, given: Header) -> Viewer:
        here = house(request)
        found = await machines.find(here.db, given.credentials, here.clock()) if given else None
        if found is None:
            raise NotLetIn
        if self.scope not in found.scopes:
            raise NotInScope(self.scope)
        if not all(may(found.role, action) for action in self.actions):
            raise Refused("not-allowed", f"{found.staff} is a {found.role.words}, and they may not do this.")
        request.state.machine = found.name
        return Viewer(found.staff, found.staff_name, found.role, found.team, "", None)
