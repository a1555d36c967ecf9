from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter import digests
from gvtui.query.filter.digests import DigestError, digest, digest_test, digests_in

HEX = st.text("0123456789abcdef", min_size=4, max_size=64)


def test_a_digest_is_in_lower_case() -> None:
    assert digest("ABCD") == "abcd"
    assert digest("sha256:00ff") == "00ff"


@pytest.mark.parametrize("text", ["", "abc", "xyzw", "ab cd", "a" * 129])
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(DigestError):
        digest(text)


@given(st.lists(HEX, max_size=5), HEX)
def test_a_beginning_stands_for_what_begins_so(wanted: list[str], text: str) -> None:
    assert digest_test(wanted)(text) == any(text.startswith(each) for each in wanted)


def test_a_file_of_digests(tmp_path: Path) -> None:
    path = tmp_path / "sums"
    path.write_text("# known\n\nABCDEF  /bin/sh\n\\1234  a\\nb\n")
    assert digests_in(str(path)) == ["abcdef", "1234"]


def test_a_file_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sums"
    path.write_text("abcd\nhello\n")
    with pytest.raises(DigestError, match="line 2"):
        digests_in(str(path))
    with pytest.raises(DigestError, match="No such file"):
        digests_in(str(tmp_path / "none"))
    with pytest.raises(DigestError, match="cannot be read"):
        digests_in(str(tmp_path))
    # Nobody writes to it: to wait for that would stop the screen.
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DigestError, match="no regular file"):
        digests_in(str(tmp_path / "pipe"))
    monkeypatch.setattr(digests, "MAX_BYTES", 3)
    with pytest.raises(DigestError, match="larger"):
        digests_in(str(path))
