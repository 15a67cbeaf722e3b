"""`alongside pathway` on the command line, and the picture that it draws."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from cli.app import app
from pathways.loader import find, parse, shipped
from pathways.timeline import chart, places, svg
from schemas.pathway import Pathway
from tests.pathways.example import SOUND, with_


def _says(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["pathway", *arguments], env={"COLUMNS": "80"}, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def _ends(*arguments: str) -> tuple[int, str]:
    """How the real command ends, and what it says on stderr."""
    command = [sys.executable, "-c", "from cli.app import main; main()", "pathway", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.returncode, result.stderr


def test_list_names_every_pathway() -> None:
    told = _says("list")
    assert [line.split()[0] for line in told.splitlines() if line.split()[0] in shipped()] == shipped()
    assert [found["id"] for found in json.loads(_says("list", "--json"))] == shipped()


@pytest.mark.parametrize("pathway", shipped())
def test_show_names_every_step_in_full(pathway: str) -> None:
    told = _says("show", pathway).split()
    assert [step for step in find(pathway).step if step not in told] == []


def test_show_as_json_is_the_whole_definition() -> None:
    told = json.loads(_says("show", "camhs-to-adult", "--json"))
    assert told.pop("digest") == find("camhs-to-adult").digest
    assert type(find("camhs-to-adult")).model_validate(told) == find("camhs-to-adult")


def test_check_says_that_a_definition_is_sound(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(SOUND, encoding="utf-8")
    assert _says("check", str(file)) == f"{file} is sound: A small pathway, 3 steps, version 1.\n"
    assert json.loads(_says("check", str(file), "--json"))["sound"] is True


def test_check_tells_all_that_is_wrong_and_ends_with_2(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(with_("kind: contact", "kind: cntact").replace("when_done: last", "when_done: lst"), "utf-8")
    code, told = _ends("check", str(file))
    assert code == 2
    assert [line.partition(": ")[0] for line in told.splitlines()] == [f"{file}:15", f"{file}:20"]
    result = CliRunner().invoke(app, ["pathway", "check", str(file), "--json"])
    assert result.exit_code == 2
    assert [problem["line"] for problem in json.loads(result.output)["problems"]] == [15, 20]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "camhs-to-adlt"], "camhs-to-adlt: there is no pathway of that name: is camhs-to-adult meant?\n"),
        (["check", "no.yaml"], "no.yaml: cannot be read: No such file or directory\n"),
        (["show", "camhs-to-adult", "--svg", "no/where.svg"], "no/where.svg: no such file or directory.\n"),
    ],
)
def test_a_mistake_is_a_sentence_and_2(arguments: list[str], told: str) -> None:
    assert _ends(*arguments) == (2, told)


@pytest.mark.parametrize("pathway", shipped())
def test_the_picture_shows_every_step_around_its_milestone(pathway: str, tmp_path: Path) -> None:
    file = tmp_path / "it.svg"
    assert str(file) in _says("show", pathway, "--svg", str(file)).replace("\n", "")
    assert _left_out(find(pathway), file.read_text("utf-8")) == set()


def _left_out(pathway: Pathway, picture: str) -> set[str]:
    """What a picture of the pathway should say and does not."""
    shown = {text.text.removesuffix(" *") for text in ElementTree.fromstring(picture).iter() if text.text}
    around = [step.due or (step.series and step.series.start) for step in pathway.steps]
    names = {pathway.milestone[anchor.milestone].name for anchor in around if anchor}
    wanted = {step.title for step in pathway.steps} | {f"weeks from {name}" for name in names}
    return (wanted | {pathway.title, "ladder", "step"} | {step.ladder for step in pathway.steps}) - shown


@pytest.mark.parametrize("pathway", shipped())
def test_the_pictures_in_the_documents_show_what_the_pathways_are(pathway: str) -> None:
    picture = (Path(__file__).parents[2] / "docs" / "pictures" / f"{pathway}.svg").read_text("utf-8")
    assert _left_out(find(pathway), picture) == set(), "run `python -m pathways.timeline docs/pictures`"
    assert f"{pathway}, version {find(pathway).version}:" in picture


def test_what_is_only_asked_for_while_peer_support_is_accepted_is_marked() -> None:
    shown = {text.text for text in ElementTree.fromstring(svg(find("camhs-to-adult"))).iter()}
    assert {"* asked for only while peer support is accepted", "Catch up, every two weeks *"} <= shown
    alone = svg(parse(with_("kind: peer-contact", "kind: contact"), "f.yaml"))
    assert "peer support" not in alone


def test_steps_stand_where_they_are_due() -> None:
    ward, young = find("inpatient-to-community"), find("camhs-to-adult")
    assert places(ward.step["discharge-meeting"]) == [-2]
    assert places(ward.step["gp-summary"]) == [1]
    assert places(ward.step["weekly-peer-contact"]) == [1, 2, 3, 4]
    assert places(ward.step["monthly-peer-contact"]) == [8, 12, 16, 20, 24]
    fortnights = places(young.step["peer-contact"])
    assert len(fortnights) == 13
    assert min(fortnights) == pytest.approx(-11, abs=0.1)
    assert max(fortnights) == pytest.approx(13, abs=0.1)
    assert places(find("waiting-list-to-discharge").step["after-therapy-contact"]) == [2, 6, 12]


def test_two_steps_of_one_title_and_a_ladder_of_its_own_are_told_apart() -> None:
    text = with_("title: Look back together", "title: Call them").replace("ladder: standard", "ladder: own")
    pathway = parse(f"ladders: {{own: {{rungs: [{{days: 1, to: [owner]}}]}}}}\n{text}", "f.yaml")
    rows = chart(pathway).to_dict()["vconcat"][0]["layer"][1]
    assert {"Call them (call)", "Call them (last)"} <= set(rows["encoding"]["y"]["sort"])
    assert rows["encoding"]["color"]["scale"]["domain"] == ["safety", "gentle", "own"]
    assert "Call them (last)" in svg(pathway)
