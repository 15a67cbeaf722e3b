"""The reference of the language, as its models tell it: `python -m tests.pathways.reference` prints it."""

import sys
from collections.abc import Iterable

from pydantic import BaseModel

from planner.soundness import RESERVED
from schemas.codes import Role, StepKind
from schemas.pathway import (
    Anchor,
    Exit,
    Fact,
    Ladder,
    Milestone,
    Pathway,
    RiskReview,
    Satisfies,
    Series,
    Silence,
    Span,
    Step,
)

PIECES: dict[str, type[BaseModel]] = {
    "The file": Pathway,
    "`milestones`, each": Milestone,
    "`facts`, each": Fact,
    "`silence`": Silence,
    "`steps`, each": Step,
    "A length of time": Span,
    "`due`, and the ends of a series": Anchor,
    "`series`": Series,
    "`satisfied_by`": Satisfies,
    "`ladders`, each": Ladder,
    "`reminder`, and each of `rungs`": Ladder.Rung,
    "`exits`, each": Exit,
    "`risk_review`": RiskReview,
}


def reference() -> str:
    """A heading and a table for each piece: what a field is called, whether it must be said, what it means."""
    tables = [f"### {heading}\n\n{_table(piece)}" for heading, piece in PIECES.items()]
    kinds = [kind for kind in StepKind if kind not in RESERVED]
    return "\n\n".join([*tables, f"Roles: {_listed(Role)}.", f"Kinds of step: {_listed(kinds)}."]) + "\n"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(piece: type[BaseModel]) -> str:
    rows = ["| field | | meaning |", "| --- | --- | --- |"]
    for name, field in piece.model_fields.items():
        if piece is Span or not issubclass(piece, Span) or name not in Span.model_fields:
            # The shared ladders are merged in, so a file need name none.
            needed = "needed" if field.is_required() and name != "ladders" else ""
            rows.append(f"| `{field.alias or name}` | {needed} | {field.description} |")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.stdout.write(reference())
