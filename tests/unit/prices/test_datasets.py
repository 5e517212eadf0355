"""Datasets: the shipped one, the user's own, and what is said of files that are not valid."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from app.errors import BadInput
from app.prices import available, csvfile, load
from app.prices.datasets import names


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "datasets").mkdir()
    return tmp_path / "datasets"


def write(folder: Path, text: str, name: str = "mine") -> None:
    (folder / f"{name}.csv").write_text(text, encoding="utf-8")


def test_shipped_oil_prices_keep_their_negative_day(tmp_path):
    prices = load("wti-daily", tmp_path)

    assert len(prices.close) == len(prices.dates) == 10_226
    assert str(prices.dates[0]) == "1986-01-02"
    assert str(prices.dates[-1]) == "2026-08-18"
    assert prices.close[prices.dates == np.datetime64("2020-04-20")] == -36.98
    assert prices.non_positive_rows == 1
    assert prices.first_non_positive == "2020-04-20 -36.98"
    assert (prices.unit, prices.capital, prices.position_units) == ("USD/barrel", 100_000, 1_000)


def test_own_file_is_loaded_and_sized_to_its_median_price(folder):
    write(folder, "\ufeffDate,Price\n2024-01-02,50\n2024-01-03,25.5\n2024-01-04,100\n\n")

    prices = load("mine", folder.parent)

    assert prices.close.tolist() == [50, 25.5, 100]
    assert prices.position_units == 100_000 / 50
    assert prices.non_positive_rows == 0
    assert prices.first_non_positive is None


def test_zero_and_negative_prices_are_valid(folder):
    write(folder, "Date,Price\n2024-01-02,0\n2024-01-03,-1.5\n2024-01-04,0\n")

    prices = load("mine", folder.parent)

    assert prices.non_positive_rows == 3
    assert prices.first_non_positive == "2024-01-02 0.0"
    assert np.isfinite(prices.returns_of_long).all()


def test_prices_that_are_all_zero_still_have_a_position_size(folder):
    write(folder, "Date,Price\n2024-01-02,0\n2024-01-03,0\n")

    assert load("mine", folder.parent).position_units == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "has 0 prices; a back-test needs at least two"),
        ("Date,Price\n2024-01-02,1\n", "has 1 prices; a back-test needs at least two"),
        ("date;price\n", "line 1 is not the header, which must be 'Date,Price'"),
        ("Date,Price\n02/01/2024,1\n", "line 2 has no date first; write it as 2020-04-20"),
        ("Date,Price\n2024-01-02,1\n2024-01-03,\n", "line 3 has no price; write a number"),
        ("Date,Price\n2024-01-02,nan\n", "line 2 has a price out of bounds; write a finite number"),
        ("Date,Price\n2024-01-02,-inf\n", "line 2 has a price out of bounds; write a finite number"),
        ("Date,Price\n2024-01-02,1e300\n", "line 2 has a price out of bounds; write a finite number"),
        ("Date,Price\n2024-01-02,1,2\n", "line 2 has 3 fields; write two"),
        (
            "Date,Price\n2024-01-03,1\n2024-01-02,2\n",
            "line 3 has 2024-01-02 after 2024-01-03; sort by date",
        ),
        ("Date,Price\n2024-01-02,1\n2024-01-02,2\n", "line 3 has 2024-01-02 after 2024-01-02"),
    ],
)
def test_file_that_is_not_valid_names_file_line_and_fix(folder, text, problem):
    write(folder, text)

    with pytest.raises(BadInput) as caught:
        load("mine", folder.parent)

    assert caught.value.field == "dataset"
    assert "mine.csv" in caught.value.message
    assert str(folder) not in caught.value.message
    assert problem in caught.value.message


@pytest.mark.parametrize("content", [b"Date,Price\n2024-01-02,\xff\n", b"Date,Price\n\x00\n"])
def test_file_that_is_not_text_is_refused(folder, content):
    (folder / "mine.csv").write_bytes(content)

    with pytest.raises(BadInput, match=r"mine\.csv"):
        load("mine", folder.parent)


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.mkdir(),
        os.mkfifo,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.symlink_to(path),
    ],
    ids=["directory", "named pipe", "device", "dangling link", "circle"],
)
def test_what_is_no_file_hangs_nothing(folder, make):
    make(folder / "mine.csv")

    with pytest.raises(BadInput, match=r"mine\.csv cannot be read"):
        load("mine", folder.parent)
    assert [dataset.name for dataset in available(folder.parent) if dataset.error] == ["mine"]


@pytest.mark.parametrize("name", ["PRICES.CSV", "prices.Csv"])
def test_letters_of_the_suffix_may_be_large(folder, name):
    (folder / name).write_text("Date,Price\n2024-01-02,1\n2024-01-03,2\n")

    assert len(load(name[:-4], folder.parent).close) == 2


def test_two_files_of_one_name_are_told_apart_by_nobody(folder):
    for suffix in ("csv", "CSV"):
        (folder / f"mine.{suffix}").write_text("Date,Price\n2024-01-02,1\n2024-01-03,2\n")

    with pytest.raises(BadInput, match=r"mine\.CSV and mine\.csv are two of one name"):
        load("mine", folder.parent)


def test_what_is_in_a_bad_file_is_not_told(folder):
    for number, text in enumerate(["root:x:0:0", "Date,Price\nroot:x,1", "Date,Price\n2024-01-02,root:x"]):
        write(folder, f"{text}\n", name=f"bad{number}")
    (folder / "bytes.csv").write_bytes(b"root:x\xff")

    told = [dataset.error for dataset in available(folder.parent) if dataset.error]

    assert len(told) == 4
    assert not [error for error in told if "root" in error]


def test_file_that_is_too_large_is_not_read(folder, monkeypatch):
    monkeypatch.setattr(csvfile, "_MOST_BYTES", 2**20)
    (folder / "mine.csv").write_bytes(b"x" * (2**20 + 1))

    with pytest.raises(BadInput, match=r"mine\.csv is larger than 1 MiB"):
        load("mine", folder.parent)


@pytest.mark.parametrize("name", ["nope", "../mine", "", "wti-daily.csv"])
def test_unknown_dataset_is_refused_with_the_names_there_are(tmp_path, name):
    with pytest.raises(BadInput, match="there are: wti-daily") as caught:
        load(name, tmp_path)

    assert caught.value.field == "dataset"


def test_available_lists_shipped_and_own_and_tells_what_is_wrong(folder):
    write(folder, "Date,Price\n2024-01-02,1\n2024-01-03,-2\n")
    write(folder, "Date,Price\n2024-01-02,x\n2024-01-03,2\n", name="broken")

    broken, mine, wti = available(folder.parent)

    assert (broken.name, broken.rows) == ("broken", 0)
    assert "line 2 has no price" in (broken.error or "")
    assert (mine.name, mine.rows, mine.first, mine.last) == ("mine", 2, "2024-01-02", "2024-01-03")
    assert (mine.non_positive_rows, mine.error) == (1, None)
    assert mine.source == str(folder / "mine.csv")
    assert (wti.name, wti.rows, wti.unit, wti.non_positive_rows) == ("wti-daily", 10_226, "USD/barrel", 1)


def test_names_are_known_without_reading_a_file(folder):
    (folder / "unreadable.csv").mkdir()

    assert names(folder.parent) == ["unreadable", "wti-daily"]


def test_file_whose_name_is_no_text_is_left_out(folder):
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.csv")).write_text("Date,Price\n")
    write(folder, "Date,Price\n", name="two\nlines")

    assert names(folder.parent) == ["wti-daily"]


def test_changed_file_is_read_again(folder):
    write(folder, "Date,Price\n2024-01-02,1\n2024-01-03,2\n")
    assert len(load("mine", folder.parent).close) == 2

    write(folder, "Date,Price\n2024-01-02,1\n2024-01-03,2\n2024-01-04,3\n")

    assert len(load("mine", folder.parent).close) == 3


def test_loaded_prices_cannot_be_changed_by_one_who_shares_them(tmp_path):
    with pytest.raises(ValueError, match="read-only"):
        load("wti-daily", tmp_path).close[0] = 1.0


def test_head_does_not_reach_beyond_its_bars(tmp_path):
    head = load("wti-daily", tmp_path).head(100)

    assert len(head.close) == len(head.dates) == len(head.returns_of_long) == len(head.size_of_long) == 100
