"""The lines of the console: one a record, whatever it says."""

from __future__ import annotations

import io

from opentelemetry.sdk._logs import LoggerProvider

from telemetry.console import ConsoleProcessor


def test_a_record_is_one_line_that_the_terminal_does_not_act_on():
    stream = io.StringIO()
    loggers = LoggerProvider(shutdown_on_exit=False)
    loggers.add_log_record_processor(ConsoleProcessor(stream))
    loggers.get_logger("t").emit(
        event_name="worker.\x1b[2Jstarted", body="a\x1b]0;b\x07\r\nc\x9b31m\u202ed ü"
    )
    (line,) = stream.getvalue().splitlines()
    assert line.endswith(r" worker.\x1b[2Jstarted a\x1b]0;b\x07\r\nc\x9b31m\u202ed ü")
