"""The HTTP door: pages for people, an API for machines, each worker's calendar feed."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from web import answers, limits, routes, security
from web.api import app as api
from web.house import House

STATIC = Path(__file__).parent / "static"


def build(here: House) -> FastAPI:
    """The application of a house."""
    app = FastAPI(title="Alongside", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.house = here
    for router in routes.ROUTERS:
        app.include_router(router)
    app.mount(api.PATH, api.build(here))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    answers.answer_refusals(app)
    app.add_middleware(limits.Limit, a_minute=here.a_minute)
    security.guard(app, secure=here.secure)
    return app
