from __future__ import annotations

import os
from pathlib import Path

import pytest

from gvtui.agent.naming import files
from gvtui.agent.naming.files import parse, read_json


def test_what_cannot_be_believed_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "x.json"
    assert read_json(place) is None
    place.write_text('{"a": 1}')
    assert read_json(place) == {"a": 1}
    place.chmod(0o666)
    assert read_json(place) is None
    place.chmod(0o600)
    monkeypatch.setattr(files, "MAX_BYTES", 4)
    assert read_json(place) is None


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    place = tmp_path / "pipe"
    os.mkfifo(place, 0o600)
    assert read_json(place) is None


def test_nonsense_is_none() -> None:
    assert parse(b"{") is None
    assert parse(b"\xff") is None
    assert parse(b"[" * 100_000) is None
