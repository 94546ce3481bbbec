"""Prints, at the end of the run, what tests have to tell: ``record_property("summary", line)``."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = [
        str(line)
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, line in getattr(report, "user_properties", ())
        if name == "summary" and getattr(report, "when", "") == "call"
    ]
    for line in lines:
        terminalreporter.write_line(line)
