"""The language of the definitions as a JSON Schema, by which editors complete and check them.

`python -m pathways.schema > docs/pathway.schema.json` writes it again.
"""

import json
import sys
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from planner.soundness import RESERVED
from schemas.pathway import UNITS, Anchor, Due, Interval, Ladder, Pathway, Series, Step

ALTERNATIVES: dict[type[BaseModel], list[tuple[str, ...]]] = {
    Interval: [UNITS],
    Ladder.Reminder: [UNITS],
    Ladder.Rung: [UNITS],
    Anchor: [("after", "before", "after_expected")],
    Due: [("after", "before", "after_expected"), UNITS],
    Series: [("every", "at")],
    Step: [("due", "series")],
}
"""Of which fields exactly one is said: the models check it in code that a schema does not show."""


class _Plain(GenerateJsonSchema):
    """What is left out is left out, never written as null: an editor need not offer it."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def schema() -> dict[str, Any]:
    """The JSON Schema of a definition file."""
    made = Pathway.model_json_schema(by_alias=True, schema_generator=_Plain)
    # The shared ladders are merged in when a definition is read, so it need name none of its own.
    made["required"].remove("ladders")
    made["properties"]["ladders"].pop("minProperties")
    kinds = made["$defs"]["StepKind"]
    kinds["enum"] = [kind for kind in kinds["enum"] if kind not in RESERVED]
    for model, groups in ALTERNATIVES.items():
        piece = made["$defs"][model.__name__]
        piece["allOf"] = [{"oneOf": [{"required": [name]} for name in group]} for group in groups]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "A pathway of Alongside"}


def text() -> str:
    """The schema as the file in `docs/` holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
