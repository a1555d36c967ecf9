from __future__ import annotations

import pytest

from gvtui.query.filter.compile import compile_filter


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("context.is_exec_session = false", True),
        ("context.is_exec_session = 0", True),
        ("context.is_exec_session in (true, false)", True),
        ("context.is_exec_session != true", True),
        ("context.is_exec_session exists", True),
        ("context.is_exec_session = true", False),
        ("context.is_exec_session != false", False),
        ("context.cwd = false", False),
    ],
)
def test_only_where_false_would_pass_more_than_messages_is_asked(text: str, asks: bool) -> None:
    assert compile_filter(text).asks_context == asks
