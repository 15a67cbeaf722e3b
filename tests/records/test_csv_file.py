"""A file of too many rows or too many bytes is refused as a whole, before anything of it is used."""

from pathlib import Path

import pytest

from records import csv_file
from records.csv_file import LARGEST, MOST, FileRefused, read_csv


def test_as_many_rows_as_may_be_are_read_and_one_more_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("id\n" + "a\n" * MOST)
    assert len(read_csv(file, ["id"])[0]) == MOST
    file.write_text("id\n" + "a\n" * (MOST + 1))
    with pytest.raises(FileRefused, match=r"list\.csv has more than 100,000 rows: split it"):
        read_csv(file, ["id"])


def test_a_file_that_is_too_big_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "list.csv"
    with file.open("wb") as sparse:
        sparse.truncate(LARGEST + 1)  # takes no room on the disk
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    with pytest.raises(FileRefused, match=r"list\.csv is bigger than 50 MB: split it"):
        csv_file.read_csv(file, ["id"])
