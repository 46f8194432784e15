"""Who may use the service, and from where."""

import base64
import json
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="the web extra is not installed")

from tests.web.conftest import SAMPLES, Served, running
from tests.web.test_server import refused

ASTRONAUT = (SAMPLES / "astronaut.jpg").read_bytes()
QUICK = "/v1/enhance?model=bicubic&scale=1&box=0,0,9,9"
ELSEWHERE = "https://photos.example"


def test_a_token_other_sites_a_proxy_and_limits_for_each_client(tmp_path: Path) -> None:
    """One service with everything that makers set, for it takes a while to start."""
    secret = tmp_path / "token"
    secret.write_text("open-sesame\n")
    options = (
        *("--token-file", str(secret), "--allow-origin", ELSEWHERE, "--allow-host", "backend"),
        *("--proxy", "127.0.0.1", "--root-path", "/enhance", "--rate", "4", "--access-log"),
    )
    log = tmp_path / "log"
    for service in running(log, *options):
        bearer = {"authorization": "Bearer open-sesame"}
        asks_for_token(service, bearer)
        lets_other_sites_in(service, bearer)
        limits_each_client(service, bearer)
        page = service.ask("GET", "/", headers=bearer)[2].decode()
        assert '"static/v-' in page
        servers = json.loads(service.ask("GET", "/openapi.json", headers=bearer)[2])["servers"]
        assert servers == [{"url": "/enhance"}]
        told = log.read_text()
        assert "10.1.2.3 POST /v1/enhance 200" in told
        assert "model=bicubic" not in told
        assert "sesame" not in told


def asks_for_token(service: Served, bearer: dict[str, str]) -> None:
    basic = {"authorization": "Basic " + base64.b64encode(b"anybody:open-sesame").decode()}
    for path in ("/", "/v1/limits", "/metrics", "/static/style.css"):
        assert refused(service.ask("GET", path), 401, "no_token")
        assert service.ask("GET", path, headers=bearer)[0] == 200
        assert service.ask("GET", path, headers=basic)[0] == 200
    assert service.ask("GET", "/v1/limits")[1]["www-authenticate"].startswith("Basic")
    for wrong in ("Bearer open", "Bearer", "Basic !!!", "Basic " + base64.b64encode(b"open-sesame").decode(), "x"):
        assert refused(service.ask("GET", "/v1/limits", headers={"authorization": wrong}), 401, "no_token")
    for path in ("/healthz", "/readyz"):
        assert service.ask("GET", path)[0] in (200, 503)


def lets_other_sites_in(service: Served, bearer: dict[str, str]) -> None:
    there = {"origin": ELSEWHERE}
    asked = {**there, "access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    status, headers, _ = service.ask("OPTIONS", "/v1/enhance", headers=asked)
    assert (status, headers["access-control-allow-origin"]) == (204, ELSEWHERE)
    assert "authorization" in headers["access-control-allow-headers"]
    client = {"x-forwarded-for": "10.1.2.3"}
    status, headers, _ = service.ask("POST", QUICK, ASTRONAUT, {**bearer, **there, **client})
    assert (status, headers["access-control-allow-origin"]) == (200, ELSEWHERE)
    assert "enhance-facts" in headers["access-control-expose-headers"]
    assert headers["cache-control"] == "no-store"
    # A proxy that calls the service by a name of its own, while the browser knows another.
    assert service.ask("POST", QUICK, ASTRONAUT, {**bearer, **there, **client, "host": "backend:8000"})[0] == 200
    evil = {"origin": "https://evil.example"}
    answer = service.ask("POST", QUICK, ASTRONAUT, {**bearer, **evil})
    assert refused(answer, 403, "foreign_origin")
    assert "access-control-allow-origin" not in answer[1]
    assert refused(service.ask("OPTIONS", "/v1/enhance", headers={**asked, **evil}), 403, "foreign_origin")
    assert refused(service.ask("GET", "/", headers={**bearer, "host": "evil.example"}), 421, "unknown_host")


def limits_each_client(service: Served, bearer: dict[str, str]) -> None:
    one, other = {"x-forwarded-for": "10.9.9.9"}, {"x-forwarded-for": "10.9.9.8"}
    answers = [service.ask("POST", QUICK, ASTRONAUT, {**bearer, **one}) for _ in range(5)]
    assert [status for status, _, _ in answers[:4]] == [200] * 4
    assert refused(answers[4], 429, "client_busy")
    assert 1 <= int(answers[4][1]["retry-after"]) <= 61
    assert service.ask("POST", QUICK, ASTRONAUT, {**bearer, **other})[0] == 200


def test_what_answers_get_answers_head_without_a_body(served: Served) -> None:
    for path in ("/", "/healthz", "/static/style.css"):
        status, headers, body = served.ask("HEAD", path)
        assert (status, body) == (200, b"")
        assert int(headers["content-length"]) > 0
    assert served.ask("HEAD", "/nowhere")[0] == 404


def test_static_files_are_kept_for_long_under_their_version_and_photos_not_at_all(served: Served) -> None:
    status, headers, page = served.ask("GET", "/")
    assert (status, headers["cache-control"]) == (200, "no-cache")
    assert served.ask("GET", "/", headers={"if-none-match": headers["etag"]})[0] == 304
    named = page.decode().split('"static/')[1].split('"')[0]
    assert named.startswith("v-")
    status, headers, _ = served.ask("GET", f"/static/{named}")
    assert status == 200
    assert "max-age=31536000" in headers["cache-control"]
    status, headers, _ = served.ask("GET", f"/static/{named.partition('/')[2]}")
    assert (status, headers["cache-control"]) == (200, "no-cache")
    assert served.ask("POST", QUICK, ASTRONAUT)[1]["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--token-file", "nowhere"), "cannot be read"),
        (("--allow-origin", "photos.example"), "no origin"),
        (("--workers", "0"), "range"),
    ],
)
def test_what_cannot_be_set_is_said(options: tuple[str, ...], said: str) -> None:
    from click.testing import CliRunner

    from enhance.cli.serve import serve
    from enhance.errors import EnhanceError

    result = CliRunner().invoke(serve, options)
    assert result.exit_code != 0
    assert said in f"{result.output} {result.exception if isinstance(result.exception, EnhanceError) else ''}"
