"""Where many photos are worked on: processes of this machine, or the machines of a Ray cluster."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from enhance.batch.plan import Work
    from enhance.batch.run import Engine
    from enhance.cli.command_options import Many


def engine_of(many: Many, work: Work, *, remember: bool, debug: bool) -> tuple[Engine, int]:
    """The engine that is asked for, and how many photos are begun together for it.

    Raises:
        UsageError: an option is of the other engine.
    """
    if many.engine == "ray":
        from enhance.batch.cluster import WAVE, Cluster, on_ray

        cluster = Cluster(many.address, many.cpus, many.jobs)
        return partial(on_ray, work=work, cluster=cluster, remember=remember, debug=debug), WAVE
    if many.address is not None or many.cpus is not None:
        raise click.UsageError("--address and --cpus go with --engine ray")
    from enhance.batch.processes import default_jobs, in_processes

    return partial(in_processes, work=work, jobs=many.jobs or default_jobs(), remember=remember, debug=debug), 1
