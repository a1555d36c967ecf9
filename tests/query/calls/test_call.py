from __future__ import annotations

from dataclasses import replace

from gvtui.query.calls.call import OpenCall


def test_a_call_grows_older_until_its_connection_ends() -> None:
    call = OpenCall(1, 1, 7, 7, 9, 0, since_ns=100)
    assert call.age_ns(150) == 50
    assert call.age_ns(90) == 0
    assert replace(call, until_ns=120).age_ns(150) == 20
