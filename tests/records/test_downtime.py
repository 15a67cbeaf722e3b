"""The worklist for when Alongside is down: who needs what of whom, on this machine alone, and only the latest few."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from records.downtime import AHEAD
from records.errors import RecordsError
from records.staff import upsert_staff
from records.visits import check_in
from schemas.person import Person
from schemas.visit import Visit
from schemas.workforce import Place
from tests.records.journeys import MANAGERS, T0, begin, day, somebody, team_of
from workers.client import Pool
from workers.settings import Settings
from workers.worklist import KEPT, folder_of, keep, make, text


@pytest.fixture
async def people(pool: Pool) -> list[str]:
    """Two teams; in each somebody whose plan is late and whom the therapist has to call."""
    names = []
    for team in ("north", "south"):
        await upsert_staff(pool, [*team_of(team), *MANAGERS])
        person = somebody().model_copy(update={"family_name": f"<{team}>", "nhs_number": None})
        one = await begin(pool, f"coord-{team}", f"Team {team}", person=Person.model_validate(person.model_dump()))
        await one.until(day(4))
        names.append(person.local_id)
    return names


def rows(page: str) -> list[str]:
    """The rows of its tables, as words."""
    return [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in re.findall(r"<tr>\s*<td.*?</tr>", page, re.DOTALL)]


async def test_it_has_what_is_late_and_what_is_due_with_whose_it_is(pool: Pool, people: list[str]) -> None:
    page = await text(pool, day(4))
    north = page[page.index("<h2>Team north</h2>") : page.index("<h2>Team south</h2>")]
    assert [re.sub(r"^.*?(Ada)", r"\1", row) for row in rows(north)] == [
        f"Ada &lt;north&gt; {people[0]} Talk with the therapist Coord-North",
        f"Ada &lt;north&gt; {people[0]} Write the plan Coord-North",
    ]
    assert "Thu 5 Nov 2026 <strong>late</strong>" in north
    assert north.index("<h3>Coord-North</h3>") > north.index("<h3>The therapist</h3>") > 0
    assert "Made on <strong>Fri 6 Nov 2026 10:00</strong>" in page
    assert "1980" not in page


async def test_what_is_due_later_is_not_on_it(pool: Pool, people: list[str]) -> None:
    page = await text(pool, T0 - timedelta(days=1))
    assert "Nothing was late, or due in the next 48 hours." in page
    assert timedelta(hours=48) == AHEAD


async def test_one_team_alone(pool: Pool, people: list[str]) -> None:
    page = await text(pool, day(4), "Team south")
    assert people[1] in page
    assert people[0] not in page
    with pytest.raises(RecordsError, match="There is no team Team west"):
        await text(pool, day(4), "Team west")


async def test_who_is_out_is_on_it(pool: Pool, people: list[str]) -> None:
    visit = Visit(
        id="0190a000-0000-7000-8000-000000000001", staff="nurse-north", team="Team north", place=Place.HOME,
        checked_in=day(4), expected_end=day(4) + timedelta(hours=1), alone_because="Known well",
    )  # fmt: skip
    await check_in(pool, visit)
    page = await text(pool, day(4))
    assert "Nurse-North Team north alone home Fri 6 Nov 2026 11:00" in rows(page)
    assert "Known well" not in page


async def test_it_is_private_and_only_the_latest_few_stay(pool: Pool, people: list[str], tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    for hour in range(6):
        file = await make(pool, settings, day(4) + timedelta(hours=hour))
    assert folder_of(settings) == tmp_path / "worklist"
    assert folder_of(settings).stat().st_mode & 0o777 == 0o700
    kept = sorted(folder_of(settings).iterdir())
    assert len(kept) == KEPT
    assert kept[-1] == file
    assert {one.stat().st_mode & 0o777 for one in kept} == {0o600}
    assert file.name == "worklist-2026-11-06T1500Z.html"


async def test_the_folder_can_be_chosen_and_one_that_cannot_be_written_is_said(
    pool: Pool, people: list[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings(data_dir=tmp_path, worklist_dir=tmp_path / "file" / "worklists")
    with capture_logs() as logs:
        assert await keep(pool, settings) == 0
    assert [(line["event"], line["folder"]) for line in logs] == [
        ("the worklist could not be written", str(tmp_path / "file" / "worklists"))
    ]
    chosen = Settings(data_dir=tmp_path, worklist_dir=tmp_path / "chosen")
    assert await keep(pool, chosen) == 0
    assert [one.suffix for one in (tmp_path / "chosen").iterdir()] == [".html"]
