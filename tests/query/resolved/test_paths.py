"""Paths are made absolute and normal; what is not known stays relative."""

from __future__ import annotations

import os.path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.resolved.paths import resolve, told


@pytest.mark.parametrize(
    ("base", "path", "resolved"),
    [
        ("/", "etc/hostname", "/etc/hostname"),
        ("/etc", "hostname", "/etc/hostname"),
        ("/usr", "../etc/hostname", "/etc/hostname"),
        ("", "/etc/../etc/./hostname", "/etc/hostname"),
        ("", "//etc//hostname/", "/etc/hostname"),
        ("/", "../../x", "/x"),
        ("", "../x", "../x"),
        ("", "./x", "x"),
        ("pipe:[1]", "x", "x"),
        ("/a", "", ""),
        ("/a", ".", "/a"),
    ],
)
def test_a_path_is_resolved(base: str, path: str, resolved: str) -> None:
    assert resolve(base, path) == resolved


PARTS = st.lists(st.sampled_from(["a", "b", "..", ".", ""]), max_size=8).map("/".join)


@given(PARTS, PARTS.filter(bool))
def test_it_is_what_the_library_makes_of_the_joined_path(folder: str, path: str) -> None:
    base = "/" + folder
    expected = os.path.normpath(os.path.join("/", base, path)).replace("//", "/")
    assert resolve(base, path) == expected
    assert resolve(base, resolve(base, path)) == expected


def test_what_the_sandbox_could_not_look_up_is_no_path() -> None:
    assert told("[err: FD not found]") == ""
    assert told("pipe:[1]") == "pipe:[1]"
