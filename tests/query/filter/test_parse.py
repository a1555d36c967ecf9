from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.compile import FilterError, compile_filter
from gvtui.query.filter.fields import FIELDS
from gvtui.query.filter.operators import OPERATORS
from gvtui.query.filter.parse import MAX_TEXT, Comparison, Junction, Negation, parse


def error_of(text: str) -> FilterError:
    with pytest.raises(FilterError) as caught:
        compile_filter(text)
    return caught.value


def values_of(text: str) -> list[str]:
    tree = parse(text)
    assert isinstance(tree, Comparison)
    return [value.text for value in tree.values]


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_nothing_is_a_filter_that_lets_all_pass(text: str) -> None:
    assert parse(text) is None


def test_not_binds_closer_than_and_and_closer_than_or() -> None:
    tree = parse("not fd.num = 1 and fd.num = 2 or fd.num = 3")
    assert isinstance(tree, Junction)
    assert not tree.is_and
    first = tree.children[0]
    assert isinstance(first, Junction)
    assert first.is_and
    assert isinstance(first.children[0], Negation)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("proc.name = and", ["and"]),
        ("proc.name=bash", ["bash"]),
        ("proc.name==bash", ["bash"]),
        ("proc.name = a=b", ["a=b"]),
        ("proc.name in (a,b , 'c d')", ["a", "b", "c d"]),
        ("proc.name IN (a)", ["a"]),
        ('proc.name = "a b"', ["a b"]),
        ('proc.name = ""', [""]),
        (r'proc.name = "a\"b\\c\n\x41\u0042\u{1F600}"', ['a"b\\c\nAB\U0001f600']),
        (r'proc.name regex "\d+\."', [r"\d+\."]),
        (r'proc.name = "\u{110000}"', [r"\u{110000}"]),
        ("evt.dir=>", [">"]),
        ("evt.dir = <", ["<"]),
        ("fd.name glob /etc/*.conf", ["/etc/*.conf"]),
        ("fd.name exists", []),
        ("evt.type in %file", ["%file"]),
    ],
)
def test_values(text: str, values: list[str]) -> None:
    assert values_of(text) == values


@pytest.mark.parametrize(
    ("text", "column", "message", "expected"),
    [
        ("bash", 0, "no field 'bash'", "a field"),
        ("pid = 1", 0, "no field 'pid'", "proc.pid"),
        ("proc.nme = x", 0, "no field 'proc.nme'", "proc.name"),
        ("evt.arg = 1", 0, "no field 'evt.arg'", "evt.arg.NAME"),
        ("proc.name", 9, "operator is missing", "startswith"),
        ("proc.name like x", 10, "'like' is no operator", "startswith"),
        ("fd.num contains 3", 7, "fd.num cannot be compared with contains", ">="),
        ("evt.dir > E", 8, "evt.dir cannot be compared with >", "="),
        ("proc.name =", 11, "ends too early", "a text"),
        ("evt.latency >", 13, "ends too early", "a duration"),
        ("evt.kind in (", 13, "ends too early", "drop"),
        ("proc.name = b c", 14, "'c' does not belong here", "and"),
        ("fd.num = 1 and", 14, "ends too early", "a field"),
        ("fd.num in (1, ", 13, "ends too early", "a number"),
        ("fd.num in (1 2)", 13, "'2' does not belong here", "','"),
        ("fd.num in 3", 10, "takes a list", "'('"),
        ("evt.type in file", 12, "takes a list", "a set such as %file"),
        ("(fd.num = 1", 11, "ends too early", "')'"),
        ("proc.name = x and evt.typ in (openat", 18, "no field 'evt.typ'", "evt.type"),
        ("evt.typ = x y", 0, "no field 'evt.typ'", "evt.type"),
        ("not nme = x )", 4, "no field 'nme'", "fd.name"),
        ("fd.num = 1)", 10, "')' does not belong here", "and"),
        ("proc.name = 'x", 12, "quote is not closed", "a closing quote"),
        ("proc.pid = abc", 11, "'abc' is not a number", "a number"),
        ("proc.pid in (1, abc)", 16, "'abc' is not a number", "a number"),
        ("proc.pid = 99999999999999999999", 11, "more than 64 bits", "a number"),
        ("evt.res = ENOWAY", 10, "'ENOWAY' is not a number", "errno"),
        ("evt.latency > 10parsec", 14, "is not a duration", "a duration"),
        ("evt.time > 25:00", 11, "is not a time of day", "a time"),
        ("evt.time > 2026-02-30", 11, "is not a date", "a time"),
        ("evt.time > noon", 11, "is not a time", "a time"),
        ("evt.failed = maybe", 13, "is no value of evt.failed", "true"),
        ("evt.kind = x", 11, "is no value of evt.kind", "drop"),
        ("evt.type in (%nix)", 13, "no set '%nix'", "%file"),
        ("fd.name regex 'a(b'", 16, "this ( is not closed", "a regular expression"),
        ("fd.name regex '(?=a)'", 15, "is not supported", "a regular expression"),
        (r"fd.name regex '\x41\\d\.\u{e9}(b'", 30, "this ( is not closed", "a regular"),
        (r"fd.name regex '\x41\\1'", 19, "references to groups", "a regular expression"),
        (r"fd.name regex '\x41\1'", 19, "references to groups", "a regular expression"),
        (r"fd.name regex a**", 15, "'**' repeats a repetition", "a regular expression"),
        ("fd.name regex 'a{2000}'", 16, "more than 1,000", "a regular expression"),
        ("evt.arg.count > many", 16, "is not a number", "a number"),
    ],
)
def test_errors_say_where_and_what_was_expected(
    text: str, column: int, message: str, expected: str
) -> None:
    error = error_of(text)
    assert message in error.message
    assert error.column == column
    assert any(expected in item for item in error.expected)
    assert error.exit_code == 2
    lines = str(error).splitlines()
    assert lines[1][lines[2].index("^") :].startswith(text[column : column + 1].rstrip())


def test_an_error_in_a_long_filter_is_shown_with_its_surroundings() -> None:
    text = " or ".join(["fd.num = 1"] * 50) + " or x = 1" + " or fd.num = 1" * 50
    error = error_of(text)
    lines = str(error).splitlines()
    assert text[error.column] == "x"
    assert lines[1][lines[2].index("^")] == "x"
    assert len(lines[1]) < 120


def test_nothing_of_the_text_reaches_the_terminal_as_it_is() -> None:
    for text in ("\x1b[31m = 1", "fd.num = \x1b[31m\u202e", "evt.type = x and \x9b", "'\x07"):
        assert str(error_of(text)).replace("\n", "").isprintable()


def test_nesting_is_limited() -> None:
    assert compile_filter("not " * 50 + "fd.num = 1")
    assert compile_filter("(" * 5000 + "fd.num = 1" + ")" * 5000)
    assert "nested" in error_of("not " * 200 + "fd.num = 1").message
    alternating = "fd.num = 1 and (fd.num = 2 or (" * 200 + "fd.num = 3" + "))" * 200
    assert "nested" in error_of(alternating).message


def test_length_is_limited() -> None:
    assert "longer than" in error_of("x" * (MAX_TEXT + 1)).message
    many = ", ".join(str(number) for number in range(10_000))
    assert compile_filter(f"proc.pid in ({many})")


_WORDS = [
    *(field.label for field in FIELDS),
    *(operator.name for operator in OPERATORS),
    *("and", "or", "not", "(", ")", ",", "'", '"', "%file", "%", "1", "-1", "bash", "ENOENT"),
    *("10ms", "14:05", "2026-01-01", "E", "true", "evt.arg.", "[a-", "(?i)", "a**", "\\", "\x00"),
]


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(st.sampled_from(_WORDS), max_size=14).map(" ".join),
        st.lists(st.sampled_from(_WORDS), max_size=14).map("".join),
    )
)
def test_any_text_compiles_or_has_a_located_error(text: str) -> None:
    try:
        compile_filter(text)
    except FilterError as caught:
        error = caught
    else:
        return
    assert 0 <= error.column <= len(text)
    assert error.message
    assert str(error)
