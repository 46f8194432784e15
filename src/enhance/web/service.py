"""The HTTP service behind the page. It listens on this machine alone unless told otherwise, and fetches nothing.

A photo is the body of a POST, its options are the query; the answer is a picture, and what there is to say of it is
JSON in the header Enhance-Facts, or all of it is JSON for those who accept that. Progress comes as server-sent events
under a name that the client chose; whoever knows a job's secret may cancel it, and fetch its result later.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import FastAPI, Header, Path
from prometheus_client import generate_latest
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from enhance.counts import counted
from enhance.errors import EnhanceError, ModelError
from enhance.honesty.uncertainty import UncalibratedError
from enhance.inference.model import models
from enhance.tasks.imagine.words import SentenceError
from enhance.web import answers, networks
from enhance.web.bodies import Body, Uploads
from enhance.web.endpoints import Endpoint
from enhance.web.guard import Meter
from enhance.web.jobs import plainly
from enhance.web.looking import Looking
from enhance.web.made import Made, ending_for, rendered, zipped
from enhance.web.orders import MaskError, Order, TooLargeError
from enhance.web.queries import taken
from enhance.web.query_options import NAME, JobOptions, PartOptions
from enhance.web.refusals import RefusedError
from enhance.web.settings import Access, Limits
from enhance.web.worker import Job, NameTakenError, QueueFullError, Worker, new_secret

_PATIENCE = 3.0
"""Seconds for which the progress of a job that has not arrived yet is waited for."""
TICK = 0.1
MINUTE = 60.0
ENDS = ("done", "failed", "cancelled")
"""Stages of jobs that are over."""
MOST_IN_ORDER = 1_000_000
"""Bytes that say which results an archive is to have."""
REFUSED: dict[type[EnhanceError], tuple[int, str]] = {
    TooLargeError: (413, "too_many_pixels"),
    networks.NoWeightsError: (422, "no_weights"),
    MaskError: (422, "bad_mask"),
    SentenceError: (422, "bad_sentence"),
    ModelError: (422, "bad_model"),
    EnhanceError: (422, "bad_photo"),
}
"""What is answered to an error of a job: the first of these that it is."""
JobName = Annotated[str, Path(pattern=f"^{NAME}$", description="The job's name.")]
Secret = Annotated[str, Header(alias="Job-Secret", description="The job's secret.")]
_SECRET = re.compile(r"[\x21-\x7e]{16,128}")


class Service:
    """The handlers of all requests, and the worker behind them."""

    def __init__(self, limits: Limits, access: Access) -> None:
        self.limits, self.access = limits, access
        self.worker = Worker(limits.places, limits.workers, limits.kept_seconds, limits.kept_bytes)
        self.uploads = Uploads(limits)
        self.looking = Looking()
        self.meter = Meter(self.worker)
        self.visits: dict[str, deque[float]] = {}
        self.unwaited: set[asyncio.Task[None]] = set()
        self.closing, self.loading = False, "loading"

    @contextlib.asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:  # noqa: ARG002
        warming = asyncio.create_task(self.warm())
        yield
        self.end()
        warming.cancel()
        await asyncio.to_thread(self.worker.close, 1.0)

    async def warm(self) -> None:
        """Load networks, so that the first visitor need not wait for them; until then the service is not ready."""
        try:
            await asyncio.to_thread(networks.warm)
            self.loading = ""
        except EnhanceError:
            self.loading = "weights are missing"

    def end(self) -> None:
        """Take no more jobs, drop those that wait, and give those at work their grace."""
        if self.closing:
            return
        self.closing = True
        for job in self.worker.jobs:
            if job.stage == "waiting":
                job.cancel()
        with contextlib.suppress(RuntimeError):  # there is no loop any more
            asyncio.get_running_loop().call_later(self.limits.grace, self.cancel_all)

    def cancel_all(self) -> None:
        """End the jobs at work, before their next bands."""
        for job in self.worker.jobs:
            job.cancel()

    # Jobs

    async def post(self, endpoint: Endpoint, request: Request, query: Any, secret: str) -> Response:
        """Do what is asked for, or begin it."""
        options = taken(JobOptions, query)
        if "box" in type(query).model_fields:
            try:
                taken(PartOptions, query).edges()
            except ValueError as wrong:
                raise RefusedError(422, "bad_option", str(wrong)) from None
        if secret and not _SECRET.fullmatch(secret):
            raise RefusedError(422, "bad_option", "Job-Secret is 16 to 128 characters, without blanks")
        client = request.client.host if request.client else ""
        job = Job(options.job or "", secret, client, options.keep or not options.wait, endpoint.quick)
        if job.keep:
            job.name, job.secret = job.name or f"job-{new_secret()[:20]}", job.secret or new_secret()
        self.admit(job)
        body = await self.received(endpoint, request, job)
        accept = request.headers.get("accept", "")
        order = Order(job, body, query, ending_for(accept, query), self.limits, self.looking)
        if not options.wait:
            return self.begun(endpoint, order)
        watch = asyncio.create_task(self.watch(request, job))
        try:
            return await asyncio.to_thread(rendered, await self.done(endpoint, order), accept)
        finally:
            watch.cancel()
            self.worker.leave(job)

    async def received(self, endpoint: Endpoint, request: Request, job: Job) -> Body:
        """What was sent; the job is in the queue then.

        Raises:
            RefusedError: it did not arrive as it must, the job was cancelled meanwhile, or the queue is full.
        """
        try:
            self.worker.arrive(job)
        except NameTakenError:
            raise RefusedError(409, "name_taken", "another job is called that; choose another name") from None
        try:
            if endpoint.parts:
                body = await self.uploads.pictures(request, endpoint.parts)
            else:
                body = await self.uploads.sentence(request)
            if job.cancelled:
                raise RefusedError(409, "cancelled", "the job was cancelled")
            try:
                self.worker.enter(job)
            except QueueFullError:
                raise self.full() from None
        except BaseException:
            job.keep = False
            self.worker.leave(job)
            raise
        return body

    def begun(self, endpoint: Endpoint, order: Order) -> Response:
        """Begin a job that nobody waits for; where it is followed, and its result fetched."""
        task = asyncio.create_task(self.finish(endpoint, order))
        self.unwaited.add(task)
        task.add_done_callback(self.unwaited.discard)
        place = f"v1/jobs/{order.job.name}"
        answer = {"job": order.job.name, "secret": order.job.secret, "status": place}
        return JSONResponse(
            {**answer, "events": f"{place}/events", "result": f"{place}/result"}, 202, {"location": f"/{place}"}
        )

    def admit(self, job: Job) -> None:
        """Admit a job if there is a place left.

        Raises:
            RefusedError: not now.
        """
        limits = self.limits
        if self.closing:
            raise RefusedError(503, "stopping", "the service is ending", {"retry-after": "10"})
        if self.worker.full:
            raise self.full()
        if limits.per_client and self.worker.of_client(job.client) >= limits.per_client:
            raise RefusedError(
                429,
                "client_busy",
                f"you have {counted(limits.per_client, 'photo')} at work already; wait until one is done",
                {"retry-after": self.worker.retry_after()},
            )
        if limits.rate:
            now = time.monotonic()
            self.visits = {who: times for who, times in self.visits.items() if times and times[-1] > now - MINUTE}
            times = self.visits.setdefault(job.client, deque())
            while times and times[0] <= now - MINUTE:
                times.popleft()
            if len(times) >= limits.rate:
                wait = {"retry-after": str(max(1, round(times[0] + MINUTE - now + 0.5)))}
                raise RefusedError(
                    429, "client_busy", f"more than {counted(limits.rate, 'photo')} a minute; wait a little", wait
                )
            times.append(now)

    def full(self) -> RefusedError:
        """Return the error for a full queue."""
        after = self.worker.retry_after()
        return RefusedError(
            429,
            "queue_full",
            f"the queue, of {counted(self.limits.places, 'photo')}, is full; try again in {after} s",
            {"retry-after": after},
        )

    async def watch(self, request: Request, job: Job) -> None:
        """A client that goes away takes its job along."""
        while not await request.is_disconnected():
            await asyncio.sleep(TICK)
        job.cancel()

    async def finish(self, endpoint: Endpoint, order: Order) -> None:
        """A job that nobody waits for."""
        try:
            with contextlib.suppress(RefusedError):
                await self.done(endpoint, order)
        finally:
            self.worker.leave(order.job)

    async def done(self, endpoint: Endpoint, order: Order) -> Made:
        """What came of a job; it is noted there, too.

        Raises:
            RefusedError: nothing, and why.
        """
        job = order.job
        try:
            with self.meter.seconds.labels(endpoint.path).time():
                result = await self.run_job(endpoint, order)
        except RefusedError as wrong:
            job.stage = "cancelled" if wrong.code == "cancelled" else "failed"
            job.error = wrong.status, wrong.code, wrong.message
            raise
        except BaseException as wrong:
            job.stage, job.error = "failed", (500, "internal", f"our fault: {type(wrong).__name__}")
            raise
        job.stage = "done"
        job.answer = result if job.keep else None
        return result

    async def run_job(self, endpoint: Endpoint, order: Order) -> Made:
        """The worker's answer, in time."""
        limits, job = self.limits, order.job
        try:
            result = await self.worker.run(job, lambda _: endpoint.work(order), limits.seconds)
        except TimeoutError:
            message = f"not done within {limits.seconds:g} s; try a smaller part"
            raise RefusedError(503, "took_too_long", message, {"retry-after": self.worker.retry_after()}) from None
        except asyncio.CancelledError:
            if not job.cancelled:
                raise
            raise self.gone() from None
        except UncalibratedError:
            raise RefusedError(422, "no_map", "this network was not measured for that yet") from None
        except EnhanceError as wrong:
            status, code = next(answer for kind, answer in REFUSED.items() if isinstance(wrong, kind))
            raise RefusedError(status, code, plainly(str(wrong))) from None
        if job.cancelled:
            raise self.gone()
        return result

    def gone(self) -> RefusedError:
        """Return the error for a job that was cancelled."""
        if self.closing:
            return RefusedError(503, "stopping", "the service is ending", {"retry-after": "10"})
        return RefusedError(409, "cancelled", "the job was cancelled")

    # What is asked of jobs

    def job(self, name: str) -> Job:
        job = self.worker.named(name)
        if job is None:
            raise RefusedError(404, "no_such_job", "no job is called that, or it is done and forgotten")
        return job

    def finished(self, name: str, secret: str) -> Made:
        """Return the result of a job to a client that knows its secret."""
        job = self.job(name)
        if not job.knows(secret):
            raise RefusedError(403, "wrong_secret", "the job has another secret; send it as Job-Secret")
        if job.error is not None:
            raise RefusedError(*job.error)
        if job.answer is None:
            raise RefusedError(409, "not_done", f"the job is not done: {job.stage}", {"retry-after": "1"})
        return job.answer

    async def state(self, name: JobName) -> answers.JobAnswer:
        """How far a job is."""
        job = self.job(name)
        wrong = None if job.error is None else answers.Wrong(code=job.error[1], message=job.error[2])
        result = f"v1/jobs/{name}/result" if job.answer is not None else None
        return answers.JobAnswer(
            job=name,
            stage=job.stage,
            before=self.worker.place(job),
            share=round(job.share, 2),
            result=result,
            error=wrong,
        )

    async def result(self, name: JobName, request: Request, secret: Secret = "") -> Response:
        """What a job made."""
        result, accept = self.finished(name, secret), request.headers.get("accept", "")
        return await asyncio.to_thread(rendered, result, accept)  # base64 of many megabytes takes its time

    async def facts(self, name: JobName, secret: Secret = "") -> dict[str, Any]:
        """What there is to say of what a job made, without its pictures."""
        return self.finished(name, secret).facts

    async def zip(self, request: Request) -> Response:
        """The pictures of several jobs in one archive."""
        content = await self.uploads.receive(request, MOST_IN_ORDER)
        try:
            order = answers.ZipOrder.model_validate_json(content)
        except ValidationError as wrong:
            first = wrong.errors()[0]
            if first["type"] == "json_invalid":
                raise RefusedError(400, "bad_json", "the body is no JSON") from None
            where = ".".join(str(part) for part in first["loc"])
            raise RefusedError(422, "bad_option", f"{where or 'the body'}: {first['msg']}"[:200]) from None
        results = [(item, self.finished(item.job, item.secret)) for item in order.jobs]
        return Response(
            await asyncio.to_thread(zipped, results),
            media_type="application/zip",
            headers={"content-disposition": 'attachment; filename="photos.zip"'},
        )

    async def cancel(self, name: JobName, secret: Secret = "") -> Response:
        """Cancel a job, or forget what it made."""
        job = self.job(name)
        if not job.knows(secret):
            raise RefusedError(403, "wrong_secret", "the job has another secret; send it as Job-Secret")
        job.cancel()
        self.worker.forget(job)
        return Response(status_code=204)

    async def events(self, name: JobName) -> StreamingResponse:
        """How far a job is, as it goes on."""

        async def said() -> AsyncIterator[str]:
            waited, before, last = 0.0, "", "done"
            while not self.closing:
                job = self.worker.named(name)
                if job is None:
                    if before or waited > _PATIENCE:
                        break
                else:
                    last = job.stage
                    if last in ENDS:
                        break
                    event = {"stage": job.stage, "before": self.worker.place(job), "share": round(job.share, 2)}
                    now = json.dumps(event)
                    if now != before:
                        yield f"data: {now}\n\n"
                        before = now
                await asyncio.sleep(TICK)
                waited += TICK
            yield f"event: end\ndata: {json.dumps({'stage': last if last in ENDS else 'done', 'before': 0})}\n\n"

        return StreamingResponse(said(), media_type="text/event-stream")

    # About

    async def told_limits(self) -> answers.LimitsAnswer:
        """What the service takes, and what it can do."""
        limits = self.limits
        return answers.LimitsAnswer(
            upload_bytes=limits.body,
            look_pixels=limits.look,
            draw_pixels=limits.draw,
            result_pixels=limits.result,
            seconds=limits.seconds,
            places=limits.places,
            kept_seconds=limits.kept_seconds,
            kept_bytes=limits.kept_bytes,
            tasks=networks.weights(),
        )

    async def models(self) -> answers.ModelsAnswer:
        """The networks that are here."""
        shipped = await asyncio.to_thread(models)
        keys = ("task", "scale", "licence", "pictures")
        return answers.ModelsAnswer(
            models=[
                answers.ModelAnswer(name=name, **{key: facts[key] for key in keys if key in facts})
                for name, facts in shipped.items()
            ]
        )

    def how(self, status: str) -> answers.HealthAnswer:
        return answers.HealthAnswer(status=status, jobs=len(self.worker.jobs), places=self.limits.places)

    async def health(self) -> answers.HealthAnswer:
        """Whether the service is alive."""
        return self.how("ok")

    async def ready(self) -> Any:
        """Whether it would take a photo now."""
        status = "stopping" if self.closing else "full" if self.worker.full else self.loading or "ok"
        return JSONResponse(self.how(status).model_dump(), 200 if status == "ok" else 503)

    async def metrics(self) -> Response:
        """Counts and times, for Prometheus."""
        return Response(generate_latest(self.meter.registry), media_type="text/plain; version=0.0.4")
