"""Pages from templates: the NHS design system, dates as people say them, and nothing undefined that goes unseen."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, FileSystemLoader, PackageLoader

from planner import words
from planner.clock import LONDON
from web.components import remember

HERE = Path(__file__).parent


class Pages:
    """The templates, ready to be filled in."""

    def __init__(self) -> None:
        # ChainableUndefined is what the design system's macros are written for.
        self._environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(HERE / "templates"), PackageLoader("nhsuk_frontend_jinja")]),
            undefined=ChainableUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=-1,
            auto_reload=False,
        )
        self._environment.filters |= {
            "day": words.day,
            "moment": words.moment,
            "due": words.due,
            "clock": clock,
            "iso": iso,
            "field": field,
        }
        for name in self._environment.list_templates(filter_func=lambda name: name.endswith("/macro.jinja")):
            remember(self._environment, name)

    def html(self, template: str, known: Mapping[str, Any], status: int = 200) -> HTMLResponse:
        """A page. What it needs beside the template is in `known`."""
        return HTMLResponse(self.text(template, known), status)

    def text(self, template: str, known: Mapping[str, Any]) -> str:
        """A template filled in."""
        return self._environment.get_template(template).render(**known)


def clock(at: datetime) -> str:
    """The time of day, for example "14:05"."""
    return f"{at.astimezone(LONDON):%H:%M}"


def iso(at: datetime) -> str:
    """An instant for a machine that reads the page."""
    return at.isoformat()


def field(at: datetime | None) -> str:
    """An instant as a field for day and time holds it."""
    return f"{at.astimezone(LONDON):%Y-%m-%dT%H:%M}" if at else ""
