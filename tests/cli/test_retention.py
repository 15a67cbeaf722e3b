"""`alongside retention` and `alongside export-person` as somebody types them."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from records import access, listings
from records.staff import upsert_staff
from schemas.codes import Role
from tests.cli.driving import Ended, alongside
from tests.durable.following import FAMILY_NAME, GIVEN_NAME, Followed, Place, now
from tests.records.journeys import member

ASKER, SECOND = "privacy-1", "privacy-2"


@pytest_asyncio.fixture
async def staffed(here: Place) -> Place:
    await upsert_staff(
        here.pool,
        [member(ASKER, Role.PRIVACY_OFFICER, None), member(SECOND, Role.PRIVACY_OFFICER, None)],
    )
    return here


async def left(place: Place, years: int) -> str:
    """Somebody who left so many years ago; their local id."""
    person: Followed = await place.registered()
    closed = now() - timedelta(days=years * 366)
    await place.pool.execute(
        "UPDATE transitions SET status = 'closed', journey = '{}', exit = 'settled', closed_at = $2 WHERE id = $1",
        UUID(person.id),
        closed,
    )
    whose = "SELECT local_id FROM people p JOIN transitions t ON t.person_id = p.id WHERE t.id = $1"
    return str(await place.pool.fetchval(whose, UUID(person.id)))


async def ask(local_id: str, *more: str, by: str = ASKER) -> Ended:
    return await alongside("retention", "ask", local_id, "--reason", "asked-by-person", "--as", by, *more)


async def test_what_is_due_is_asked_for_approved_and_certified(staffed: Place) -> None:
    assert "There are no records that need not be kept any longer." in (await alongside("retention")).text
    due, later = await left(staffed, 21), await left(staffed, 5)
    listed = await alongside("retention")
    assert f"{due} kept until" in listed.text
    assert ": years after the last closure" in listed.text
    assert later not in listed.text
    rows = json.loads((await alongside("retention", "list", "--json")).out)["rows"]
    assert [row["local_id"] for row in rows] == [due]
    assert json.loads((await alongside("retention", "--json")).out)["rows"] == rows
    early = await alongside("retention", "ask", later, "--reason", "end-of-retention", "--as", ASKER)
    assert (early.code, "It is not due: what is held of them is kept until" in early.err) == (5, True)
    asked = await alongside("retention", "ask", due, "--reason", "end-of-retention", "--as", ASKER)
    assert f"Asked: {due}, because the time for which it is kept is over; asked by {ASKER}" in asked.text, asked
    assert "a second person decides by" in asked.text
    assert "asked for already" in (await alongside("retention")).text
    own = await alongside("retention", "approve", due, "--as", ASKER)
    assert (own.code, "A second person decides" in own.err) == (4, True)
    nurse = await alongside("retention", "approve", due)
    assert (nurse.code, "A coordinator does not decide this" in nurse.err) == (4, True)
    done = await alongside("retention", "approve", due, "--as", SECOND)
    assert done.code == 0, done
    assert f"approved by Privacy-2 ({SECOND})" in done.text
    told = (await alongside("retention", "asked")).text
    assert f"done, approved by {SECOND}: certificate" in told
    assert "somebody who was erased" in told
    assert due not in told
    (one,) = json.loads((await alongside("retention", "asked", "--json")).out)["rows"]
    kept = await alongside("retention", "certificate", one["certificate_id"])
    assert kept.out == done.out
    data = json.loads((await alongside("retention", "certificate", one["certificate_id"], "--json")).out)
    assert (data["why"], data["asked_by"], data["approved_by"]) == ("end-of-retention", ASKER, SECOND)
    for secret in (GIVEN_NAME, FAMILY_NAME, due):
        assert secret not in kept.out
    assert "There are no records that need not be kept any longer." in (await alongside("retention")).text


async def test_it_is_asked_once_and_refused_or_withdrawn(staffed: Place) -> None:
    local_id = await left(staffed, 2)
    said = str(uuid4())
    first, again = await ask(local_id, "--id", said, "--json"), await ask(local_id, "--id", said, "--json")
    assert json.loads(first.out) == json.loads(again.out)
    assert (await ask(local_id, by=SECOND)).code == 5
    assert "It is withdrawn" in (await alongside("retention", "withdraw", local_id, "--as", ASKER)).text
    erasure = json.loads((await ask(local_id, "--json")).out)["id"]
    refused = await alongside("retention", "refuse", erasure, "--reason", "still-needed", "--as", SECOND)
    assert refused.text.startswith("It is refused: what is held stays as it is."), refused
    told = (await alongside("retention", "asked")).text
    assert "a complaint, a claim, an inquiry or somebody's care still needs it" in told
    assert f"withdrawn by {ASKER}" in told


@pytest.mark.parametrize(
    ("typed", "code", "says"),
    [
        (("ask", "NOBODY", "--reason", "asked-by-person", "--as", ASKER), 3, "Nobody here has that local id"),
        (("ask", "NOBODY", "--reason", "because", "--as", ASKER), 2, ""),
        (("ask", "NOBODY", "--reason", "asked-by-person", "--as", "coordinator-1"), 4, "may not do this"),
        (("approve", "NOBODY", "--as", SECOND), 3, "Nobody here has that local id"),
        (("approve", str(UUID(int=7)), "--as", SECOND), 3, "Nothing is asked for that"),
        (("approve", "NOBODY", "--as", "nobody"), 3, "nobody"),
        (("certificate", "x"), 3, "no certificate of that id"),
        (("list", "--after", "x"), 2, "no place in a listing"),
    ],
)
async def test_what_cannot_be_is_a_sentence(staffed: Place, typed: tuple[str, ...], code: int, says: str) -> None:
    ended = await alongside("retention", *typed)
    assert ended.code == code, ended
    assert says in ended.text


async def test_everything_about_somebody_is_written_for_its_owner_alone(staffed: Place, tmp_path: Path) -> None:
    person, other = await staffed.take_on(), await staffed.take_on()
    local_id = (await listings.transition(staffed.pool, person.id)).local_id
    theirs = (await listings.transition(staffed.pool, other.id)).local_id
    made = await alongside("export-person", local_id, "--out", str(tmp_path), "--as", ASKER)
    assert made.code == 0, made
    files = sorted(tmp_path.iterdir())
    assert [file.suffix for file in files] == [".html", ".json"]
    for file in files:
        assert file.stat().st_mode & 0o777 == 0o600
        assert local_id not in file.name
        text = file.read_text(encoding="utf-8")
        assert GIVEN_NAME in text
        assert theirs not in text
    data = json.loads(files[1].read_text(encoding="utf-8"))
    assert data["journeys"][0]["history"]
    assert [look.page for look in (await access.looks(staffed.pool, by=ASKER)).rows] == ["export-person"]


async def test_a_file_that_is_there_is_not_written_over_unasked(staffed: Place, tmp_path: Path) -> None:
    person = await staffed.take_on()
    local_id = (await listings.transition(staffed.pool, person.id)).local_id
    there = tmp_path / "theirs.json"
    there.write_text("mine")
    there.chmod(0o644)
    said = ("export-person", local_id, "--out", str(there), "--as", ASKER)
    kept = await alongside(*said)
    assert (kept.code, there.read_text()) == (2, "mine")
    assert "is there already" in kept.err
    assert (await access.looks(staffed.pool)).rows == []
    assert (await alongside(*said, "--overwrite")).code == 0
    assert json.loads(there.read_text(encoding="utf-8"))["person"]["local_id"] == local_id
    assert there.stat().st_mode & 0o777 == 0o600
    for out in (tmp_path / "theirs.pdf", tmp_path / "no" / "theirs.json", tmp_path / "nowhere"):
        assert (await alongside("export-person", local_id, "--out", str(out), "--as", ASKER)).code == 2
    for who, code in (("coordinator-1", 4), ("nobody", 3)):
        assert (await alongside("export-person", local_id, "--out", str(tmp_path), "--as", who)).code == code
    unknown = await alongside("export-person", "NOBODY", "--out", str(tmp_path), "--as", ASKER)
    assert (unknown.code, "Nobody here has that local id" in unknown.err) == (3, True)


async def test_of_whoever_was_erased_the_certificate_is_told(staffed: Place, tmp_path: Path) -> None:
    local_id = await left(staffed, 2)
    await ask(local_id)
    await alongside("retention", "approve", local_id, "--as", SECOND)
    told = await alongside("export-person", local_id, "--out", str(tmp_path), "--as", ASKER)
    assert told.code == 3
    assert "The key of person" in told.err
    assert "See certificate" in told.err
    assert list(tmp_path.iterdir()) == []
