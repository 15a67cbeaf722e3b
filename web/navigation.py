"""The pages that somebody may go to from everywhere, by what their role may do."""

from typing import Any

from planner.policy import Action
from web.viewer import Viewer

PAGES: list[tuple[str, str, Action]] = [
    ("My week", "/week", Action.CONTACTS),
    ("My people", "/people", Action.CASELOAD),
    ("Find", "/find", Action.FIND_PEOPLE),
    ("Start a transition", "/start", Action.START),
    ("Board", "/board", Action.BOARD),
    ("Search", "/transitions", Action.SEARCH_WORK),
    ("Definitions", "/definitions", Action.DEFINITIONS),
    ("Peer support", "/capacity", Action.CAPACITY),
    ("Reports", "/reports", Action.REPORTS),
    ("Access", "/access", Action.ACCESS_LOG),
    ("Retention", "/retention", Action.RETENTION),
    ("Machines", "/machines", Action.TOKENS),
    ("To do", "/tasks", Action.OWN_WORK),
    ("Inbox", "/inbox", Action.OWN_WORK),
]


def navigation(viewer: Viewer, path: str) -> list[dict[str, Any]]:
    """What the head of the page offers; the page that is shown is marked."""
    return [
        {"text": text, "href": href, "current": path == href or path.startswith(f"{href}/")}
        for text, href, action in PAGES
        if viewer.may(action)
    ]


def home(viewer: Viewer) -> str:
    """Where somebody begins: the first of these pages that is theirs."""
    first = [Action.CASELOAD, Action.CONTACTS, Action.BOARD, Action.ACCESS_LOG, Action.TOKENS]
    pages = {action: href for _, href, action in reversed(PAGES)}
    return next((pages[action] for action in first if viewer.may(action)), "/tasks")
