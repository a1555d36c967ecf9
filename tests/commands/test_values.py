from __future__ import annotations

from math import inf

import click
import pytest

from gvtui.commands.values import FileMode, Seconds, Setting, Size, Span, Speed, User


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("16777216", 16 << 20),
        ("500M", 500 << 20),
        ("500 mb", 500 << 20),
        ("2GiB", 2 << 30),
        ("1.5g", 3 << 29),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert Size().convert(text, None, None) == size
    assert Size().convert(size, None, None) == size


@pytest.mark.parametrize("text", ["", "much", "-5G", "5X", "1M", "1e9"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Size().convert(text, None, None)


def test_speeds() -> None:
    assert [Speed().convert(text, None, None) for text in ("0.5", "100", "inf")] == [0.5, 100, inf]
    for text in ("0", "-1", "nan", "fast", "", "1e300", "1e-300", "-inf"):
        with pytest.raises(click.BadParameter, match="is not a speed"):
            Speed().convert(text, None, None)


def test_seconds() -> None:
    seconds = Seconds(min=0.1)
    assert [seconds.convert(text, None, None) for text in ("0.1", "60", "1e6")] == [0.1, 60, 1e6]
    for text in ("0", "-1", "nan", "inf", "-inf", "soon", ""):
        with pytest.raises(click.BadParameter):
            seconds.convert(text, None, None)


def test_file_modes() -> None:
    assert FileMode().convert("660", None, None) == 0o660
    assert FileMode().convert("0600", None, None) == 0o600
    for text in ("", "888", "6", "u+w", "7777"):
        with pytest.raises(click.BadParameter):
            FileMode().convert(text, None, None)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("connections", "no NAME=VALUE"),
        ("connections=0", "it may be from 1 to"),
        ("x=1", "there is no limit 'x'"),
    ],
)
def test_what_is_no_limit(value: str, why: str) -> None:
    assert Setting().convert(("connections", 1), None, None) == ("connections", 1)
    with pytest.raises(click.BadParameter, match=why):
        Setting().convert(value, None, None)


@pytest.mark.parametrize("value", ["nobody at all", "", "-1", "4294967295", "a\0b"])
def test_what_is_no_user(value: str) -> None:
    assert User().convert(5, None, None) == 5
    with pytest.raises(click.BadParameter):
        User().convert(value, None, None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("1min", 60), ("1.5h", 5400), ("7d", 604_800), ("2w", 1_209_600), ("none", 0)],
)
def test_times(text: str, seconds: float) -> None:
    assert Span().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "7", "d", "-7d", "7 d", "1e3s", "59s", "0d", "9999999999d"])
def test_no_times(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is not a time|is too short"):
        Span().convert(text, None, None)
