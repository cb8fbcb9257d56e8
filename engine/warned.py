"""What was warned of while something ran, to be told again in its report."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

_PACKAGE = __name__.rpartition(".engine.")[0]


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text not in self.texts:
            self.texts.append(text)


@contextlib.contextmanager
def heard() -> Iterator[list[str]]:
    """Yield a list that grows by the text of every warning of this package, each once, until the block ends."""
    listener, log = _Listener(), logging.getLogger(_PACKAGE)
    log.addHandler(listener)
    try:
        yield listener.texts
    finally:
        log.removeHandler(listener)
