"""The part of the service that listens: connections that say nothing are closed, and it ends within its grace."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from enhance.errors import EnhanceError
from enhance.web.application import application
from enhance.web.guard import log_requests
from enhance.web.service import Service
from enhance.web.settings import Access, Limits

HEAD_SECONDS = 10.0
"""Within which the head of a request must have come."""
MOST_SILENT = 400
"""Connections without a request; of more, the oldest are closed."""


class PatientProtocol(H11Protocol):
    """HTTP, with no patience for those who connect and do not ask."""

    silent: dict[PatientProtocol, None] = {}  # noqa: RUF012 - of all connections together, in the order they came
    timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect()
        if len(self.silent) > MOST_SILENT:
            next(iter(self.silent))._close()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget()
        elif self.timer is None:
            self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._forget()

    def _expect(self) -> None:
        self.silent[self] = None
        self.timer = self.loop.call_later(HEAD_SECONDS, self._close)

    def _forget(self) -> None:
        self.silent.pop(self, None)
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _close(self) -> None:
        self._forget()
        self.transport.close()


class Server(uvicorn.Server):
    """uvicorn, which tells the service first when it is to end.

    Args:
        ending: told when.
    """

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self.ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.ending()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen on all addresses of a name, or on an address.

    Raises:
        EnhanceError: nobody can listen there.
    """
    sockets, refused = [], OSError()
    try:
        for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                sockets.append(socket.create_server(address[:2], family=family))
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL:  # of a name, some addresses may be none of this machine
                    raise
                refused = error
        if not sockets:
            raise refused
    except OSError as error:
        for one in sockets:
            one.close()
        reason = (error.strerror or str(error)).partition(" (")[0]  # Python repeats the address behind it
        raise EnhanceError(
            f"{host}, port {port}: cannot listen there ({reason}); name another --port or --host"
        ) from error
    return sockets


def serve(
    sockets: list[socket.socket],
    limits: Limits,
    access: Access,
    *,
    root_path: str = "",
    log: Callable[[str], object] | None = None,
) -> None:
    """Serve until interrupted.

    Args:
        sockets: on which it listens.
        root_path: below which a proxy shows the service.
        log: takes the lines of the access log; None for no such log.
    """
    if log is not None:
        log_requests(log)
    service = Service(limits, access)
    config = uvicorn.Config(
        application(service),
        http=PatientProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        root_path=root_path.rstrip("/"),
        proxy_headers=bool(access.proxies),
        forwarded_allow_ips=list(access.proxies) or None,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=max(1, round(limits.grace) + 1),
        limit_concurrency=900,
    )
    with contextlib.suppress(KeyboardInterrupt):
        Server(config, service.end).run(sockets)
