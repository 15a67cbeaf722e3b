"""A token for a machine, from the command line: made by an administrator, listed without it, ended."""

import json

import pytest

from records import machines, staff
from schemas.codes import Role
from tests.cli.driving import alongside
from tests.durable.following import COORDINATOR, Place, now
from tests.records.journeys import member


async def test_a_token_is_made_listed_and_ended(unattended: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await staff.upsert_staff(unattended.pool, [member("admin-1", Role.ADMINISTRATOR, None)])
    asked = ("token", "create", "Ward system", "--acts-as", COORDINATOR, "--scope", "read:work", "--json")
    refused = await alongside(*asked)  # by a coordinator, as the environment says
    assert (refused.code, await machines.everyone(unattended.pool)) == (4, [])
    monkeypatch.setenv("ALONGSIDE_AS", "admin-1")
    made = await alongside(*asked)
    token = json.loads(made.out)["token"]
    found = await machines.find(unattended.pool, token, now())
    assert found is not None
    assert (found.staff, found.name) == (COORDINATOR, "Ward system")
    listed = await alongside("token", "list")
    assert token not in listed.out
    assert "Ward system, as coordinator-1: read:work; holds until" in listed.out
    (one,) = await machines.everyone(unattended.pool)
    assert (await alongside("token", "revoke", one.id)).code == 0
    assert await machines.find(unattended.pool, token, now()) is None
    assert (await alongside("token", "revoke", one.id)).code == 3
    assert "ended" in (await alongside("token", "list")).out


async def test_what_is_no_scope_is_refused(unattended: Place) -> None:
    ended = await alongside("token", "create", "x", "--acts-as", COORDINATOR, "--scope", "everything")
    assert ended.code == 2
    assert "there is read:work" in ended.text
