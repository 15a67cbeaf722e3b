"""The search that the proof rests on finds what it looks for, however that is written, and nothing else."""

import secrets

from tests.trust.people import Search, spelled, thousand

PEOPLE = thousand()
SEARCH = Search(PEOPLE)
AROUND = b'\x00\xff{"a": "' + bytes(range(1, 9)) + b"%s" + b'"}\xfe'


def test_everybody_is_somebody_else() -> None:
    assert len({one.person.nhs_number for one in PEOPLE}) == len(PEOPLE) == 1_000
    assert len({one.person.given_name for one in PEOPLE} | {one.person.family_name for one in PEOPLE}) == 2_000
    assert len({one.free_text for one in PEOPLE}) == 1_000


def test_it_finds_every_way_of_writing_anything_of_anybody() -> None:
    for one in PEOPLE[::50]:
        for text in spelled(one):
            assert SEARCH.found(AROUND % text), text


def test_it_finds_nothing_where_nothing_is() -> None:
    assert SEARCH.found(secrets.token_bytes(2_000_000)) == set()
    others = b" 2026-11-28T09:00:00Z 17:05 28/11/2026 1234567890 zqxabc 9990000000 "
    assert SEARCH.found(others * 1_000) == set()


def test_a_part_of_a_second_is_nobodys_date_of_birth() -> None:
    born = PEOPLE[0].person.date_of_birth
    moment = f'{{"complete_time":{{"seconds":1795976861,"nanos":{born:%Y%m%d}}},"born":%s}}'
    assert SEARCH.found((moment % "null").encode()) == set()
    assert SEARCH.found((moment % f'"{born:%Y%m%d}"').encode()) == {str(born)}
