from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gvtui.tui.kit import signs
from gvtui.tui.kit.cells import SPARKS
from gvtui.tui.kit.signs import in_ascii
from tests.trace.recorder import TRACES
from tests.tui.terminal import OnTerminal


def test_signs_have_letters_in_their_place() -> None:
    assert in_ascii(signs.ENTER_SIGN) == "E> "
    assert in_ascii(signs.EXIT_SIGN) == "X< "
    assert in_ascii(SPARKS) == "..::||##"
    assert in_ascii("│ ✗ ENOENT ─") == "| ! ENOENT -"
    assert in_ascii("≥12.4k dropped   9") == ">=12.4k dropped  9"
    assert in_ascii("\u754c") == "??"


def test_no_sign_is_told_by_a_question_mark() -> None:
    own = [value for value in vars(signs).values() if isinstance(value, str) and len(value) == 1]
    assert "\u26a0" not in own
    assert [sign for sign in own if sign != "?" and in_ascii(sign) == "?"] == [signs.LOST_SIGN]


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs"))))
def test_ascii_takes_as_many_cells(text: str) -> None:
    assert in_ascii(text).isascii()
    assert len(in_ascii(text)) == cell_len(text)


def test_the_screen_is_ascii_where_the_locale_is(tmp_path: Path) -> None:
    words = ["replay", str(TRACES / "shell-2024.trace"), "--fresh"]
    with OnTerminal(*words, environ={"LC_ALL": "C"}) as viewer:
        viewer.wait_for("container/start")
        viewer.type("q")
        assert viewer.end() == (0, "")
        assert b"E> " in viewer.output
        assert viewer.output.isascii()
