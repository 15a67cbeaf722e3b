"""What Temporal is handed: every payload sealed, so that whoever has Temporal's data reads nothing.

What is of a person is sealed with the key of that person, so nobody reads it once that is destroyed; everything else
with the key ring. Each says, in clear, which workflow it is of, so that the codec server knows whose it is; that
cannot be changed unseen. What was written before there were keys is still read.
"""

import asyncio
import copy
import dataclasses
from collections.abc import Sequence
from typing import Self
from uuid import UUID

from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
)

from records.errors import RecordsError
from records.keyring import KeyRing, Unreadable
from records.payload_keys import PayloadKeys
from records.person_keys import PersonSealer

ENCODING = b"binary/encrypted"
"""What Temporal's pages know something sealed by."""
_ABOUT = "payload of "
_PERSON = "person"
"""Under this name a payload says with whose key it is sealed, if with anybody's: the id of their row, sealed itself."""
_WHOSE = "whose the payload is of "


class NotHere(Unreadable):
    """It is of a person, and this process has no way to the records, where their key is."""

    def __init__(self) -> None:
        RecordsError.__init__(self, "not-found", "What is of a person opens only where the records can be asked.")
        self.key = None


class SealingCodec(PayloadCodec, WithSerializationContext):
    """Seals what is sent to Temporal and opens what comes from it; `workflow` is whose it is, where that is known.

    Without `people` nothing is of anybody: that is for a rehearsal, and for looking after Temporal itself. While the
    records are away and a key is not at hand, it raises what says so, and Temporal has the turn tried again.
    """

    def __init__(self, keys: KeyRing, people: PayloadKeys | None = None, workflow: str = "") -> None:
        self._keys = keys
        self._people = people
        self._workflow = workflow

    def with_context(self, context: SerializationContext) -> "SealingCodec":
        """The codec for what is of one workflow."""
        return SealingCodec(self._keys, self._people, getattr(context, "workflow_id", None) or "")

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each sealed. Raises Unreadable when it is not known whose it is, or the key was destroyed."""
        if not payloads:
            return []
        person = await self._people.of_workflow(self._workflow) if self._people is not None else None
        return [self._sealed(payload, person) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each as it was before it was sealed; what never was, unchanged. Raises Unreadable."""
        if any(not self._keys.opens(by_the_ring(one)) for one in payloads if is_sealed(one)):
            await asyncio.to_thread(self._keys.read_again)
        return [await self._opened(payload) if is_sealed(payload) else payload for payload in payloads]

    async def about_to_begin(self, workflow: str, transition_id: str | None) -> None:
        """A workflow that the records do not know yet is about to begin, and is of whoever the transition is of."""
        if self._people is not None:
            await self._people.hear_of(workflow, transition_id)

    def _sealed(self, payload: Payload, person: PersonSealer | None) -> Payload:
        metadata = {"encoding": ENCODING, "workflow": self._workflow.encode()}
        content, about = payload.SerializeToString(), _ABOUT + self._workflow
        if person is None:
            return Payload(metadata=metadata, data=self._keys.seal(content, about.encode()))
        whose = self._keys.seal(person.person_id.bytes, (_WHOSE + self._workflow).encode())
        return Payload(metadata={**metadata, _PERSON: whose}, data=person.seal_bytes(content, about))

    async def _opened(self, payload: Payload) -> Payload:
        workflow = workflow_of(payload)
        about, person = _ABOUT + workflow, None
        if is_of_a_person(payload):
            if self._people is None:
                raise NotHere
            person = UUID(bytes=self._keys.open(payload.metadata[_PERSON], (_WHOSE + workflow).encode()))
            content = (await self._people.of_person(person)).open_bytes(payload.data, about)
        else:
            content = self._keys.open(payload.data, about.encode())
        if self._people is not None:
            self._people.hear(workflow, person)
        try:
            return Payload.FromString(content)
        except DecodeError:
            raise Unreadable(None) from None


@dataclasses.dataclass(frozen=True)
class SealingConverter(DataConverter):
    """Models as JSON, sealed. For each workflow that is spoken of, the codec alone is another one."""

    def with_context(self, context: SerializationContext) -> Self:
        """The converter for what is of one workflow. The library would build every part anew at each turn."""
        found = copy.copy(self)
        if isinstance(self.payload_codec, SealingCodec):
            object.__setattr__(found, "payload_codec", self.payload_codec.with_context(context))
        return found


async def about_to_begin(client: Client, workflow: str, transition_id: str | None) -> None:
    """A workflow that the records do not know yet is about to begin, and is of whoever the transition is of."""
    codec = client.data_converter.payload_codec
    if isinstance(codec, SealingCodec):
        await codec.about_to_begin(workflow, transition_id)


def is_sealed(payload: Payload) -> bool:
    """Whether it was sealed, by us."""
    return payload.metadata.get("encoding") == ENCODING and "workflow" in payload.metadata


def is_of_a_person(payload: Payload) -> bool:
    """Whether something sealed is sealed with the key of a person."""
    return _PERSON in payload.metadata


def by_the_ring(payload: Payload) -> bytes:
    """What of something sealed is sealed with the key ring itself."""
    return payload.metadata[_PERSON] if is_of_a_person(payload) else payload.data


def workflow_of(payload: Payload) -> str:
    """The id of the workflow that something sealed is of; empty when that was not known."""
    return payload.metadata["workflow"].decode(errors="replace")


def converter(keys: KeyRing, people: PayloadKeys | None = None) -> DataConverter:
    """What every client of ours reads and writes Temporal's payloads with: models as JSON, sealed; failures, too.

    With `people`, what is of a person is sealed with their key.
    """
    return SealingConverter(
        payload_converter_class=pydantic_data_converter.payload_converter_class,
        payload_codec=SealingCodec(keys, people),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
