"""The commands that change a transition: report, steer, correct, end."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import dates, values
from cli.errors import Stop
from cli.options import EVERY_DAY, STEERING, As, Asking, At, Id, Json, Preview, Reason, Step, Which
from schemas.codes import Role, StepKind, View

if TYPE_CHECKING:
    from cli.sending import Case
    from schemas.command import Command


def add(app: typer.Typer) -> None:
    """Add these commands to the app."""
    for daily in (complete, attempt, acknowledge):
        app.command(rich_help_panel=EVERY_DAY)(daily)
    for steering in (milestone, expect, fact, waive, due, hold, resume, move_definition):
        app.command(rich_help_panel=STEERING)(steering)
    app.command("add", rich_help_panel=STEERING)(add_step)
    app.command("exit", rich_help_panel=STEERING)(leave)


Attendance = Annotated[
    str | None,
    typer.Option(metavar="CODE", help=f"For a contact: {', '.join(values.ATTENDANCES)}; or its NHS code, 2 to 7."),
]
Mechanism = Annotated[
    str | None,
    typer.Option(metavar="CODE", help="For a contact: telephone, face-to-face, video, ...; or its NHS code."),
]


def complete(
    transition: Which,
    step: Step,
    attendance: Attendance = None,
    mechanism: Mechanism = None,
    at: At = None,
    score: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A measure: its total (QPR-15=41), its answers (QPR-15=3,2,4,...), or numbers by name (GBO=1:4,2:7, "
            "SDQ@parent=total:12); may be given several times.",
        ),
    ] = None,
    view: Annotated[
        View | None, typer.Option(metavar="VIEW", help="Whose view the measures are: self, parent or clinician.")
    ] = None,
    declined: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A measure that they would rather not answer.")
    ] = None,
    outcome: Annotated[
        str | None, typer.Option(metavar="EXIT", help="How the transition ended, on the step that asks for it.")
    ] = None,
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Report a step as done. A contact needs --attendance and --mechanism."""
    from schemas.command import Complete

    asking = Asking(by, reason, command_id, as_json)
    _act(
        transition,
        asking,
        Complete,
        step=step,
        attendance=values.attendance(attendance) if attendance is not None else None,
        mechanism=values.mechanism(mechanism) if mechanism is not None else None,
        done_at=dates.happened("--at", at, asking.now),
        scores=values.scores(score or [], view, declined or []),
        exit=outcome,
    )


def attempt(
    transition: Which,
    step: Step,
    attendance: Annotated[
        str,
        typer.Option(metavar="CODE", help="cancelled (2), did-not-attend (3), cancelled-by-us (4) or too-late (7)."),
    ],
    mechanism: Annotated[
        str, typer.Option(metavar="CODE", help="telephone, face-to-face, video, ...; or its NHS code.")
    ],
    at: At = None,
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Report a contact that was tried and did not come about: its step stays open."""
    from schemas.command import Complete

    asking = Asking(by, reason, command_id, as_json)
    _act(
        transition,
        asking,
        Complete,
        step=step,
        attendance=values.attempt(attendance),
        mechanism=values.mechanism(mechanism),
        done_at=dates.happened("--at", at, asking.now),
    )


def waive(
    transition: Which,
    step: Step,
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
    preview: Preview = False,
) -> None:
    """Decide that a step need not be done; say why with --reason."""
    from schemas.command import Waive

    _act(transition, Asking(by, reason, command_id, as_json, preview), Waive, step=step)


def acknowledge(
    transition: Which,
    step: Step,
    until: Annotated[
        str, typer.Option(metavar="WHEN", help="Nobody further is told before then. A day alone counts to its end.")
    ],
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Take on what is overdue: nobody further is told of it for a while."""
    from schemas.command import Acknowledge

    asking = Asking(by, reason, command_id, as_json)
    _act(transition, asking, Acknowledge, step=step, until=dates.ends("--until", until, asking.now))


def milestone(
    transition: Which,
    name: Annotated[str, typer.Argument(metavar="MILESTONE", help="As `alongside pathway show` lists it.")],
    at: At = None,
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
    preview: Preview = False,
) -> None:
    """Record that something happened; recorded again, its time is corrected."""
    from schemas.command import RecordMilestone

    asking = Asking(by, reason, command_id, as_json, preview)
    _act(transition, asking, RecordMilestone, milestone=name, occurred_at=dates.happened("--at", at, asking.now))


def expect(
    transition: Which,
    name: Annotated[str, typer.Argument(metavar="MILESTONE", help="As `alongside pathway show` lists it.")],
    when: Annotated[
        str,
        typer.Argument(metavar="DATE|clear", help="A day alone is the beginning of that day; `clear` takes it away."),
    ],
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
    preview: Preview = False,
) -> None:
    """Set, move or clear the date on which something is expected."""
    from schemas.command import Expect

    asking = Asking(by, reason, command_id, as_json, preview)
    date = None if when == values.CLEAR else dates.begins("DATE", when, asking.now)
    _act(transition, asking, Expect, expected={name: date})


def fact(
    transition: Which,
    name: Annotated[str, typer.Argument(metavar="FACT", help="As `alongside pathway show` lists it.")],
    value: Annotated[
        list[str],
        typer.Argument(metavar="VALUE|clear", help="true or false, a choice, or every wish; `clear` takes it away."),
    ],
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
    preview: Preview = False,
) -> None:
    """Change what is known of the person: the steps that it calls for come and go."""
    from schemas.command import ChangeFacts

    def said(case: "Case") -> dict[str, Any]:
        return {"facts": {name: values.fact(case.pathway, name, value)}}

    from cli.sending import act

    act(transition, Asking(by, reason, command_id, as_json, preview), ChangeFacts, said)


def hold(
    transition: Which,
    why: Annotated[str | None, typer.Argument(metavar="REASON", help="Why, for whoever reads the history.")] = None,
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
    preview: Preview = False,
) -> None:
    """Stop the clock of everything that is not about safety."""
    from schemas.command import PutOnHold

    if why is not None and reason is not None:
        raise Stop("Say why once: as REASON or with --reason.", 2)
    _act(transition, Asking(by, why if reason is None else reason, command_id, as_json, preview), PutOnHold)


def resume(
    transition: Which,
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
    preview: Preview = False,
) -> None:
    """End a hold: every date that it stopped moves by its length."""
    from schemas.command import Resume

    _act(transition, Asking(by, reason, command_id, as_json, preview), Resume)


def due(
    transition: Which,
    step: Step,
    when: Annotated[
        str,
        typer.Argument(metavar="DATE|rule", help="A day alone counts to its end; `rule` goes back to the pathway's."),
    ],
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
    preview: Preview = False,
) -> None:
    """Set the due date of a step by hand: it is kept when everything else moves. Say why with --reason."""
    from schemas.command import SetDue

    asking = Asking(by, reason, command_id, as_json, preview)
    _act(transition, asking, SetDue, step=step, due=None if when == "rule" else dates.ends("DATE", when, asking.now))


def add_step(
    transition: Which,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name here, such as call-gp.")],
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What is to be done, without names.")],
    due: Annotated[str, typer.Option(metavar="WHEN", help="A day alone counts to its end.")],
    owner: Annotated[Role, typer.Option(metavar="ROLE", help="Whose it is, such as peer-worker.")] = Role.COORDINATOR,
    kind: Annotated[
        StepKind, typer.Option(metavar="KIND", help="What sort of thing it is, such as contact.")
    ] = StepKind.TASK,
    ladder: Annotated[str, typer.Option(metavar="LADDER", help="Who is told when it is late.")] = "standard",
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
) -> None:
    """Add a step for this person alone."""
    from schemas.command import AddStep

    asking = Asking(by, reason, command_id, as_json)
    at = dates.ends("--due", due, asking.now)
    _act(transition, asking, AddStep, step=name, title=title, due=at, owner=owner, kind=kind, ladder=ladder)


def move_definition(
    transition: Which,
    definition: Annotated[str, typer.Argument(metavar="FILE|ID", help="A definition, or a pathway that is shipped.")],
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
    preview: Preview = False,
) -> None:
    """Go on by a newer version of the same pathway."""
    from pathways.loader import DefinitionError, find
    from schemas.command import MoveDefinition

    try:
        text = find(definition).canonical
    except DefinitionError as error:
        raise Stop(str(error), 2) from None
    _act(transition, Asking(by, reason, command_id, as_json, preview), MoveDefinition, definition=text)


def leave(
    transition: Which,
    how: Annotated[str, typer.Argument(metavar="EXIT", help="As `alongside pathway show` lists it.")],
    by: As = None,
    reason: Reason = None,
    command_id: Id = None,
    as_json: Json = False,
    preview: Preview = False,
) -> None:
    """Close a transition early: everything still open is cancelled in one act."""
    from schemas.command import Exit

    _act(transition, Asking(by, reason, command_id, as_json, preview), Exit, exit=how)


def _act(transition: str, asking: Asking, model: "type[Command]", **fields: Any) -> None:
    from cli.sending import act

    act(transition, asking, model, **fields)
