from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from gvtui.commands.session_choice import chosen, listed
from gvtui.points.bundled import bundled_catalogue
from gvtui.points.session import DEFAULT_CONTEXT_FIELDS

if TYPE_CHECKING:
    from gvtui.points.session import Session

NEW = bundled_catalogue("x86_64")
OLD = bundled_catalogue("x86_64", "2024-07")


def context_of(session: Session, point: str = "sentry/clone") -> tuple[str, ...]:
    found = session.point(point)
    assert found is not None
    return found.context_fields


def test_a_list_has_commas() -> None:
    assert listed(None) is None
    assert listed("") == ()
    assert listed("time, cwd,") == ("time", "cwd")


def test_signed_fields_change_what_a_preset_asks_for() -> None:
    usual = context_of(chosen(NEW, ("processes",), (), None, ()))
    changed = context_of(chosen(NEW, ("processes",), (), ("+cwd", "-is_exec_session"), ()))
    assert set(usual) == set(DEFAULT_CONTEXT_FIELDS)
    assert set(changed) == {*usual, "cwd"} - {"is_exec_session"}


def test_signed_fields_change_a_preset_with_fields_of_its_own() -> None:
    seed = chosen(NEW, ("seed",), (), ("+time", "-process_name"), ())
    assert context_of(seed, "syscall/execve/enter") == ("time", "group_id")
    everything = chosen(NEW, ("everything",), (), ("-cwd",), ())
    assert not [each.name for each in everything.points if "cwd" in each.context_fields]


def test_signs_are_before_each_field_or_before_none() -> None:
    with pytest.raises(click.UsageError, match="before each, or before none"):
        chosen(NEW, ("processes",), (), ("+cwd", "time"), ())


def test_what_a_runsc_lacks_is_left_out_and_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    made = chosen(OLD, ("processes",), (), ("+is_exec_session",), ("fd_info",))
    assert "is_exec_session" not in context_of(made)
    said = capsys.readouterr().err
    assert "optional field fd_info; context fields" in said
    assert said.count("is_exec_session") == 1


def test_a_field_that_no_release_has_is_refused() -> None:
    with pytest.raises(click.UsageError, match="No point has a context field 'cwt'"):
        chosen(NEW, ("processes",), (), ("+cwt",), ())
    with pytest.raises(click.UsageError, match="No point has an optional field"):
        chosen(NEW, ("processes",), (), None, ("fd_inof",))
