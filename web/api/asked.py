"""What may be asked of a transition by a machine: every command, without what is known of it anyway."""

from copy import copy
from typing import Annotated, Any, Literal, Union, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model

from schemas import command as says
from schemas.base import Instant, Strict
from schemas.codes import Division
from schemas.command import StaffId
from schemas.journey import FactValue
from schemas.person import Person
from schemas.staff import Name

KNOWN = frozenset({"id", "at", "by", "if_revision"})
"""What a command says beside: the key that is sent with it, this moment, whoever the machine acts as, and If-Match."""
INSIDE = (says.CoverAbsence, says.MoveDefinition)
"""Commands that are no single thing to ask for as they stand: an absence sends the one, a version is named for the
other."""


class MoveDefinition(Strict):
    """The journey goes on by another version of its pathway, named by its digest as /pathways lists it."""

    do: Literal["move-definition"] = "move-definition"
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    reason: says.Reason | None = None


def _asked(model: type[says.Command]) -> type[BaseModel]:
    """A command as a machine says it."""
    fields: dict[str, Any] = {
        name: (Annotated[info.annotation, copy(info)] if info.is_required() else (info.annotation, copy(info)))
        for name, info in model.model_fields.items()
        if name not in KNOWN
    }
    fields["do"] = (model.model_fields["do"].annotation, ...)
    return create_model(model.__name__, __config__=ConfigDict(extra="forbid"), __doc__=model.__doc__, **fields)


COMMANDS: dict[str, type[says.Command]] = {
    model.model_fields["do"].default: model for model in get_args(get_args(says.AnyCommand)[0])
}
_MODELS = [_asked(model) for model in COMMANDS.values() if model not in INSIDE]
_ANY: Any = Union[(*_MODELS, MoveDefinition)]  # made of what there is
COMMAND: TypeAdapter[Any] = TypeAdapter(Annotated[_ANY, Field(discriminator="do")])
"""What is sent as a command; its field `do` says which one it is."""


class Starting(Strict):
    """Somebody starts a pathway, or is taken on after they started (`started` lies before now).

    `facts`, `expected` and `milestones` are what is known by now; `last_contact` the last contact that they attended.
    Without a team it is the coordinator's.
    """

    person: Person
    pathway: Annotated[str, Field(max_length=80, examples=["inpatient-to-community"])]
    coordinator: StaffId
    team: Name | None = None
    started: Instant | None = None
    division: Division | None = None
    facts: dict[str, FactValue] = {}
    expected: dict[str, Instant] = {}
    milestones: dict[str, Instant] = {}
    last_contact: Instant | None = None


START: TypeAdapter[Starting] = TypeAdapter(Starting)
