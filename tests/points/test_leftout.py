from __future__ import annotations

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.leftout import LeftOut, left_out
from gvtui.points.presets import PRESETS
from gvtui.points.session import DEFAULT_CONTEXT_FIELDS

OLD = bundled_catalogue("x86_64", "2024-07")
NEW = bundled_catalogue("x86_64")


def test_the_newest_lacks_nothing() -> None:
    found = left_out(PRESETS, NEW, DEFAULT_CONTEXT_FIELDS)
    assert not found
    assert found.words("runsc") == ""


def test_what_an_older_release_lacks_is_told() -> None:
    found = left_out(["security"], OLD, DEFAULT_CONTEXT_FIELDS)
    assert found.calls == ("sentry/mmap", "syscall/listen", "syscall/ptrace")
    assert found.raw == ("listen", "ptrace")
    assert found.optional_fields == (
        "binary_sha256",
        "binary_sha1",
        "fd_info",
        "pipe_proc_info",
    )
    assert found.context_fields == ("parent_thread_group_id", "is_exec_session")
    assert found.words("runsc 1") == (
        "left out, since runsc 1 does not have it: points sentry/mmap, syscall/listen, "
        "syscall/ptrace; optional fields binary_sha256, binary_sha1, fd_info, pipe_proc_info; "
        "context fields parent_thread_group_id, is_exec_session. As raw calls come: listen, ptrace"
    )


def test_only_what_was_asked_for_is_left_out() -> None:
    assert not left_out(["processes"], OLD, ("time", "group_id"))
    assert left_out(["processes"], OLD, ("is_exec_session",)) == LeftOut(
        context_fields=("is_exec_session",)
    )


def test_two_lists_are_one() -> None:
    joined = LeftOut(context_fields=("a",)).joined(LeftOut(("p",), (), ("o",), ("a", "b")))
    assert joined == LeftOut(("p",), (), ("o",), ("a", "b"))
    assert "context fields a, b" in joined.words("runsc")
    many = LeftOut(tuple(f"p{number}" for number in range(10)))
    assert many.words("runsc").endswith("p7 and 2 more")
