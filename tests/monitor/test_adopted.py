from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from gvtui.monitor.adopted import AdoptedProcess


def test_it_is_as_a_child() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = AdoptedProcess(child.pid)
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0)
    process.send_signal(signal.SIGCONT)
    process.terminate()
    assert process.wait(120) == 0
    assert process.poll() == 0
    child.communicate()
    # Its id may be another's by now.
    process.terminate()
    with pytest.raises(ProcessLookupError):
        AdoptedProcess(child.pid)
