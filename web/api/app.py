"""The API as an application of its own: its routes, its problems, and what guards it."""

import structlog
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.api import described, events, people, problems, reports, starts, work
from web.house import House

log = structlog.get_logger(__name__)
PATH = "/api/v1"
"""Where it is."""
TOLD = """
What people do in Alongside's pages and on its command line, for other systems.

Every request carries a token, as `Authorization: Bearer TOKEN`, that an administrator made. It is for some scopes and
acts as a member of staff: what their role and team may not do or see, the token does not either. Each time a person is
opened it is kept that they were. Listings name nobody.

Every change carries an `Idempotency-Key` and is done once under it. A problem is answered as
`application/problem+json` and says what to change. How to begin is in docs/api.md.
"""


def build(here: House) -> FastAPI:
    """The API of a house."""
    api = FastAPI(
        title="Alongside",
        version="1",
        summary="Between one service and the next, nobody is lost.",
        description=TOLD,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.house = here
    for router in (starts.router, work.router, people.router, reports.router, events.router):
        api.include_router(router)
    problems.answer_problems(api)
    api.add_middleware(Guard)
    described.describe(api)
    return api


class Guard:
    """Whatever goes wrong unexpectedly is logged, and answered as a problem."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            log.exception("a fault in the API", error=type(error).__name__)
            if begun:
                raise
            await problems.problem(500, problems.FAULT)(scope, receive, send)
