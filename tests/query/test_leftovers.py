from __future__ import annotations

import weakref

import pytest

from gvtui.query.leftovers import give_back


class _Ring:
    def __init__(self) -> None:
        self.self = self


def test_what_refers_to_itself_alone_goes() -> None:
    seen = weakref.ref(_Ring())
    give_back()
    assert seen() is None


def test_without_the_function_of_the_library_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    class _Library:
        def __init__(self, name: str | None) -> None:
            pass

    monkeypatch.setattr("ctypes.CDLL", _Library)
    give_back()
