from pathlib import Path

from tests.query.compare.sides import OPEN, briefly, compared, opens, recorded


def untold(before: Path, after: Path, **options: bool) -> list[tuple[str, str]]:
    """What cannot be told, and why."""
    found = compared(before, after, **options)
    assert not [each for each in found.differences if each.section == "read"]
    return [(each.what, each.untold) for each in found.untold if each.section == "read"]


def test_what_a_side_dropped_is_no_difference(tmp_path: Path) -> None:
    before = recorded(tmp_path / "a.gvtrace", opens("/a"), opens("/b"))
    after = recorded(tmp_path / "b.gvtrace", opens("/a", dropped=2))
    assert untold(before, after) == [("/b", "2 points were dropped")]
    # The other way round nothing is missing.
    assert ("read", "new", "/b") not in briefly(compared(after, before).differences)
    lossless = compared(recorded(tmp_path / "c.gvtrace", opens("/a")), before)
    assert ("read", "new", "/b") in briefly(lossless.differences)


def test_a_call_that_only_one_side_is_known_to_have_traced_is_no_difference(tmp_path: Path) -> None:
    before = recorded(tmp_path / "a.gvtrace", opens("/a"))
    after = recorded(tmp_path / "b.gvtrace", opens("/a"), opens("/b", sysno=OPEN))
    assert untold(before, after) == [("/b", "whether a point of open was on before is not told")]
    told = compared(before, after, same_points=True)
    assert ("read", "new", "/b") in briefly(told.differences)
    assert "taken as given: both sides had the same points on" in told.folded


def test_a_relative_path_may_be_the_absolute_one(tmp_path: Path) -> None:
    before = recorded(tmp_path / "a.gvtrace", opens("/etc/hostname"))
    after = recorded(tmp_path / "b.gvtrace", opens("hostname"))
    assert untold(before, after) == [
        ("hostname", "this path is without its folder, and one before may be it"),
        ("/etc/hostname", "a path without its folder after may be this one"),
    ]


def test_what_is_missing_in_a_damaged_recording_is_no_difference(tmp_path: Path) -> None:
    before = recorded(tmp_path / "a.gvtrace", opens("/a"), opens("/b"))
    after = recorded(tmp_path / "b.gvtrace", opens("/a"), opens("/b"))
    whole = bytearray(after.read_bytes())
    at = whole.index(b"/b")
    whole[at] ^= 1
    after.write_bytes(whole)
    assert all(each.section != "read" for each in compared(before, after).differences)
