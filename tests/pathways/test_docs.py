"""What the documents say of the language is so."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from pathways.lines import read
from pathways.loader import FOLDER, DefinitionError, parse, shipped
from pathways.schema import text
from tests.pathways.reference import reference

DOCS = Path(__file__).parents[2] / "docs"
LANGUAGE = (DOCS / "pathway-language.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", LANGUAGE, re.DOTALL)
EXAMPLE, LADDERS = (block for kind, block in BLOCKS if kind == "yaml")


def _schema() -> Any:
    return json.loads((DOCS / "pathway.schema.json").read_text(encoding="utf-8"))


def test_the_schema_is_that_of_the_models() -> None:
    told = (DOCS / "pathway.schema.json").read_text(encoding="utf-8")
    assert told == text(), "run `python -m pathways.schema > docs/pathway.schema.json`"


def test_the_reference_is_that_of_the_models() -> None:
    told = LANGUAGE.partition("## Reference\n\n")[2]
    assert told == reference(), "copy what `python -m tests.pathways.reference` prints"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(_schema())


@pytest.mark.parametrize("pathway", shipped())
def test_the_schema_accepts_the_shipped_pathways(pathway: str) -> None:
    said = (FOLDER / f"{pathway}.yaml").read_text(encoding="utf-8")
    jsonschema.validate(read(said, pathway)[0], _schema())
    assert said.startswith("# yaml-language-server: $schema=../docs/pathway.schema.json\n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"due": {"after": "started"}},
        {"due": {"days": 3}},
        {"due": {"after": "started", "before": "ended", "days": 3}},
        {"due": {"after": "started", "days": 3, "weeks": 1}},
        {"series": {"from": {"after": "started"}, "every": {"days": 3}, "times": 2}},
        {"kind": "silence"},
        {"owner": "cook"},
        {"colour": "red"},
        {"due": None},
    ],
)
def test_the_schema_refuses_what_the_models_refuse(wrong: dict[str, Any]) -> None:
    data = yaml.safe_load(EXAMPLE)
    jsonschema.validate(data, _schema())
    data["steps"][0] |= wrong
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, _schema())
    with pytest.raises(DefinitionError):
        parse(yaml.safe_dump(data), "example")


def test_the_example_is_sound() -> None:
    assert len(parse(EXAMPLE, "example").steps) == 5


def test_the_example_of_a_ladder_is_sound() -> None:
    pathway = parse(EXAMPLE + LADDERS, "example")
    assert list(pathway.ladders) == ["safety", "standard", "gentle", "our-own"]


def test_the_errors_shown_are_those_of_the_example() -> None:
    wrong = EXAMPLE.replace("before: returned", "before: retruned").replace(", until: {after: returned}}", "}")
    with pytest.raises(DefinitionError) as caught:
        parse(wrong, "our-pathway.yaml")
    assert str(caught.value) + "\n" == next(block for kind, block in BLOCKS if kind == "text")


def test_the_ladders_shown_are_those_that_come_with_every_pathway() -> None:
    ladders = parse(EXAMPLE, "example").ladders
    for name, *cells in re.findall(
        r"^\| `(safety|standard|gentle)` \| (.*) \| (.*) \| (.*) \| (.*) \|$", LANGUAGE, re.M
    ):
        ladder = ladders[name]
        rungs = [f"{'at once' if rung.count == 0 else rung.words()}: {_to(rung.to)}" for rung in ladder.rungs]
        reminder = f"{ladder.reminder.words()} before: {_to(ladder.reminder.to)}" if ladder.reminder else ""
        assert [cell.strip() for cell in cells if cell.strip()] == [reminder, *rungs]


def _to(roles: list[Any]) -> str:
    return ", ".join(role.replace("-", " ") for role in roles)
