"""What starts the monitor: units of systemd, a container, a DaemonSet of Kubernetes."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui import __version__
from gvtui.python import python

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SOCKET = Path("/run/gvtui/events.sock")
"""Where sandboxes connect, unless --listen names another place."""
TRACES = Path("/var/lib/gvtui")
"""Where the traces are, unless --trace names another place."""

_NEEDS = """\
# It needs: to look at the processes that connect (CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH), to enlarge
# their send buffers (CAP_NET_ADMIN), and real-time priority (CAP_SYS_NICE), without which sandboxes
# drop points sooner. The process that reads what sandboxes send gives up all of these. What else is
# here lets it become the user of --user, or gives the socket to a group."""

_CAPABILITIES = ("SYS_PTRACE", "DAC_READ_SEARCH", "NET_ADMIN", "SYS_NICE")
_FOR_OPTION = {
    # To become the user, to give it the trace and take it back, and to end its process.
    "--user": ("CHOWN", "SETUID", "SETGID", "KILL", "DAC_OVERRIDE"),
    "--socket-group": ("CHOWN", "SETGID"),
}
"""Capabilities that the monitor needs always, and with an option."""


@dataclass(frozen=True, slots=True)
class UnitOptions:
    """What the monitor is started with."""

    listen: Path
    trace: Path
    words: Sequence[str]
    """The other options, as on the command line."""
    connections: int
    """How many sandboxes may be connected at once."""
    is_folder: bool
    """Whether the trace is a folder of traces, and no recording."""

    @property
    def folder(self) -> Path:
        """The folder in which it writes: a recording goes on in another one beside it."""
        trace = self.trace.absolute()
        return trace if self.is_folder else trace.parent

    @property
    def capabilities(self) -> list[str]:
        """The capabilities that it needs, without the `CAP_` of their names."""
        further = (each for word in self.words for each in _FOR_OPTION.get(word, ()))
        return [*_CAPABILITIES, *dict.fromkeys(further)]


@dataclass(frozen=True, slots=True)
class Unit:
    """Something that starts the monitor."""

    words: str
    """What it is, for the help text."""
    text: Callable[[UnitOptions], str]


def _service(wanted: UnitOptions) -> str:
    listen, trace = wanted.listen.absolute(), wanted.trace.absolute()
    command = [*python("-m", "gvtui"), "monitor", "--listen", str(listen), "--trace", str(trace)]
    line = " ".join(map(_quoted, [*command, *wanted.words]))
    return f"""\
# /etc/systemd/system/gvtui.service, of gvtui {__version__}
[Unit]
Description=gvtui monitor: receives the trace points of gVisor sandboxes
Documentation=man:gvtui(1)
# Sandboxes connect once, when they start.
Before=containerd.service docker.service

[Service]
Type=notify
NotifyAccess=main
ExecStart={line}
Restart=always
RestartSec=1
WatchdogSec=30
TimeoutStopSec=30
KillMode=mixed
RuntimeDirectory=gvtui
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=restart
# Connections, and the socket, outlive a restart: a sandbox never connects twice.
FileDescriptorStoreMax={wanted.connections + 1}
StateDirectory=gvtui
StateDirectoryMode=0700
Environment=HOME=/var/lib/gvtui XDG_CACHE_HOME=/var/lib/gvtui/.cache
LimitNOFILE=65536
{_NEEDS}
CapabilityBoundingSet={" ".join(f"CAP_{each}" for each in wanted.capabilities)}
LimitRTPRIO=10
NoNewPrivileges=yes
ProtectSystem=full
ProtectHome=read-only
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
RestrictNamespaces=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_NETLINK AF_INET AF_INET6
SystemCallArchitectures=native

[Install]
WantedBy=multi-user.target
"""


def _socket(wanted: UnitOptions) -> str:
    return f"""\
# /etc/systemd/system/gvtui.socket, of gvtui {__version__}
# With it sandboxes can connect while the monitor starts anew: they wait for it.
[Unit]
Description=The socket at which gVisor sandboxes reach gvtui
Before=containerd.service docker.service

[Socket]
ListenSequentialPacket={wanted.listen.absolute()}
SocketMode=0600
DirectoryMode=0700
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
"""


def _docker(wanted: UnitOptions) -> str:
    listen, trace = wanted.listen.absolute(), wanted.trace.absolute()
    run = [
        "docker run --detach --restart=always --name=gvtui --pid=host --network=none",
        "--cap-drop=ALL --security-opt=no-new-privileges",
        " ".join(f"--cap-add={each}" for each in wanted.capabilities),
        f"--volume={shlex.quote(f'{listen.parent}:{listen.parent}')}",
        f"--volume={shlex.quote(f'{wanted.folder}:{wanted.folder}')}",
        f"gvtui:{__version__} monitor --listen {shlex.quote(str(listen))}",
        shlex.join(["--trace", str(trace), *wanted.words]),
    ]
    command = " \\\n#     ".join(run)
    return f"""\
# The recipe of the image. Build it in the folder with gvtui's wheel (python -m build --wheel):
#   docker build --tag gvtui:{__version__} --file Dockerfile .
{_NEEDS}
# Run it:
#   {command}
# Look at it: docker exec --interactive --tty gvtui gvtui attach {shlex.quote(str(listen))}
FROM python:3.11-slim
COPY gvtui-{__version__}-py3-none-any.whl /tmp/
RUN pip install --no-cache-dir /tmp/gvtui-{__version__}-py3-none-any.whl
ENTRYPOINT ["gvtui"]
"""


def _daemon_set(wanted: UnitOptions) -> str:
    listen, trace = wanted.listen.absolute(), wanted.trace.absolute()
    words = ["monitor", "--listen", str(listen), "--trace", str(trace), *wanted.words]
    arguments = "\n".join(f"            - {_yaml(_unexpanded(word))}" for word in words)
    return f"""\
# A monitor on each node, of gvtui {__version__}. No schema of Kubernetes has checked this text.
# Look at one: kubectl exec --stdin --tty --namespace gvtui POD -- gvtui attach {shlex.quote(str(listen))}
{_NEEDS}
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: gvtui
  namespace: gvtui
  labels: {{app: gvtui}}
spec:
  selector:
    matchLabels: {{app: gvtui}}
  template:
    metadata:
      labels: {{app: gvtui}}
    spec:
      hostPID: true
      tolerations:
        - operator: Exists
      containers:
        - name: monitor
          image: gvtui:{__version__}
          args:
{arguments}
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop: [ALL]
              add: [{", ".join(wanted.capabilities)}]
          volumeMounts:
            - name: socket
              mountPath: {_yaml(str(listen.parent))}
            - name: traces
              mountPath: {_yaml(str(wanted.folder))}
      volumes:
        - name: socket
          hostPath:
            path: {_yaml(str(listen.parent))}
            type: DirectoryOrCreate
        - name: traces
          hostPath:
            path: {_yaml(str(wanted.folder))}
            type: DirectoryOrCreate
"""


def _quoted(word: str) -> str:
    """A word of a systemd command line; see systemd.syntax(7)."""
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{word}"' if any(char in word for char in " '\"\\;") or not word else word


def _unexpanded(word: str) -> str:
    """An argument of a container in which Kubernetes puts no variable in place of `$(NAME)`."""
    return word.replace("$(", "$$(")


def _yaml(word: str) -> str:
    """A string of YAML that is read as nothing else."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


UNITS = {
    "systemd": Unit("a service", _service),
    "systemd-socket": Unit("the socket unit beside it", _socket),
    "docker": Unit("an image's recipe, with the command line", _docker),
    "kubernetes": Unit("a DaemonSet", _daemon_set),
}
"""Everything that can be printed, by its name on the command line."""
