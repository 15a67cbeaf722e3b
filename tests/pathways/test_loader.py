"""Reading a definition: every error of a file at once, in words, with its line."""

from pathlib import Path

import pytest

from pathways.lines import FileError, Problem, read
from pathways.loader import DefinitionError, find, load, parse, shipped
from tests.pathways.example import SOUND, refused, with_


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = with_("title: A small pathway", "titel: A small pathway")
    text = text.replace("owner: peer-worker", "owner: peer-wrker").replace("days: 3}", "dayz: 3}")
    text = text.replace("ladder: standard", "ladder: standrd").replace("when_done: last", "when_done: lst")
    told = [line for line in refused(text) if ": steps[1].owner: " not in line]
    assert told == [
        "f.yaml:1: title: is missing: add it",
        "f.yaml:2: titel: is not known here: is title meant?",
        "f.yaml:15: exits[0].when_done: there is no step lst: is last meant?",
        "f.yaml:22: steps[0].due.dayz: is not known here: is days meant?",
        "f.yaml:35: steps[2].ladder: there is no ladder standrd: is standard meant?",
    ]
    assert len(refused(text)) == 6


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: contact", "kind: contac", ": 'contac' is no kind of step: is contact meant?"),
        ("owner: coordinator", "owner: cordinator", ": 'cordinator' is no role: is coordinator meant?"),
        ("type: choice", "type: choise", ": 'choise' is not known here: is choice meant?"),
        ("id: small", "id: Small", "f.yaml:1: id: is written in lower-case letters and digits, "
         "with hyphens or underscores between (it is 'Small')"),
        ("{days: 7}", "{days: 0}", "f.yaml:3: silence.days: should be at least 1 (it is 0)"),
        ("{days: 7}", "{days: week}", "f.yaml:3: silence.days: should be a whole number (it is 'week')"),
        ("{days: 7}", "{days: 7.5}", "f.yaml:3: silence.days: should be a whole number (it is 7.5)"),
        ("{days: 7}", "{days: '7'}", "f.yaml:3: silence.days: should be a whole number (it is '7')"),
        ("{days: 7}", "{days: true}", "f.yaml:3: silence.days: should be a whole number (it is true)"),
        ("{days: 7}", "7", "f.yaml:3: silence: should have names and values, for example `{name: value}` (it is 7)"),
        ("due: {after: moved, days: 3}", "due: {days: 3}",
         "f.yaml:22: steps[0].due: say exactly one of after, before, after_expected, naming a milestone"),
        ("due: {after: moved, days: 3}", "due: {after: moved}", "f.yaml:22: steps[0].due: say how long, in one of "
         "hours, days, weeks, months, working_days (`days: 0` is the end of that day)"),
        ("due: {after: moved, days: 3}", "due: {after: moved, days: 3, weeks: 1}",
         "f.yaml:22: steps[0].due: say only one of hours, days, weeks, months, working_days"),
        ("    due: {after: moved, days: 3}\n", "",
         "f.yaml:18: steps[0]: say either `due` (once) or `series` (again and again)"),
        ("every: {days: 7}, ", "", "f.yaml:28: steps[1].series: say either `every` (an even interval) "
         "or `at` (a list of distances)"),
        ("every: {days: 7}", "every: {days: 0}",
         "f.yaml:28: steps[1].series: an interval of nothing would never move on: make it at least 1"),
        ("every: {days: 7}", "every: {days: 7, weeks: 1}", "f.yaml:28: steps[1].series.every: say exactly one of "
         "hours, days, weeks, months, working_days, for example `working_days: 5`"),
        ("ladder: safety", "ladder: safety\n    may_waive: team-lead",
         "f.yaml:24: steps[0].may_waive: should be a list, for example `[first, second]` (it is 'team-lead')"),
        ("ladder: safety", "ladder: safety\n    when: {flag: 1.5}",
         "f.yaml:24: steps[0].when.flag: should be true or false or text or a list (it is 1.5)"),
        ("default: false}", "default: false, values: [a]}", "f.yaml:9: facts.flag: a boolean fact has no values"),
        ("type: choice, values: [small, large]", "type: choice",
         "f.yaml:11: facts.size: a fact of type choice lists its values"),
        ("silence: {days: 7}", "silence: {days: 7}\nladders: 3",
         "f.yaml:4: ladders: should have names and values, for example `{name: value}` (it is 3)"),
        ("silence: {days: 7}", "silence: {days: 7}\nladders: {own: {rungs: []}}",
         "f.yaml:4: ladders.own.rungs: is empty: put at least one in it, or leave the line out"),
        ("owner: coordinator", "owner: nurse",
         "f.yaml:21: steps[0].owner: 'nurse' is no role: choose from coordinator, "
         "named-worker, incoming-coordinator, team-lead, peer-worker, community-team, therapist, adult-service, "
         "duty-manager, service-manager, safety-lead, peer-lead, operations, privacy-officer, administrator"),
        ("kind: contact", "kind: chat", "f.yaml:20: steps[0].kind: 'chat' is no kind of step: choose from decision, "
         "document, contact, peer-contact, appointment, meeting, review, measure, task"),
        ("ladder: safety", "ladder: safety\n    may_waive: [cook]",
         "f.yaml:24: steps[0].may_waive[0]: 'cook' is no role: "
         "choose from coordinator, named-worker, incoming-coordinator, team-lead, peer-worker, community-team, "
         "therapist, adult-service, duty-manager, service-manager, safety-lead, peer-lead, operations, "
         "privacy-officer, administrator"),
        ("silence: {days: 7}", "silence: {days: 7}\nladders: {own: {rungs: [{hours: 0, to: [ownr]}]}}",
         "f.yaml:4: ladders.own.rungs[0].to[0]: 'ownr' is no role: is owner meant?"),
        ("ladder: safety", "ladder: safety\n    satisfied_by: {mechanisms: [11, 3]}",
         "f.yaml:24: steps[0].satisfied_by.mechanisms[1]: '3' is no way of contact: choose from "
         '"01" face to face, "02" by telephone, "04" by talk type, "05" by e-mail, "09" by text message, '
         '"10" by instant message, "11" by video, "12" on a message board, "13" in a chat room, "98" in another way'),
        ("owner: coordinator", "owner: [coordinator]", "f.yaml:21: steps[0].owner: should be one of coordinator, "
         "named-worker, incoming-coordinator, team-lead, peer-worker, community-team, therapist, adult-service, "
         "duty-manager, service-manager, safety-lead, peer-lead, operations, privacy-officer, administrator, "
         "by itself"),
        ("ladder: safety", "ladder: safety\n    when: {size: []}",
         "f.yaml:24: steps[0].when.size: is empty: put at least one in it, or leave the line out"),
        ("title: A small pathway", "title:", "f.yaml:2: title: is empty: say what it is, or leave the line out"),
        ("title: A small pathway", "title: 'A small\n\n  pathway'",
         "f.yaml:2: title: is one line of text: put no line break or tab in it (it is 'A small\\npathway')"),
        ("title: A small pathway", "title: ab", "f.yaml:2: title: should have at least 3 characters (it is 'ab')"),
        ("title: A small pathway", f"title: {'x' * 200}",
         f"f.yaml:2: title: should have at most 120 characters (it is '{'x' * 59}…)"),
        ("{days: 7}", "{days: 400}", "f.yaml:3: silence.days: should be at most 366 (it is 400)"),
        ("  flag:", "  Flag:", "f.yaml:9: facts.Flag: is written in lower-case letters and digits, with hyphens or "
         "underscores between (it is 'Flag')"),
        ("title: Died}", "title: Died, colour: red}", "f.yaml:16: exits[1].colour: is not known here: take it out, "
         "or use one of id, title, when_done, said_with, milestone, needs_agreed"),
        ("  - {id: died, title: Died}", "  - died",
         "f.yaml:16: exits[1]: should have names and values, for example `{name: value}` (it is 'died')"),
    ],
)  # fmt: skip
def test_a_malformed_piece_is_told_in_words(old: str, new: str, told: str) -> None:
    (line,) = refused(with_(old, new))
    assert line.endswith(told)
    assert line.startswith("f.yaml:")


def test_a_malformed_piece_is_not_blamed_on_what_refers_to_it() -> None:
    text = with_("  - {id: moved, name: move, not_before: [started]}", "  - {id: moved, nam: move}")
    text = text.replace("flag: {type: boolean, default: false}", "flag: {type: bool}")
    text = text.replace("ladder: safety", "ladder: own\n    when: {flag: large}")
    text = text.replace("silence: {days: 7}", "silence: {days: 7}\nladders: {own: {rungs: 3}}")
    told = [line.split(": ")[1] for line in refused(text)]
    assert told == ["ladders.own.rungs", "milestones[1].nam", "milestones[1].name", "facts.flag.type"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "f.yaml:1: the file is empty"),
        ("# only a comment\n", "f.yaml:1: the file is empty"),
        ("- a\n- b\n", "f.yaml:1: a definition is a mapping: begin with `id:`"),
        ("just words", "f.yaml:1: a definition is a mapping: begin with `id:`"),
        ("id: a\n  title: b\n", "f.yaml:2: a second colon, or a line that is indented too far: "
         "put text with a colon in quotes"),
        ("id: [a\ntitle: b\n", "f.yaml:2: this is no YAML: expected ',' or ']', but got ':'"),
        ("id: 'a\n", "f.yaml:2: a quote is opened and never closed"),
        ("\tid: a\n", "f.yaml:1: a tab cannot be used here: indent with spaces"),
        ("id: a\nsteps:\n\t- b\n", "f.yaml:3: a tab cannot be used here: indent with spaces"),
        ("id: a\nsteps:\n  - b\n - c\n", "f.yaml:4: this line is not indented as the ones before it"),
        ("id: a\nid: b\n", "f.yaml:2: id: said twice: keep one of them"),
        ("id: a\nsteps:\n  - {id: b, id: c}\n", "f.yaml:3: steps[0].id: said twice: keep one of them"),
        ("id: a\n---\nid: b\n", "f.yaml:1: one file holds one document: leave out the `---` in the middle"),
        ("id: a\nsteps: &all [a]\n", "f.yaml:2: anchors (&) and aliases (*) are not read here: write it out"),
        ("id: *a\n", "f.yaml:1: anchors (&) and aliases (*) are not read here: write it out"),
        ("id: !!python/object:os.system x\n",
         "f.yaml:1: tags (!) are not read here: leave it out, or put it in quotes"),
        ("id: a\nwhen: !thing b\n", "f.yaml:2: tags (!) are not read here: leave it out, or put it in quotes"),
        ("id: a\nversion: !!int b\n", "f.yaml:2: tags (!) are not read here: leave it out, or put it in quotes"),
        ("id: a\nsteps: !!set {b}\n", "f.yaml:2: tags (!) are not read here: leave it out, or put it in quotes"),
        ("? [a, b]\n: c\n", "f.yaml:1: a key must be text"),
        ("id: a\ntitle: b\x00\n", "f.yaml:2: a character that cannot be printed ('\\x00'): take it out"),
        ("\x7fELF\x01", "f.yaml:1: a character that cannot be printed ('\\x7f'): take it out"),
        ('id: a\ntitle: "b\\0"\n', "f.yaml:2: title: has a character that cannot be printed ('\\x00'): take it out"),
        ('id: a\n"b\\r": c\n', "f.yaml:2: a name has a character that cannot be printed ('\\r'): take it out"),
        ('id: a\n"b\ufeff": c\n', "f.yaml:2: a name has a character that cannot be printed ('\\ufeff'): take it out"),
        ('id: a\ntitle: "\\uD800"\n',
         "f.yaml:2: title: has a character that cannot be printed ('\\ud800'): take it out"),
    ],
)  # fmt: skip
def test_what_is_no_yaml_that_we_read_is_told_with_its_line(text: str, told: str) -> None:
    assert refused(text) == [told]


@pytest.mark.parametrize("text", ["a: " + "[" * 60 + "]" * 60, "[" * 100_000, "{a: " * 100_000, "- " * 100_000])
def test_many_levels_are_refused_and_not_followed(text: str) -> None:
    assert refused(text) == ["f.yaml:1: this is nested too deeply: is a bracket or a quote missing?"]


def test_a_file_that_is_far_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "large.yaml"
    with file.open("wb") as end:
        end.truncate(10_000_000_000)  # a hole: it takes no room on the disk, and would fill the memory
    with pytest.raises(DefinitionError) as caught:
        load(file)
    assert str(caught.value) == f"{file}: has more than 1,000,000 characters: is another file meant?"


def test_aliases_that_would_grow_without_end_are_refused() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(30))
    assert refused(bomb) == ["f.yaml:1: anchors (&) and aliases (*) are not read here: write it out"]


def test_only_true_and_false_are_booleans_and_dates_stay_text() -> None:
    text = (
        "{a: yes, b: off, c: true, d: 2026-12-01, e: 2026-12-01T10:00:00+00:00, f: 010, g: 10, h: 1.5, i: null, j: NO}"
    )
    data, _ = read(text, "f.yaml")
    assert data == {
        "a": "yes",
        "b": "off",
        "c": True,
        "d": "2026-12-01",
        "e": "2026-12-01T10:00:00+00:00",
        "f": "010",
        "g": 10,
        "h": 1.5,
        "i": None,
        "j": "NO",
    }


def test_every_piece_has_its_line() -> None:
    _, lines = read("a:\n  - b: 1\n    c:\n      - d\n      - e\n", "f.yaml")
    assert [lines.of(place) for place in [("a",), ("a", 0), ("a", 0, "c"), ("a", 0, "c", 1)]] == [1, 2, 3, 5]
    assert lines.of(("a", 0, "c", 1, "nothing")) == 5


def test_a_code_may_be_written_without_quotes() -> None:
    text = with_("values: [small, large]", "values: [200, 201]").replace(
        "ladder: safety", "ladder: safety\n    when: {size: 200}"
    )
    assert parse(text, "f.yaml").step["call"].when == {"size": "200"}


def test_a_ladder_of_its_own_is_used_instead_and_is_part_of_the_digest() -> None:
    plain = parse(SOUND, "f.yaml")
    own = parse(with_("silence", "ladders: {gentle: {rungs: [{days: 9, to: [owner]}]}}\nsilence"), "f.yaml")
    assert list(own.ladders) == ["safety", "standard", "gentle"]
    assert own.ladders["gentle"].rungs[0].count == 9
    assert own.ladders["safety"] == plain.ladders["safety"]
    assert own.digest != plain.digest


def test_the_digest_is_of_the_meaning_and_not_of_the_writing() -> None:
    rewritten = "# a remark\n" + SOUND.replace("{days: 7}", "\n  days: 7", 1).replace(
        "title: A small", "title:   A small"
    )
    assert parse(rewritten, "other.yaml").digest == parse(SOUND, "f.yaml").digest


def test_a_file_is_found_by_id_or_by_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("\ufeff" + SOUND, encoding="utf-8")
    assert shipped() == ["camhs-to-adult", "inpatient-to-community", "waiting-list-to-discharge"]
    assert find(str(file)).id == load(file).id == "small"
    assert find("camhs-to-adult") is find("camhs-to-adult")


def test_a_file_that_cannot_be_read_is_told_in_a_sentence(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("title: Café".encode("latin-1"))
    for name, told in [
        (str(latin), f"{latin}: the file is not UTF-8 text: save it as UTF-8"),
        (str(tmp_path / "no.yaml"), f"{tmp_path / 'no.yaml'}: cannot be read: No such file or directory"),
        (str(tmp_path), f"{tmp_path}: cannot be read: Is a directory"),
        ("camhs-to-adlt", "camhs-to-adlt: there is no pathway of that name: is camhs-to-adult meant?"),
        ("xyz", "xyz: there is no pathway of that name: there is camhs-to-adult, inpatient-to-community, "
         "waiting-list-to-discharge, or give a file"),
    ]:  # fmt: skip
        with pytest.raises(DefinitionError) as caught:
            find(name)
        assert str(caught.value) == told


def test_problems_are_told_in_the_order_of_the_file_and_each_once() -> None:
    wrong = [
        Problem("f.yaml", 9, "b", "later"),
        Problem("f.yaml", 2, "a", "sooner"),
        Problem("f.yaml", 9, "b", "later"),
    ]
    assert str(FileError(wrong)) == "f.yaml:2: a: sooner\nf.yaml:9: b: later"
