"""The end of what is kept of a person, in codes: why it is asked for, by which rule, and what became of it."""

from enum import StrEnum


class Why(StrEnum):
    """Why somebody asks that what is kept of a person is destroyed."""

    END_OF_RETENTION = "end-of-retention"
    ASKED_BY_PERSON = "asked-by-person"
    NEVER_BEGUN = "never-begun"
    """They were entered, and no journey ever began."""


WHY_WORDS = {
    Why.END_OF_RETENTION: "the time for which it is kept is over",
    Why.ASKED_BY_PERSON: "the person asked for it",
    Why.NEVER_BEGUN: "they were entered, and no journey ever began",
}


class Rule(StrEnum):
    """What says until when something is kept of a person."""

    CLOSED = "closed"
    CHILD = "child"
    DEATH = "death"
    OPEN = "open"
    """They are followed, or about to be: it has no end."""
    UNKNOWN = "unknown"
    """Nothing says when they were last here, so nothing says when it ends."""


RULE_WORDS = {
    Rule.CLOSED: "years after the last closure",
    Rule.CHILD: "the birthday of somebody who was a child",
    Rule.DEATH: "years after their death",
    Rule.OPEN: "no end while they are followed",
    Rule.UNKNOWN: "nothing says when they were last here",
}


class Verdict(StrEnum):
    """What is decided of what somebody asked for."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    """By whoever asked."""


class RefusedFor(StrEnum):
    """Why a second person refuses. A list and no words, for it stays when the person's own records are gone."""

    STILL_NEEDED = "still-needed"
    NOT_DUE = "not-due"
    WRONG_PERSON = "wrong-person"


REFUSED_WORDS = {
    RefusedFor.STILL_NEEDED: "a complaint, a claim, an inquiry or somebody's care still needs it",
    RefusedFor.NOT_DUE: "it is not due, or there is no ground for it",
    RefusedFor.WRONG_PERSON: "it is about the wrong person",
}


class Became(StrEnum):
    """What became of what was asked for."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    OVERTAKEN = "overtaken"
    """They came back before it was done."""
    DONE = "done"


LEFT_WORDS = {
    Became.REFUSED: "It is refused: what is held stays as it is.",
    Became.WITHDRAWN: "It is withdrawn: what is held stays as it is.",
    Became.OVERTAKEN: "They came back before it was done: what is held stays as it is.",
    Became.LAPSED: "Nobody decided in time: what is held stays as it is.",
}
"""What is said when nothing was destroyed."""
