import hashlib

import pytest

from gvtui.export.report.making import summary_of
from gvtui.export.report.recorded import NoContainerError
from gvtui.query.activity.activity import Activity
from gvtui.trace.reader import Trace
from tests.export.report.runs import report_on
from tests.query.activity.runs import TRACES, activity_of


def test_the_head_tells_what_was_recorded() -> None:
    report = report_on("shell-2024")
    head = dict(report.head)
    assert head["Recording"] == "shell-2024.trace"
    assert head["Container"] == "runsc-749074"
    assert head["Time"].startswith("2026-11-23 17:36:47Z to 2026-11-23 17:36:4")
    whole = (TRACES / "shell-2024.trace").read_bytes()
    assert report.digests == (hashlib.sha256(whole).hexdigest(),)


def test_the_answer_is_one_paragraph() -> None:
    assert report_on("shell-2024").summary.startswith("8 programs ran, 0 failed to start, ")
    assert "connections went to 1 host, 1 came in, 1 socket listened" in (
        report_on("network-2024").summary
    )


def test_one_container_is_named_by_its_id_or_a_beginning() -> None:
    for wanted in ("runsc-749074", "runsc-7"):
        report = report_on("shell-2024", container=wanted)
        assert report.filter_text == "container.id in (runsc-749074)"
        assert report.activity.total("programs") == 8
    with pytest.raises(NoContainerError, match="it has: runsc-749074"):
        report_on("shell-2024", container="web")


def test_a_line_has_a_command_that_prints_its_rows() -> None:
    report = report_on("shell-2024", filter_text="proc.name = rm or proc.name = bash")
    [line] = report.activity.section("deleted").lines
    assert report.command(line) == (
        "gvtui print shell-2024.trace --filter "
        "'(proc.name = rm or proc.name = bash) and evt.num = 1842'"
    )
    assert report.when(line) == "2026-11-23 17:36:47Z"


def test_the_answer_tells_how_many_programs_are_not_the_image_s() -> None:
    answer = summary_of(investigated())
    assert answer.startswith("17 programs ran, 2 of them not from the image, 0 failed to start, ")


def investigated() -> Activity:
    trace = Trace.open(TRACES.parent / "newest" / "investigation.gvtrace")
    try:
        return activity_of(trace)
    finally:
        trace.close()
