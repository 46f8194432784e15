"""Those who connect and do not ask, who send slowly, and who do not wait for the end."""

import json
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the web extra is not installed")

from tests.web.conftest import SAMPLES, Served, running
from tests.web.test_server import refused, waits_for

ASTRONAUT = (SAMPLES / "astronaut.jpg").read_bytes()
QUICK = "/v1/enhance?model=bicubic&scale=1&box=0,0,9,9"


def connected(served: Served, sent: bytes) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", served.port))
    line.sendall(sent)
    line.settimeout(120)
    return line


def test_the_silent_and_the_slow_hold_no_place(served: Served) -> None:
    head = b"POST /v1/enhance HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999\r\n\r\nx"
    silent = [connected(served, b"GET / HTTP/1.1\r\nHo") for _ in range(250)]
    slow = [connected(served, head) for _ in range(8)]
    try:
        waits_for(lambda: b"enhance_arriving 8.0" in served.ask("GET", "/metrics")[2])
        assert json.loads(served.ask("GET", "/healthz")[2]) == {"status": "ok", "jobs": 0, "places": 8}
        waits_for(lambda: served.ask("GET", "/readyz")[0] == 200)
        assert served.ask("POST", QUICK, ASTRONAUT)[0] == 200
        for line in slow:
            assert line.recv(99).startswith(b"HTTP/1.1 408")
        for line in silent:
            assert line.recv(99) == b"", "it was left open"
        assert b"enhance_arriving 0.0" in served.ask("GET", "/metrics")[2]
    finally:
        for line in (*silent, *slow):
            line.close()


def test_more_silent_ones_push_out_the_oldest() -> None:
    import asyncio

    from enhance.web import listening

    class Line:
        def __init__(self) -> None:
            self.closed = False

        def close(self) -> None:
            self.closed = True

        def is_closing(self) -> bool:
            return self.closed

        def get_extra_info(self, name: str) -> Any:  # noqa: ARG002
            return None

    async def crowd() -> list[Line]:
        import uvicorn
        from uvicorn.server import ServerState

        async def app(scope: Any, receive: Any, send: Any) -> None: ...

        config = uvicorn.Config(app)
        config.load()
        lines = [Line() for _ in range(listening.MOST_SILENT + 3)]
        for line in lines:
            listening.PatientProtocol(config, ServerState(), {}).connection_made(line)
        for one in list(listening.PatientProtocol.silent):
            one.connection_lost(None)
        return lines

    lines = asyncio.run(crowd())
    assert [line.closed for line in lines[:4]] == [True, True, True, True]
    assert not listening.PatientProtocol.silent


def test_a_job_that_outlasts_the_grace_is_given_up(tmp_path: Path) -> None:
    service = running(tmp_path / "log", "--grace", "0")
    one = next(service)
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(one.ask("POST", "/v1/lineup?n=16&job=x", ASTRONAUT)))
    asking.start()
    waits_for(lambda: b'"drawing"' in one.ask("GET", "/v1/jobs/x")[2])
    one.process.send_signal(signal.SIGTERM)
    asking.join(60)
    assert refused(answers[0], 503, "stopping")
    one.process.wait(60)
    assert not list(service)


def test_work_ends_between_two_networks_and_two_bands() -> None:
    from enhance.cancellation import CancelledError, cancellable, raise_if_cancelled
    from enhance.painting.bands import halve_on_memory_error

    done: list[tuple[int, int]] = []

    def band(rows: tuple[int, int]) -> int:
        done.append(rows)
        return rows[0]

    raise_if_cancelled()
    with cancellable(lambda: len(done) == 2), pytest.raises(CancelledError):
        list(halve_on_memory_error(band, ((n, n + 1) for n in range(9))))
    assert done == [(0, 1), (1, 2)]
    with cancellable(lambda: False):
        assert list(halve_on_memory_error(band, [(5, 6)])) == [5]
    raise_if_cancelled()
