"""What holds for every test: a slow one is named at once, so that a run that is cut short shows where its time went.
And none leaves the process more urgent than others."""

import os
from collections.abc import Iterator

import pytest

SLOW = 30.0
"""Seconds from which on a test, or what it prepares and leaves, is named."""


class SlowTests:
    """A plugin that names slow tests among the dots.

    Args:
        plugins: where the terminal is found, which begins after this.
    """

    def __init__(self, plugins: pytest.PytestPluginManager) -> None:
        self.plugins = plugins

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        terminal = self.plugins.get_plugin("terminalreporter")
        if report.duration > SLOW and terminal is not None:
            terminal.ensure_newline()
            terminal.write_line(f"{report.duration:.0f} s: {report.nodeid} ({report.when})")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SlowTests(config.pluginmanager))


@pytest.fixture(autouse=True)
def as_urgent_as_before() -> Iterator[None]:
    """A real-time process, which some encoders make of root's, starves all that run beside it, and its children do."""
    if not hasattr(os, "sched_getscheduler"):
        yield
        return
    before = os.sched_getscheduler(0)
    yield
    after = os.sched_getscheduler(0)
    if after != before:
        os.sched_setscheduler(0, before, os.sched_param(0))
        pytest.fail("the test has made this process one that others cannot take the processor from")
