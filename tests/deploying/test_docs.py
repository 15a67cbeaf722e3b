"""docs/deploying.md speaks of what there is: commands, settings, services and search attributes."""

import re

import typer.main
from typer.core import TyperGroup

from cli.app import app
from tests.deploying.test_compose import ROOT, example, services
from workers.settings import unknown_variables
from workflows import attributes

TEXT = (ROOT / "docs" / "deploying.md").read_text()
CODE = re.findall(r"```\w+\n(.*?)```", TEXT, re.DOTALL) + re.findall(r"`([^`\n]+)`", TEXT)


def test_every_command_exists() -> None:
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    code = "\n".join(CODE)
    told = {*re.findall(r"(?:^|[\s/])alongside ([a-z]+)", code), *re.findall(r"compose run .*\bworker ([a-z]+)", code)}
    assert {"up", "worker", "migrate", "register", "doctor", "rebuild", "reconcile"} <= told
    assert told <= set(command.commands)


def test_every_setting_exists() -> None:
    told = set(re.findall(r"ALONGSIDE_[A-Z_]+", TEXT))
    assert unknown_variables(told) == []
    assert set(re.findall(r"\b(?:PREVIOUS_)?RELEASE\b", TEXT)) <= set(example())


def test_every_service_of_a_compose_command_exists() -> None:
    every = services()
    told = re.findall(r"docker compose (?:exec|logs|run)(?: --(?:volume \S+|[\w-]+))* ([\w-]+)", TEXT)
    assert told
    assert set(told) <= set(every)


def test_the_search_attributes_are_ours() -> None:
    told = dict(re.findall(r"^\| `(Alongside\w+)` \| (\w+) \|$", TEXT, re.MULTILINE))
    assert told == {key.name: key.indexed_value_type.name.title() for key in attributes.ALL}


def test_links_lead_to_headings() -> None:
    headings = {
        re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-") for line in re.findall(r"^#+ (.*)$", TEXT, re.M)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", TEXT)) <= headings
