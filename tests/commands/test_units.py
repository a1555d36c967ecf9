from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from gvtui.cli import run
from gvtui.commands.units import UNITS


def printed(capsys: pytest.CaptureFixture[str], unit: str, *words: str) -> str:
    assert run(["monitor", "--print-unit", unit, *words]) == 0
    return capsys.readouterr().out


def test_options_go_along(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--keep", "20GiB", "--limit", "connections=9", "--no-realtime", "--socket-mode", "660"]
    text = printed(capsys, "systemd", *words, "--trace", "/data/a b")
    (line,) = [each for each in text.splitlines() if each.startswith("ExecStart=")]
    command = shlex.split(line.removeprefix("ExecStart="))
    assert command[command.index("monitor") :] == [
        *("monitor", "--listen", "/run/gvtui/events.sock", "--trace", "/data/a b"),
        *("--socket-mode", "660", "--no-realtime", "--limit", "connections=9"),
        *("--keep", str(20 << 30)),
    ]


@pytest.mark.parametrize("unit", ["systemd", "docker", "kubernetes"])
@pytest.mark.parametrize(
    ("words", "also"),
    [
        ([], set()),
        (["--socket-group", "0"], {"CHOWN", "SETGID"}),
        (["--user", "0"], {"CHOWN", "SETUID", "SETGID", "KILL", "DAC_OVERRIDE"}),
    ],
)
def test_it_has_the_rights_that_it_needs(
    capsys: pytest.CaptureFixture[str], unit: str, words: list[str], also: set[str]
) -> None:
    lines = printed(capsys, unit, *words).splitlines()
    (line,) = [each for each in lines if re.search(r"BoundingSet=|cap-add=|add: \[", each)]
    found = set(re.findall(r"[A-Z]+_?[A-Z]+_?[A-Z]+", line.replace("CAP_", "")))
    assert found == {"SYS_PTRACE", "DAC_READ_SEARCH", "NET_ADMIN", "SYS_NICE"} | also


def test_the_store_has_room_for_all_connections(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "systemd", "--limit", "connections=9")
    assert "FileDescriptorStoreMax=10\n" in text


@pytest.mark.parametrize("unit", UNITS)
def test_the_places_are_in_each(capsys: pytest.CaptureFixture[str], unit: str) -> None:
    text = printed(capsys, unit, "--listen", "/run/x/y.sock", "--trace", "/data/t")
    assert "/run/x/y.sock" in text
    assert ("/data/t" in text) is (unit != "systemd-socket")


ODD = ("--listen", "/run/a 'b' $(c)/s", "--trace", "/data/a b")


@pytest.mark.parametrize("unit", ["docker", "kubernetes"])
def test_the_line_that_looks_at_it_is_one_for_a_shell(
    capsys: pytest.CaptureFixture[str], unit: str
) -> None:
    lines = printed(capsys, unit, *ODD).splitlines()
    (line,) = [each for each in lines if each.startswith("# Look at ")]
    assert shlex.split(line)[-2:] == ["attach", ODD[1]]


def test_kubernetes_puts_no_variable_into_a_path(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "kubernetes", *ODD)
    assert """            - "/run/a 'b' $$(c)/s"\n""" in text
    assert """mountPath: "/run/a 'b' $(c)"\n""" in text


def test_the_folder_of_a_recording_is_given_to_a_container(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ("--trace", "/data/night.gvtrace")
    assert "--volume=/data:/data " in printed(capsys, "docker", *words)
    text = printed(capsys, "kubernetes", *words)
    assert re.findall(r'(?:mountPath|path): "(/data.*)"', text) == ["/data", "/data"]


@pytest.mark.parametrize(
    ("metrics", "published", "inside"),
    [
        ("127.0.0.1:9100", "127.0.0.1:9100:9100", "0.0.0.0:9100"),
        (":9100", "127.0.0.1:9100:9100", "0.0.0.0:9100"),
        ("localhost:9100", "127.0.0.1:9100:9100", "0.0.0.0:9100"),
        ("10.0.0.7:80", "10.0.0.7:80:80", "0.0.0.0:80"),
        ("[::1]:9100", "[::1]:9100:9100", "0.0.0.0:9100"),
    ],
)
def test_metrics_of_a_container_of_docker_are_published(
    capsys: pytest.CaptureFixture[str], metrics: str, published: str, inside: str
) -> None:
    text = printed(capsys, "docker", "--metrics", metrics)
    # As a shell reads it, once it is no comment.
    start = text.index("#   docker run ")
    (command,) = re.findall(r"docker run (?:.*\\\n)+.*", text[start:])
    words = shlex.split(command.replace("\\\n#", ""))
    assert f"--publish={published}" in words
    assert words[words.index("--metrics") + 1] == inside
    assert not any(word.startswith("--network") for word in words)


def test_without_metrics_a_container_has_no_network(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "docker")
    assert "--network=none" in text
    assert "--publish" not in text


def test_docker_publishes_no_port_at_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["monitor", "--print-unit", "docker", "--metrics", "web.example:9100"]) == 2
    assert "publishes no port at a name such as 'web.example'" in capsys.readouterr().err
    printed(capsys, "kubernetes", "--metrics", "web.example:9100")


@pytest.mark.parametrize("metrics", ["9100", "127.0.0.1:0"])
@pytest.mark.parametrize("unit", ["systemd", "docker", "kubernetes"])
def test_metrics_that_nobody_finds_are_not_printed(
    capsys: pytest.CaptureFixture[str], unit: str, metrics: str
) -> None:
    assert run(["monitor", "--print-unit", unit, "--metrics", metrics]) == 2
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "inside", "annotations", "ports"),
    [
        ([], None, {}, []),
        (
            ["--metrics", "127.0.0.1:9100"],
            "0.0.0.0:9100",
            {"scrape": "true", "port": "9100"},
            [9100],
        ),
        (["--metrics", "[::1]:91"], "[::]:91", {"scrape": "true", "port": "91"}, [91]),
    ],
)
@pytest.mark.parametrize("more", [[], ["--user", "0", "--keep", "1GiB", "--allow-uid", "0"]])
def test_kubernetes_has_such_a_daemon_set(
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    inside: str | None,
    annotations: dict[str, str],
    ports: list[int],
    more: list[str],
) -> None:
    wanted = yaml.safe_load(printed(capsys, "kubernetes", *ODD, *words, *more))
    for version in kubernetes_validate.utils.all_versions():
        kubernetes_validate.validate(wanted, version, strict=True)
    pod = wanted["spec"]["template"]
    told = {f"prometheus.io/{name}": value for name, value in annotations.items()}
    assert pod["metadata"].get("annotations", {}) == told
    (container,) = pod["spec"]["containers"]
    assert [each["containerPort"] for each in container.get("ports", [])] == ports
    given = container["args"]
    assert (given[given.index("--metrics") + 1] if inside else None) == inside


def test_the_schema_finds_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = yaml.safe_load(printed(capsys, "kubernetes"))
    wanted["spec"]["template"]["spec"]["hostPid"] = True
    with pytest.raises(kubernetes_validate.ValidationError, match="hostPid"):
        kubernetes_validate.validate(wanted, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize(
    ("words", "mode", "group", "folder_mode"),
    [
        ([], "0600", [], "0700"),
        (["--socket-mode", "660", "--socket-group", "adm"], "0660", ["adm"], "0711"),
        (["--socket-mode", "666"], "0666", [], "0711"),
    ],
)
def test_who_may_use_the_socket_reaches_it(
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    mode: str,
    group: list[str],
    folder_mode: str,
) -> None:
    text = printed(capsys, "systemd-socket", *words)
    assert re.findall("^SocketMode=(.*)$", text, re.M) == [mode]
    assert re.findall("^SocketGroup=(.*)$", text, re.M) == group
    assert re.findall("^DirectoryMode=(.*)$", text, re.M) == [folder_mode]
    text = printed(capsys, "systemd", *words)
    assert re.findall("^RuntimeDirectoryMode=(.*)$", text, re.M) == [folder_mode]


def test_a_percent_sign_stands_for_itself(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "systemd-socket", "--listen", "/run/50%/s")
    assert "ListenSequentialPacket=/run/50%%/s\n" in text


@pytest.mark.parametrize(
    ("words", "writable"),
    [
        ([], []),
        (["--trace", "/data/t"], []),
        (["--trace", "/home/me/a $b"], ['"/home/me/a $b"']),
        (["--trace", "/root/x.gvtrace", "--listen", "/run/user/7/s"], ["/run/user/7", "/root"]),
    ],
)
def test_a_protected_place_can_be_written_to(
    capsys: pytest.CaptureFixture[str], words: list[str], writable: list[str]
) -> None:
    text = printed(capsys, "systemd", *words)
    assert re.findall("^ReadWritePaths=(.*)$", text, re.M) == writable


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--metrics", "[::1]:9100", "--socket-mode", "660", "--socket-group", "adm"],
        ["--trace", "/home/me/a b%c", "--listen", "/run/50% of it/s"],
    ],
)
def test_systemd_finds_nothing_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine")
    files = {"gvtui.service": "systemd", "gvtui.socket": "systemd-socket"}
    for name, unit in files.items():
        (tmp_path / name).write_text(printed(capsys, unit, *words))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in files)],
        capture_output=True,
        text=True,
        env={"SYSTEMD_LOG_LEVEL": "notice", "PATH": "/usr/bin:/bin"},
    )
    said = [line for line in done.stderr.splitlines() if "gvtui." in line]
    assert (done.returncode, said) == (0, [])
