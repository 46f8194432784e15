"""What holds for every test: a slow one is named at once, so that a run that is cut short shows where its time went."""

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
