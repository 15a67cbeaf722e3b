"""Histories opened, for tests that look into them."""

import json
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import PayloadCodec

from workers.codec import is_sealed


async def opened(client: Client, history: WorkflowHistory) -> WorkflowHistory:
    """A history with each payload that is sealed in it as it was before."""
    codec = client.data_converter.payload_codec
    assert codec is not None
    found = await _opened(codec, json.loads(history.to_json()))
    return WorkflowHistory.from_json(history.workflow_id, json.dumps(found))


async def _opened(codec: PayloadCodec, found: Any) -> Any:
    if isinstance(found, list):
        return [await _opened(codec, value) for value in found]
    if not isinstance(found, dict):
        return found
    if set(found) == {"metadata", "data"}:
        payload = ParseDict(found, Payload())
        if is_sealed(payload):
            return MessageToDict((await codec.decode([payload]))[0])
    return {key: await _opened(codec, value) for key, value in found.items()}
