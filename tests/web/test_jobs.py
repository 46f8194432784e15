"""Jobs that are followed, fetched, cancelled and forgotten by their names."""

import io
import json
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the web extra is not installed")

from tests.web.conftest import SAMPLES, Served, running
from tests.web.test_server import refused, waits_for

ASTRONAUT = (SAMPLES / "astronaut.jpg").read_bytes()
QUICK = "/v1/enhance?model=bicubic&scale=1.5"
MINE = {"job-secret": "known-to-nobody-else"}
THEIRS = {"job-secret": "known-to-somebody-else"}


def state(served: Served, name: str) -> dict[str, Any]:
    return dict(json.loads(served.ask("GET", f"/v1/jobs/{name}")[2]))


def test_a_result_is_fetched_later_by_who_knows_the_secret(served: Served) -> None:
    status, headers, body = served.ask("POST", f"{QUICK}&wait=false&job=later", ASTRONAUT, MINE)
    told = json.loads(body)
    assert (status, told["job"], headers["location"]) == (202, "later", "/v1/jobs/later")
    waits_for(lambda: state(served, "later")["stage"] == "done")
    assert state(served, "later")["result"] == told["result"] == "v1/jobs/later/result"
    assert b"event: end" in served.ask("GET", f"/{told['events']}")[2]
    direct = served.ask("POST", QUICK, ASTRONAUT)
    fetched = served.ask("GET", f"/{told['result']}", headers=MINE)
    assert fetched[0] == 200
    assert fetched[2] == direct[2]
    facts = json.loads(served.ask("GET", "/v1/jobs/later/facts", headers=MINE)[2])
    assert facts == json.loads(fetched[1]["enhance-facts"])
    everything = served.ask("GET", "/v1/jobs/later/result", headers={**MINE, "accept": "application/json"})
    assert len(json.loads(everything[2])["answers"]) == 1
    for path in ("result", "facts"):
        for headers in ({}, THEIRS):
            assert refused(served.ask("GET", f"/v1/jobs/later/{path}", headers=headers), 403, "wrong_secret")
    assert refused(served.ask("DELETE", "/v1/jobs/later", headers=THEIRS), 403, "wrong_secret")
    assert refused(served.ask("POST", f"{QUICK}&job=later", ASTRONAUT, THEIRS), 409, "name_taken")
    assert served.ask("DELETE", "/v1/jobs/later", headers=MINE)[0] == 204
    assert refused(served.ask("GET", "/v1/jobs/later"), 404, "no_such_job")


def test_a_job_without_a_name_gets_one_and_an_error_can_be_fetched(served: Served) -> None:
    told = json.loads(served.ask("POST", f"{QUICK}&wait=false", b"no picture")[2])
    secret = {"job-secret": told["secret"]}
    waits_for(lambda: state(served, told["job"])["stage"] == "failed")
    assert state(served, told["job"])["error"]["code"] == "bad_photo"
    assert refused(served.ask("GET", f"/{told['result']}", headers=secret), 422, "bad_photo")


def test_results_come_in_one_archive(served: Served) -> None:
    jobs = []
    for n, name in enumerate(("holiday", "holiday", "", "../../etc/passwd")):
        answer = served.ask("POST", f"{QUICK}&keep=true&job=zip-{n}&format=webp", ASTRONAUT, MINE)
        assert answer[0] == 200
        jobs.append({"job": f"zip-{n}", "secret": MINE["job-secret"], "name": name})
    kind = {"content-type": "application/json"}
    status, headers, archive = served.ask("POST", "/v1/zip", json.dumps({"jobs": jobs}).encode(), kind)
    assert (status, headers["content-type"]) == (200, "application/zip"), archive
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == ["holiday.webp", "holiday_2.webp", "zip-2.webp", "_.._etc_passwd.webp"]
        assert packed.read("holiday.webp") == answer[2]
    jobs[0]["secret"] = "guessed-by-somebody"
    assert refused(served.ask("POST", "/v1/zip", json.dumps({"jobs": jobs}).encode(), kind), 403, "wrong_secret")
    assert refused(served.ask("POST", "/v1/zip", b'{"jobs": []}', kind), 422, "bad_option")
    assert refused(served.ask("POST", "/v1/zip", b"{", kind), 400, "bad_json")


def test_a_job_at_work_is_cancelled_and_only_by_who_knows_its_secret(served: Served) -> None:
    answers: list[Any] = []
    path = "/v1/lineup?n=16&job=long"
    asking = threading.Thread(target=lambda: answers.append(served.ask("POST", path, ASTRONAUT, MINE)))
    asking.start()
    waits_for(lambda: state(served, "long").get("stage") == "drawing")
    assert refused(served.ask("DELETE", "/v1/jobs/long"), 403, "wrong_secret")
    assert served.ask("DELETE", "/v1/jobs/long", headers=MINE)[0] == 204
    asking.join()
    assert refused(answers[0], 409, "cancelled")
    waits_for(lambda: json.loads(served.ask("GET", "/healthz")[2])["jobs"] == 0)


def test_secrets_and_names_have_a_form(served: Served) -> None:
    assert refused(served.ask("POST", QUICK, ASTRONAUT, {"job-secret": "short"}), 422, "bad_option")
    assert refused(served.ask("POST", f"{QUICK}&job=a%20b", ASTRONAUT), 422, "bad_option")
    assert refused(served.ask("GET", "/v1/jobs/a%20b"), 422, "bad_option")


def test_results_are_forgotten_when_they_take_too_much() -> None:
    from enhance.web.made import Made
    from enhance.web.worker import Job, Worker

    worker = Worker(2, 1, kept_seconds=60, kept_bytes=1000)
    for n in range(4):
        job = Job(f"job-{n}", keep=True, answer=Made({"text": "x" * 400}), stage="done")
        worker.arrive(job)
        worker.leave(job)
    assert [job.name for job in worker.kept.values()] == ["job-2", "job-3"]
    late = Job("late", keep=True, cancelled=True, stage="failed", error=(503, "took_too_long", "not done"))
    dropped = Job("dropped", keep=True, cancelled=True, stage="cancelled")
    for job in (late, dropped):
        worker.arrive(job)
        worker.leave(job)
    assert worker.named("late") is late
    assert worker.named("dropped") is None
    worker.kept_seconds = 0
    assert worker.named("job-3") is None
    assert worker.close(60)


def test_several_are_drawn_at_a_time(tmp_path: Path) -> None:
    service = running(tmp_path / "log", "--workers", "2")
    one = next(service)
    threads = [
        threading.Thread(target=one.ask, args=("POST", f"/v1/lineup?n=16&job=w{n}", ASTRONAUT, MINE)) for n in range(2)
    ]
    for thread in threads:
        thread.start()
    waits_for(lambda: [state(one, f"w{n}").get("stage") for n in range(2)] == ["drawing", "drawing"])
    for n in range(2):
        one.ask("DELETE", f"/v1/jobs/w{n}", headers=MINE)
    for thread in threads:
        thread.join()
    assert not list(service)


def test_what_is_quick_does_not_wait_behind_a_photo(served: Served) -> None:
    asking = threading.Thread(target=served.ask, args=("POST", "/v1/lineup?n=16&job=slow", ASTRONAUT, MINE))
    asking.start()
    waits_for(lambda: state(served, "slow").get("stage") == "drawing")
    assert served.ask("POST", "/v1/imagine?size=64", b"a red bird")[0] in (200, 422)
    assert state(served, "slow")["stage"] == "drawing"
    served.ask("DELETE", "/v1/jobs/slow", headers=MINE)
    asking.join()


def test_one_client_cannot_take_all_places() -> None:
    from enhance.web.refusals import RefusedError
    from enhance.web.service import Service
    from enhance.web.settings import Access, Limits
    from enhance.web.worker import Job

    service = Service(Limits(per_client=2), Access())
    for _ in range(2):
        service.admit(Job(client="one"))
        service.worker.arrive(Job(client="one"))
    with pytest.raises(RefusedError, match="2 photos at work already") as caught:
        service.admit(Job(client="one"))
    assert (caught.value.status, caught.value.code) == (429, "client_busy")
    service.admit(Job(client="other"))
    service.worker.seconds = 7.2
    with pytest.raises(RefusedError) as caught:
        service.admit(Job(client="one"))
    assert caught.value.headers == {"retry-after": "8"}
    assert service.worker.close(60)
