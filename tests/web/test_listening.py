import socket

import pytest

from enhance.errors import EnhanceError

listen = pytest.importorskip("enhance.web.listening", reason="the web extra is not installed").listen


def test_an_address_that_is_taken_or_is_none_of_ours_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnhanceError, match=rf"127\.0\.0\.1, port {port}: cannot listen there .*--port"):
            listen("127.0.0.1", port)
    with pytest.raises(EnhanceError, match=r"192\.0\.2\.1, port 8000: cannot listen there"):
        listen("192.0.2.1", 8000)


def test_a_name_is_listened_on_at_all_its_addresses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    sockets = listen("localhost", port)
    try:
        with socket.create_connection(("127.0.0.1", port), 5):
            pass
    finally:
        for one in sockets:
            one.close()
