from __future__ import annotations

import pytest

from gvtui.query.filter.paths import path_test
from gvtui.query.filter.pattern import MAX_PATTERN, PatternError


@pytest.mark.parametrize(
    ("paths", "inside", "outside"),
    [
        (
            ["/tmp/a"],
            ["/tmp/a", "/tmp/a/b/c", "/tmp//a/"],
            ["/tmp/ab", "/tmp", "tmp/a", "/x/tmp/a"],
        ),
        (["/tmp/a/"], ["/tmp/a"], ["/tmp/ab"]),
        (["/"], ["/", "/etc"], ["etc"]),
        (["/home/*/.ssh"], ["/home/ann/.ssh/id_rsa"], ["/home/.ssh", "/home/a/b/.ssh/x"]),
        (["/var/*"], ["/var/run/file.txt"], ["/var"]),
        (["/dev/tty[0-9]", "/etc"], ["/dev/tty7", "/etc/passwd"], ["/dev/ttyS", "/dev/tty"]),
        ([], [], ["", "/"]),
    ],
)
def test_a_path_is_one_of_several_or_below_one(
    paths: list[str], inside: list[str], outside: list[str]
) -> None:
    test = path_test(paths)
    assert [path for path in inside if not test(path)] == []
    assert [path for path in outside if test(path)] == []


def test_a_hostile_path_is_tested_in_little_time() -> None:
    assert not path_test(["/" + "*a" * 50 + "b"])("/" + "a" * 50_000)


def test_a_pattern_may_not_be_too_long() -> None:
    with pytest.raises(PatternError):
        path_test(["/x" * MAX_PATTERN])
