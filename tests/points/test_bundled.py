from __future__ import annotations

import json
from datetime import date
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.bundled import (
    VersionError,
    as_text,
    bundled_catalogue,
    fold,
    read_lists,
    unfold,
    version_date,
)
from gvtui.points.catalogue import Catalogue, parse_metadata
from gvtui.points.syscalls import UNKNOWN_ARCHITECTURE

DATA = Path(__file__).parents[1] / "data"

RELEASES = {
    "2022-12": "0.0~20221219.0",
    "2024-07": "0.0~20240729.0",
    "2026-09": "release-20260905.0",
}


def read(month: str) -> str:
    return (DATA / f"metadata-{month}.txt").read_text()


LISTS = {month: parse_metadata(read(month), "", "x86_64") for month in RELEASES}


def test_the_file_is_made_from_the_releases() -> None:
    texts = [(RELEASES[month], read(month)) for month in RELEASES]
    texts.append((RELEASES["2026-09"], read("2026-09-arm64")))
    held = resources.files("gvtui.points").joinpath("bundled.json").read_text("utf-8")
    assert as_text(read_lists(texts)) == held
    assert len(held) < 10_000


@pytest.mark.parametrize("month", RELEASES)
@pytest.mark.parametrize("shape", ["month", "release", "date"])
def test_it_is_the_release_s_list(month: str, shape: str) -> None:
    release = RELEASES[month]
    date = f"{version_date(release):%Y%m%d}"
    version = {"month": month, "release": release, "date": date}[shape]
    bundled = bundled_catalogue("x86_64", version)
    assert bundled.is_bundled
    assert bundled.source == f"bundled (runsc {release})"
    assert dict(bundled.points) == dict(LISTS[month].points)
    assert list(bundled.points) == list(LISTS[month].points)
    assert set(bundled.sinks) == {"null", "remote"}
    assert not bundled.doubts


def test_the_newest_is_taken_if_none_is_asked_for() -> None:
    assert dict(bundled_catalogue("x86_64").points) == dict(LISTS["2026-09"].points)


def test_arm64() -> None:
    whole = parse_metadata(read("2026-09-arm64"), "")
    bundled = bundled_catalogue("arm64")
    assert len(bundled) == 980
    assert dict(bundled.points) == dict(whole.points)
    assert bundled.architecture == "arm64"
    assert bundled.source == "bundled (runsc release-20260905.0, arm64)"
    assert "syscall/open/enter" in bundled.lacking


def test_where_nothing_tells_the_architecture_raw_calls_have_no_name() -> None:
    bundled = bundled_catalogue(UNKNOWN_ARCHITECTURE)
    assert list(bundled.points) == list(LISTS["2026-09"].points)
    assert bundled.points["syscall/sysno/56/enter"].event == "sysno/56"


def first_with(point: str, field: str) -> str:
    return next(
        month
        for month, each in LISTS.items()
        if (spec := each.get(point)) and (not field or field in spec.fields)
    )


def test_each_point_and_field_with_the_first_list_that_has_it() -> None:
    bundled = bundled_catalogue("x86_64")
    for spec in bundled:
        for field in ("", *spec.fields):
            assert bundled.since(spec.name, field) == first_with(spec.name, field)
    assert bundled.since("sentry/mmap") == "2026-09"
    assert bundled.since("sentry/clone", "is_exec_session") == "2026-09"
    assert bundled.since("sentry/clone", "no_such") == bundled.since("no/such") == ""
    assert LISTS["2022-12"].since("sentry/clone") == ""


def test_between_two_lists_what_one_lacks_is_in_doubt() -> None:
    older, newer = LISTS["2024-07"], LISTS["2026-09"]
    bundled = bundled_catalogue("x86_64", "release-20250102.0")
    assert "between 0.0~20240729.0 and release-20260905.0" in bundled.source
    assert set(bundled.points) == set(newer.points)
    doubtful = {
        (spec.name, field)
        for spec in newer
        for field in ("", *spec.fields)
        if spec.name not in older or (field and field not in older.points[spec.name].fields)
    }
    assert set(bundled.doubts) == {*doubtful, ("", "options")}
    why = "the list of 2026-09 has it, that of 2024-07 has not"
    assert bundled.doubts["sentry/mmap", ""] == why
    assert dict(bundled.sure.points) == dict(older.points)
    assert not bundled.sure.doubts


def test_what_went_is_in_doubt_too() -> None:
    bundled = bundled_catalogue("x86_64", "2023-05")
    assert bundled.doubts == {
        ("sentry/exit_notify_parent", "cwd"): "the list of 2022-12 has it, that of 2024-07 has not"
    }


def test_before_and_behind_all_lists() -> None:
    later = bundled_catalogue("x86_64", "release-20260914.0")
    assert dict(later.points) == dict(LISTS["2026-09"].points)
    assert (later.is_later, later.is_earlier, later.doubts) == (True, False, {})
    earlier = bundled_catalogue("x86_64", "2021-01")
    assert dict(earlier.points) == dict(LISTS["2022-12"].points)
    assert (earlier.is_later, earlier.is_earlier, earlier.doubts) == (False, True, {})


@pytest.mark.parametrize("version", ["VERSION_MISSING", "newest", "2024-13", "20241301"])
def test_versions_without_a_date(version: str) -> None:
    with pytest.raises(VersionError, match="tells no date: give one such as 20240729"):
        bundled_catalogue("x86_64", version)


def small(*names: str) -> Catalogue:
    lines = "".join(f"Name: {name}, context fields: [time]\n" for name in names)
    return parse_metadata(lines, "", "x86_64")


def test_raw_points_that_came_later() -> None:
    old, new = (
        small("a/b", "syscall/sysno/1/enter", "syscall/sysno/1/exit"),
        small(
            *("a/b", "syscall/sysno/1/enter", "syscall/sysno/1/exit"),
            *("syscall/sysno/2/enter", "syscall/sysno/2/exit"),
        ),
    )
    values = json.loads(as_text(fold({"20200101": old, "20210101": new})))
    assert values["raw"] == {"2020-01": [[1, 1]], "2021-01": [[2, 2]]}
    assert dict(unfold(values, "x86_64", "2020-01").points) == dict(old.points)
    assert dict(unfold(values, "x86_64").points) == dict(new.points)


def test_lists_that_the_file_cannot_hold() -> None:
    with pytest.raises(ValueError, match="went and came again"):
        fold({"20200101": small("a/b", "a/c"), "20210101": small("a/b"), "20220101": small("a/c")})
    with pytest.raises(ValueError, match="x86_64 has a/d besides"):
        fold({"20200101": small("a/b")}, [small("a/d")])


@pytest.mark.parametrize(
    ("gvisor", "lacking"), [("", set()), ("20240729", {"options"}), ("2020-01", {"options"})]
)
def test_keys_that_a_version_is_too_old_for(gvisor: str, lacking: set[str]) -> None:
    assert bundled_catalogue("x86_64", gvisor).lacking_keys == lacking


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("release-20260914.0", date(2026, 9, 14)),
        ("0.0~20240729.0", date(2024, 7, 29)),
        ("0.0~20240729", date(2024, 7, 29)),
        ("20240729", date(2024, 7, 29)),
        ("2024-07-29", date(2024, 7, 29)),
        ("release-20260914.0-12-g20250101abcd", date(2026, 9, 14)),
        ("runsc version release-20260914.0\nspec: 1.1.0", date(2026, 9, 14)),
        ("release-20240729.0-12-gabcdef1-dirty", date(2024, 7, 29)),
        ("release-20240729.0-dirty", date(2024, 7, 29)),
        ("VERSION_MISSING", None),
        ("160fafc42237", None),
        ("20250101abcd", None),
        ("160fafc42237-dirty", None),
        ("g20250101abcd", None),
        ("2024-07", None),
        ("20241329", None),
        ("1202407290", None),
        ("", None),
    ],
)
def test_the_date_of_a_version(version: str, told: date | None) -> None:
    assert version_date(version) == told


@given(st.text())
def test_any_text_is_taken(version: str) -> None:
    version_date(version)
