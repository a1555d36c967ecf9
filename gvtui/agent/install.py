"""Tells how container engines start containers with a pod init file, and which ones do so here."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gvtui import toml
from gvtui.agent.configured import read_config, traced_runtimes
from gvtui.agent.trust import distrust
from gvtui.decode.escape import escape

RUNTIME_NAME = "runsc-trace"
"""The name of the traced runtime in the instructions."""

_TABLES = {2: "io.containerd.grpc.v1.cri", 3: "io.containerd.cri.v1.runtime"}
"""The plugin that has the table of runtimes, by the version of containerd's configuration.

Source: containerd's documentation of its configuration, for 1.7 and 2.0."""
_CONTAINERD_FILE = "etc/containerd/config.toml"
_SECONDS = 10.0
_MAX_OUTPUT = 1 << 20


@dataclass(frozen=True, slots=True)
class EnginesHere:
    """What is known of the container engines of this machine."""

    names: tuple[str, ...] = ()
    """Those that are here, of `docker`, `containerd`, `podman` and `crio`."""
    containerd_version: int | None = None
    """The version of containerd's configuration, 2 or 3; None if it is not known."""


def engines_here(top: Path = Path("/")) -> EnginesHere:
    """Look for container engines: their programs, and their folders below /etc."""
    programs = {
        "docker": ("dockerd", "docker"),
        "containerd": ("containerd",),
        "podman": ("podman",),
        "crio": ("crio",),
    }
    names = tuple(
        name
        for name, words in programs.items()
        if any(map(shutil.which, words)) or (name != "podman" and (top / "etc" / name).is_dir())
    )
    return EnginesHere(names, _containerd_version(top) if "containerd" in names else None)


def _containerd_version(top: Path) -> int | None:
    version = read_config(top / _CONTAINERD_FILE, toml.loads).get("version")
    if version in _TABLES:
        return int(version)
    # It says `containerd REPOSITORY VERSION COMMIT`.
    words = _output("containerd", "--version").split()
    major = words[2].removeprefix("v").partition(".")[0] if len(words) > 2 else ""
    return (3 if int(major) >= 2 else 2) if major.isdecimal() else None


def _output(program: str, *words: str) -> str:
    """What a program of this machine prints; "" if it fails or may not be run."""
    path = shutil.which(program)
    if path is None or distrust(path):
        return ""
    try:
        done = subprocess.run(
            [path, *words], capture_output=True, timeout=_SECONDS, check=False, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout[:_MAX_OUTPUT].decode("utf-8", "replace") if done.returncode == 0 else ""


def users_of(path: Path, engines: EnginesHere, top: Path = Path("/")) -> list[str]:
    """Who starts containers with a pod init file here, as sentences for the user.

    A runtime in containerd's files that containerd itself does not list is told as one that does
    nothing: it stands in a table that this containerd does not read.
    """
    place = str(path.absolute())
    said = []
    dump = _output("containerd", "config", "dump") if "containerd" in engines.names else ""
    read = _tables_of(dump)
    for each in traced_runtimes(top):
        if each.pod_init != place:
            continue
        words = f"{each.engine}'s runtime {each.name} in {each.file}"
        if each.engine == "containerd" and dump and not _lists(read, str(each.file), top):
            said.append(f"{words} names it, but containerd does not read that table: see above")
        else:
            said.append(f"{words} starts containers with it")
    return [escape(each) for each in said]


def _tables_of(dump: str) -> list[dict[str, Any]]:
    """The entries of every table of runtimes that containerd has read."""
    try:
        plugins = toml.loads(dump).get("plugins")
    except (ValueError, RecursionError):
        return []
    found: list[dict[str, Any]] = []
    for name in _TABLES.values():
        values: Any = plugins
        for key in (name, "containerd", "runtimes"):
            values = values.get(key) if isinstance(values, dict) else None
        if isinstance(values, dict):
            found += [each for each in values.values() if isinstance(each, dict)]
    return found


def _lists(entries: list[dict[str, Any]], file: str, top: Path) -> bool:
    """Whether containerd has read a runtime whose shim reads this file."""
    for entry in entries:
        options = entry.get("options")
        named = options.get("ConfigPath") if isinstance(options, dict) else None
        named = named or "/etc/containerd/runsc.toml"
        if isinstance(named, str) and file == str(top / named.lstrip("/")):
            return True
    return False


def install_words(path: Path, runsc: str = "runsc") -> str:
    """How containers are started with a pod init file on this machine, and who does so already.

    Asks the engines' programs, for up to half a minute: call it in a thread.
    """
    engines = engines_here()
    users = "".join(f"Here, {each}.\n" for each in users_of(path, engines))
    return how_to_install(path, runsc, engines) + (users and f"\n{users}")


def how_to_install(
    path: Path, runsc: str = "runsc", engines: EnginesHere | None = None, name: str = RUNTIME_NAME
) -> str:
    """Instructions for the user: how containers are started with a pod init file.

    Args:
        path: the file; made absolute.
        runsc: the runsc binary.
        engines: those of this machine, to which the instructions are limited; if there are none,
            the instructions are for all.
        name: the name of the runtime.
    """
    engines = engines or EnginesHere()
    place = path.absolute()
    flag = f"--pod-init-config={place}"
    parts = [
        f"Containers that start with the runtime {name} are then traced from their first moment "
        "on.\nThose that run already are not touched."
    ]
    texts = {
        "docker": _docker(name, runsc, flag),
        "containerd": _containerd(name, runsc, place, engines.containerd_version),
        "podman": _podman(runsc, place),
        "crio": _crio(name, runsc, place),
    }
    parts += [text for each, text in texts.items() if not engines.names or each in engines.names]
    parts.append(f"runsc by hand: put {shlex.quote(flag)} before the subcommand.\n")
    return "\n\n".join(parts)


def _docker(name: str, runsc: str, flag: str) -> str:
    return f"""\
Docker: add a runtime, once, then start containers with it:

  sudo {shlex.quote(runsc)} install --runtime={name} -- \\
    {shlex.quote(flag)}
  sudo systemctl reload docker
  docker run --rm --runtime={name} alpine echo hello

That writes the runtime with its runtimeArgs into /etc/docker/daemon.json. To see that Docker has
read it:

  docker info --format '{{{{json .Runtimes}}}}'"""


def _containerd(name: str, runsc: str, place: Path, version: int | None) -> str:
    tables = "\n\n".join(
        f"""\
{"containerd 2 and later" if each == 3 else "containerd 1"}, with version = {each} at the top:

[plugins."{table}".containerd.runtimes.{name}]
  runtime_type = "io.containerd.runsc.v1"
  options.TypeUrl = "io.containerd.runsc.v1.options"
  options.ConfigPath = "/etc/containerd/{name}.toml\""""
        for each, table in _TABLES.items()
        if version in (None, each)
    )
    return f"""\
containerd: in /etc/containerd/config.toml, give the runtime a file for its shim.

{tables}

and in /etc/containerd/{name}.toml:

{_shim_file(runsc, place)}

then restart containerd. A table that this containerd does not know does nothing, and nobody says
so. To see that it took:

  containerd config dump | grep -A 3 {name}"""


def _podman(runsc: str, place: Path) -> str:
    return f"""\
podman: give runsc and its flag with each container:

  podman --runtime {shlex.quote(runsc)} \\
    --runtime-flag {shlex.quote(f"pod-init-config={place}")} \\
    run --rm alpine echo hello

To see which runtime a container has: podman inspect --format '{{{{.OCIRuntime}}}}' CONTAINER"""


def _crio(name: str, runsc: str, place: Path) -> str:
    return f"""\
CRI-O: in /etc/crio/crio.conf.d/50-{name}.conf, with the path of containerd's shim for runsc:

[crio.runtime.runtimes.{name}]
  runtime_path = "/usr/local/bin/containerd-shim-runsc-v1"
  runtime_type = "vm"
  runtime_config_path = "/etc/containerd/{name}.toml"

and in /etc/containerd/{name}.toml, with grouping = true at its top:

{_shim_file(runsc, place)}

then restart CRI-O. To see that it took:

  crio status config | grep -A 3 {name}"""


def _shim_file(runsc: str, place: Path) -> str:
    # TOML's strings in double quotes are written as JSON's.
    binary = f"binary_name = {json.dumps(runsc)}\n" if runsc.startswith("/") else ""
    return f"{binary}[runsc_config]\n  pod-init-config = {json.dumps(str(place))}"
