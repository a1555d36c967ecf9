from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.runsc_command import (
    container_id_from_command,
    parse_runsc_command,
    root_from_command,
)


@pytest.mark.parametrize(
    ("line", "container_id", "root"),
    [
        ("runsc run c1", "c1", None),
        ("/usr/bin/runsc --root /r --platform=systrap --debug run -detach -bundle B c1", "c1", "/r"),
        ("runsc -root=/r -ignore-cgroups create --bundle=B --pid-file /p --console-socket /s c1", "c1", "/r"),
        ("runsc --root=/r trace create --config /f.json --force c1", "c1", "/r"),
        ("runsc --root=/r trace create -force -config=/f.json c1", "c1", "/r"),
        ("runsc trace create --config=/f.json -- c1", "c1", None),
        ("runsc --root /r --log /l --log-format json --systemd-cgroup restore --image-path /i c1", "c1", "/r"),
        ("runsc --network none do --force-overlay sh -c ls", None, None),
        ("runsc run", None, None),
        ("runsc --root", None, None),
        ("runsc trace list c1", None, None),
        ("runsc", None, None),
        ("", None, None),
    ],
)  # fmt: skip
def test_what_a_command_line_tells(line: str, container_id: str | None, root: str | None) -> None:
    words = line.split()
    assert container_id_from_command(words) == container_id
    assert root_from_command(words) == root


def test_the_binary_and_the_subcommand() -> None:
    command = parse_runsc_command(["/opt/runsc", "--debug", "trace", "create", "-force", "c1"])
    assert (command.binary, command.subcommand) == ("/opt/runsc", "trace create")
    assert command.flags == {"debug": "", "force": ""}
    assert command.arguments == ("c1",)


@given(
    st.lists(
        st.text(max_size=12) | st.sampled_from(["trace", "create", "run", "--", "-root", "--root="])
    )
)
def test_any_words_are_taken_apart(words: list[str]) -> None:
    found = container_id_from_command(words)
    assert found is None or found in words
