"""What Temporal is handed: every payload sealed with the key ring, so that whoever has Temporal's data reads nothing.

Each says, in clear, which workflow it is of, so that the codec server knows whose it is; that cannot be changed unseen.
What was written before there were keys is still read.
"""

import asyncio
import copy
import dataclasses
from collections.abc import Sequence
from typing import Self

from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
)

from records.keyring import KeyRing, Unreadable

ENCODING = b"binary/encrypted"
"""What Temporal's pages know something sealed by."""
_ABOUT = b"payload of "


class SealingCodec(PayloadCodec, WithSerializationContext):
    """Seals what is sent to Temporal and opens what comes from it; `workflow` is whose it is, where that is known."""

    def __init__(self, keys: KeyRing, workflow: str = "") -> None:
        self._keys = keys
        self._workflow = workflow.encode()

    def with_context(self, context: SerializationContext) -> "SealingCodec":
        """The codec for what is of one workflow."""
        return SealingCodec(self._keys, getattr(context, "workflow_id", None) or "")

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each sealed."""
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each as it was before it was sealed; what never was, unchanged. Raises Unreadable."""
        if any(is_sealed(one) and not self._keys.opens(one.data) for one in payloads):
            await asyncio.to_thread(self._keys.read_again)
        return [self._opened(payload) for payload in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        return Payload(
            metadata={"encoding": ENCODING, "workflow": self._workflow},
            data=self._keys.seal(payload.SerializeToString(), _ABOUT + self._workflow),
        )

    def _opened(self, payload: Payload) -> Payload:
        if not is_sealed(payload):
            return payload
        text = self._keys.open(payload.data, _ABOUT + payload.metadata["workflow"])
        try:
            return Payload.FromString(text)
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


def is_sealed(payload: Payload) -> bool:
    """Whether it was sealed, by us."""
    return payload.metadata.get("encoding") == ENCODING and "workflow" in payload.metadata


def workflow_of(payload: Payload) -> str:
    """The id of the workflow that something sealed is of; empty when that was not known."""
    return payload.metadata["workflow"].decode(errors="replace")


def converter(keys: KeyRing) -> DataConverter:
    """What every client of ours reads and writes Temporal's payloads with: models as JSON, sealed; failures, too."""
    return SealingConverter(
        payload_converter_class=pydantic_data_converter.payload_converter_class,
        payload_codec=SealingCodec(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
