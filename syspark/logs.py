"""One way to write a line: structlog and the standard library through the same redaction, as text or as JSON.

Lines go to standard error, unbuffered by us: a process that is killed has written what it said it did.
"""

import contextlib
import logging
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict

from syspark.redaction import Redactor, escape_controls
from syspark.settings import LogFormat, LogLevel

Logger = structlog.stdlib.BoundLogger
_MANY_LINES = frozenset({"exception", "stack"})


class _LineHandler(logging.StreamHandler[TextIO]):
    """Our handler among those of others, and one that never prints a record it could not format."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """Say that a line was lost, and where; the standard library would print its unredacted arguments."""
        error = sys.exc_info()[0]
        name = error.__name__ if error is not None else "error"
        with contextlib.suppress(OSError, ValueError):  # the stream itself is gone: nobody is left to tell
            self.stream.write(f"a log line of {record.module}:{record.lineno} could not be written ({name})\n")


def configure(
    level: LogLevel = LogLevel.INFO,
    form: LogFormat = LogFormat.CONSOLE,
    *,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> Redactor:
    """Route every logger of the process to `stream` (standard error). Calling it again replaces what it set up.

    Returns the redactor in use: whoever learns of a new secret registers it there.
    """
    redactor = Redactor(*secrets)
    output = stream if stream is not None else sys.stderr
    handler = _LineHandler(output)
    handler.setFormatter(_formatter(form, redactor, colors=output.isatty()))
    root = logging.getLogger()
    for former in [handler for handler in root.handlers if isinstance(handler, _LineHandler)]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(level)
    # It tells of each request: at INFO that is nobody's news.
    logging.getLogger("stripe").setLevel(logging.WARNING if level is LogLevel.INFO else logging.NOTSET)
    # Its warnings are second errors, behind one that it raises; those of its pool are not.
    logging.getLogger("psycopg").setLevel(logging.NOTSET if level is LogLevel.DEBUG else logging.ERROR)
    logging.getLogger("psycopg.pool").setLevel(level)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return redactor


def get_logger(name: str) -> Logger:
    """A structured logger: `log.info("committed", rows=3)`. The event is a constant, what varies goes into keys."""
    return cast("Logger", structlog.get_logger(name))


def correlated(correlation_id: str, **ids: str) -> AbstractContextManager[None]:
    """Within the block, and in tasks started in it, every line carries `correlation_id` and these ids."""
    return structlog.contextvars.bound_contextvars(correlation_id=correlation_id, **ids)


class _Redaction:
    """The last step before a line is rendered: nothing added later escapes it."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        return {
            self._redactor.name(key): self._lines(value) if key in _MANY_LINES else self._redactor.value(value, key)
            for key, value in event.items()
        }

    def _lines(self, text: str) -> str:
        """Each line marked, so that a line end inside an error's message cannot begin a line that looks like ours."""
        kept = self._redactor.text(text, longest=32 * 1024)
        return "\n".join(f"  | {escape_controls(line)}" for line in kept.split("\n"))


def _formatter(form: LogFormat, redactor: Redactor, *, colors: bool) -> logging.Formatter:
    console = structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            _Redaction(redactor),
            structlog.processors.JSONRenderer() if form is LogFormat.JSON else console,
        ],
    )
