from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.activity.activity import ActivityLine, Behind
from gvtui.query.activity.folding import fold, folder_of, pattern_of


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


def test_the_files_of_a_folder_stand_in_the_line_and_made_up_names_in_one_pattern() -> None:
    made_up = [f"/var/tmp/tmp{name}" for name in ("k3j9x_aa", "00zz18ab", "qwerty12", "a1b2c3d4")]
    folded = fold(lines([*made_up, "/var/tmp/log", *(f"/etc/{number}" for number in range(9))]))
    [etc] = [line for line in folded if line.folder == "/etc"]
    [tmp] = [line for line in folded if line.folder == "/var/tmp"]
    assert [line.what for line in etc.inner] == [f"/etc/{number}" for number in range(9)]
    assert tmp.what == "5 files below /var/tmp"
    assert [line.what for line in tmp.inner] == ["/var/tmp/log", "/var/tmp/tmp????????: 4 files"]
    assert sorted(line.what for line in tmp.inner[1].inner) == sorted(made_up)
    alone = fold(lines([*made_up, *(f"/etc/{number}" for number in range(9))]))
    assert "/var/tmp/tmp????????: 4 files" in [line.what for line in alone]


def test_names_that_people_gave_are_no_pattern() -> None:
    assert pattern_of(["libssl.so", "libpam.so", "liblua.so", "libtcl.so"]) == ""
    assert pattern_of(["a1", "a2"]) == ""
    assert pattern_of(["xa12", "ya13"]) == ""
    assert pattern_of(["job-17.log", "job-18.log"]) == "job-1?.log"


def test_changes_of_rights_fold_by_call_and_folder() -> None:
    what = [f"chmod /srv/www/{number}" for number in range(20)]
    [folded] = fold(lines(what))
    assert folded.what == "chmod 20 files below /srv/www"
    assert folded.folder == "/srv/www"


def test_failures_fold_by_call_folder_and_error() -> None:
    made = lines([f"openat /usr/lib/{number}" for number in range(20)])
    for number, line in enumerate(made):
        line.details = "ENOENT" if number < 15 else "EACCES"
    folded = [(line.what, line.details, line.folded) for line in fold(made)]
    assert sorted(folded) == [
        ("openat 15 files below /usr/lib", "ENOENT", 15),
        ("openat 5 files below /usr/lib", "EACCES", 5),
    ]


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
