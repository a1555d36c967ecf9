"""Who a real sandbox is: sessions that are replaced and containers that start again are no strangers."""

from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.agent.running import sandbox_processes
from gvtui.points.document import pod_init_document, save_document
from gvtui.trace.reader import Trace
from tests.e2e.containers import RunscBinary, run_runsc, running_container, wait_until
from tests.e2e.recorded import Recording, everything, recording, start_do, write_pod_init

pytestmark = pytest.mark.e2e


def have_sent(one: Recording, count: int) -> bool:
    """Wait until so many connections have sent messages."""

    def has_come() -> bool:
        trace = Trace.open(one.path)
        try:
            return sum(each.messages > 0 for each in trace.connections.values()) == count
        finally:
            trace.close()

    return wait_until(has_come)


def sandbox_root(sandbox: str) -> Path:
    """The root of `runsc do`, which makes one of its own in some releases."""
    (found,) = [each.root for each in sandbox_processes() if each.sandbox_id == sandbox]
    return found


def test_a_replaced_session_and_a_restart_are_one_sandbox(
    binary: RunscBinary, tmp_path: Path
) -> None:
    with recording(tmp_path) as one:
        session = everything(one.socket)
        flags = [f"--pod-init-config={write_pod_init(tmp_path / 'init.json', session)}"]
        config = tmp_path / "session.json"
        save_document(config, pod_init_document(session))
        for number in range(2):
            folder = tmp_path / str(number)
            folder.mkdir()
            with running_container(
                binary, folder, container_id="web", root=tmp_path / "root", flags=flags
            ) as container:
                assert have_sent(one, 1 + 2 * number), one.said
                container.runsc("trace", "create", "--force", f"--config={config}", "web")
                assert have_sent(one, 2 + 2 * number), one.said
        trace = one.end()
    (sandbox,) = trace.connections.sandboxes()
    assert (sandbox.container_id, len(sandbox.connections)) == ("web", 4)
    assert (trace.connections.claims.contradicted, trace.connections.claims.renamed) == (0, 0)
    assert all(each.details["peer_start"] > 0 for each in sandbox.connections)
    trace.close()


def test_a_session_in_a_sandbox_that_no_command_named_is_no_stranger_s(
    binary: RunscBinary, tmp_path: Path
) -> None:
    with recording(tmp_path) as one:
        session = everything(one.socket)
        config = tmp_path / "session.json"
        save_document(config, pod_init_document(session))
        pod_init = write_pod_init(tmp_path / "init.json", session)
        loop = "while :; do cat /etc/hostname > /dev/null; sleep 0.2; done"
        process = start_do(binary, tmp_path, pod_init, "/bin/sh", "-c", loop)
        try:
            assert have_sent(one, 1), one.said
            trace = Trace.open(one.path)
            (sandbox,) = trace.connections.sandboxes()
            trace.close()
            words = ("trace", "create", "--force", f"--config={config}", sandbox.container_id)
            run_runsc(binary, sandbox_root(sandbox.container_id), *words)
            assert have_sent(one, 2), one.said
        finally:
            process.terminate()
            process.wait()
        trace = one.end()
    (sandbox,) = trace.connections.sandboxes()
    assert len(sandbox.connections) == 2
    assert trace.connections.claims.contradicted == 0
    trace.close()
