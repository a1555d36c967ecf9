import hashlib
from pathlib import Path

import pytest

from gvtui.export.diff.making import SideChoice, make_diff
from gvtui.export.report.recorded import NoContainerError
from gvtui.trace.reader import Trace
from tests.export.diff.runs import diff_of, shells
from tests.query.activity.runs import TRACES
from tests.trace.factory import start_message, write_trace


def test_a_recording_differs_from_itself_in_nothing() -> None:
    made = diff_of("network-2024", "network-2024")
    assert not made.differs
    assert made.is_certain
    assert made.compared.same["listening"] == 1


def test_sides_name_file_container_times_and_digest() -> None:
    made = shells()
    assert made.differs
    assert not made.is_certain
    assert made.before.head.startswith("shell-2022.trace, container runsc-828796, 2026-11-23 17:36")
    assert made.before.head.endswith("1,943 rows")
    whole = (TRACES / "shell-2022.trace").read_bytes()
    assert made.before.side.digests == (hashlib.sha256(whole).hexdigest(),)


def test_each_difference_has_a_filter_for_its_rows() -> None:
    made = shells()
    [statx] = [each for each in made.compared.differences if each.section == "calls"]
    assert made.filter_of(statx, made.before) == "evt.type = statx"
    [group] = [each for each in made.compared.differences if each.what == "/etc/group"]
    assert made.filter_of(group, made.before) == ""
    assert made.filter_of(group, made.after) == "evt.num in (1474, 1482)"


def test_a_window_and_a_container_are_parts_of_the_filter() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    choices = (
        SideChoice(trace, "runsc-749074", end="2026-11-23T17:36:47.5Z"),
        SideChoice(trace, begin="2026-11-23T17:36:47.5Z"),
    )
    made = make_diff(*choices)
    assert made.compared.is_per_second
    assert made.before.filter_text == (
        "container.id in (runsc-749074) and evt.time < 2026-11-23T17:36:47.5Z"
    )
    assert made.before.side.rows + made.after.side.rows == 2_169
    with pytest.raises(NoContainerError, match="has no container 'web'"):
        make_diff(SideChoice(trace, "web"), SideChoice(trace))
    trace.close()


def test_a_side_names_its_container_and_none_whose_id_only_begins_alike(tmp_path: Path) -> None:
    started = [(conn, [start_message(f"web-{conn}")]) for conn in (1, 10)]
    trace = Trace.open(write_trace(tmp_path / "a.gvtrace", started))
    made = make_diff(SideChoice(trace, "web-10"), SideChoice(trace, "web-1"))
    trace.close()
    assert (made.before.containers, made.after.containers) == (("web-10",), ("web-1",))


def test_recordings_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    content = (TRACES / "network-2024.trace").read_bytes()
    traces = []
    for folder in ("monday/a", "tuesday/a"):
        (tmp_path / folder).mkdir(parents=True)
        path = tmp_path / folder / "night.trace"
        path.write_bytes(content)
        traces.append(Trace.open(path))
    made = make_diff(SideChoice(traces[0]), SideChoice(traces[1]))
    assert [made.before.file, made.after.file] == ["monday/a/night.trace", "tuesday/a/night.trace"]
    same = make_diff(SideChoice(traces[0]), SideChoice(traces[0]))
    assert [same.before.file, same.after.file] == ["night.trace"] * 2
    for trace in traces:
        trace.close()
