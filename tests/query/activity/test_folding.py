from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.activity.activity import ActivityLine, Behind
from gvtui.query.activity.folding import fold, folder_of


def lines(paths: list[str]) -> list[ActivityLine]:
    made = []
    for number, path in enumerate(paths):
        behind = Behind()
        behind.add([number], ["openat"])
        made.append(ActivityLine(path, behind, bytes_in=number))
    return made


def test_many_files_of_one_folder_are_one_line_that_tells_how_many() -> None:
    paths = [f"/usr/lib/x/{number}" for number in range(37)]
    folded = fold(lines([*paths, "/etc/shadow", "relative"]))
    assert [line.what for line in folded] == ["/etc/shadow", "relative", "37 files below /usr/lib"]
    assert folded[-1].folded == folded[-1].behind.count == 37
    assert folded[-1].folder == "/usr/lib"
    assert folded[-1].bytes_in == sum(range(37))


def test_few_files_stay_as_they_are() -> None:
    few = lines(["/a/1", "/a/2", "/a/3", "/a/4"])
    assert fold(few) == few


def test_a_folder_is_two_parts_deep_at_most() -> None:
    assert folder_of("/usr/lib/a/b/c") == "/usr/lib"
    assert folder_of("/tmp/x") == "/tmp"
    assert folder_of("/x") == folder_of("x/y") == ""


@given(st.lists(st.text("/ab", max_size=9), max_size=60, unique=True))
def test_nothing_is_left_out(paths: list[str]) -> None:
    folded = fold(lines(paths))
    assert sum(line.folded for line in folded) == len(paths)
    assert sum(line.behind.count for line in folded) == len(paths)
    assert sum(line.bytes_in for line in folded) == sum(range(len(paths)))
    for line in folded:
        assert line.folded == 1 or line.folder
