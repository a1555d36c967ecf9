from __future__ import annotations

import pytest

from gvtui.query.filter.transformers import TRANSFORMERS, transformed


@pytest.mark.parametrize(
    ("names", "text", "expected"),
    [
        (["tolower"], "BaSh", "bash"),
        (["toupper"], "ls", "LS"),
        (["basename"], "/usr/bin/cat", "cat"),
        (["basename"], "/usr/bin/", ""),
        (["basename", "toupper"], "/bin/cat", "CAT"),
        ([], "As it is", "As it is"),
    ],
)
def test_a_text_is_changed_from_the_innermost_on(
    names: list[str], text: str, expected: str
) -> None:
    assert transformed(names, expected.__eq__)(text)
    assert not transformed(names, "something else".__eq__)(text)


def test_each_has_a_description() -> None:
    assert all(description for _, description in TRANSFORMERS.values())
