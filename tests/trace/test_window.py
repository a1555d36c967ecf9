from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace import window
from gvtui.trace.bytesource import opened_source
from gvtui.trace.records import Record, pack_record, scan
from gvtui.trace.window import Window

pieces = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.builds(pack_record, st.integers(0, 5), st.just(1), st.just(1), st.binary(max_size=90)),
    ),
    max_size=8,
)


@given(pieces, st.integers(1, 50))
def test_a_file_is_scanned_as_its_bytes_are(
    tmp_path_factory: object, parts: list[bytes], step: int
) -> None:
    path = tmp_path_factory.mktemp("w") / "log"  # type: ignore[attr-defined]
    path.write_bytes(b"".join(parts))
    before, window.STEP = window.STEP, step
    try:
        with opened_source(path) as source:
            found = list(scan(Window(source, path.stat().st_size)))
    finally:
        window.STEP = before
    assert found == list(scan(path.read_bytes()))


def test_a_file_that_is_cut_meanwhile_ends_early(tmp_path: Path) -> None:
    path = tmp_path / "log"
    record = pack_record(1, 1, 1, b"x" * 100)
    path.write_bytes(record * 1000)
    with opened_source(path) as source:
        view = Window(source, path.stat().st_size)
        os.truncate(path, len(record) * 3 + 10)
        found = list(scan(view))
    assert [type(item) for item in found] == [Record, Record, Record, int]
    assert view.size == len(record) * 3 + 10
