"""Binary tables are read by a process of their own first: a broken one can end the process that reads it.

A length in a Parquet or Arrow file that says 2 ** 61 makes the reader ask for that much memory, and a reader that gets none ends its
process at once: no exception, nothing kept. So another process reads the file before this one does. It is started for the first such
file, serves all later ones, and holds `ROWS` rows at a time. Where no process can be started, or the one that is cannot read tables (an
interpreter without polars), nothing is tried.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Lock

READY = "ready"
"""What the other process says once it can read tables."""
ROWS = 1 << 16
"""Rows that are read at a time."""


class FirstReader:
    """The other process, started when it is needed, and again when a file has ended it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0
        self._lock = Lock()

    def survives(self, path: Path) -> bool:
        """Whether a process lives on when it reads the file; an error that it can catch does not count."""
        with self._lock:
            process = self._running()
            if process is None or process.stdin is None or process.stdout is None:
                return True
            try:
                process.stdin.write(json.dumps(str(path.absolute())) + "\n")
                process.stdin.flush()
                answered = bool(process.stdout.readline())
            except BrokenPipeError:
                answered = False
            except BaseException:  # stopped from outside while it waits: an answer that comes later would be taken for another file's
                self._end()
                raise
            if not answered:
                self._end()
            return answered

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen[str] | None:
        if self._process is None or self._owner != os.getpid():  # a forked process shares no pipe with the one it came from
            self._process = _started()
            self._owner = os.getpid()
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.kill()
            process.communicate()


def _started() -> subprocess.Popen[str] | None:
    # -P: this folder's own modules stand in for no library's
    command = [sys.executable or "python3", "-P", __file__]
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return None
    if process.stdout is not None and process.stdout.readline().strip() == READY:
        return process
    process.kill()
    process.communicate()
    return None


_reader = FirstReader()
atexit.register(_reader.close)


def check_readable(path: Path) -> None:
    """Raise OSError where reading the Parquet or Arrow file ends the process that does it."""
    if not _reader.survives(path):
        raise OSError("its lengths are broken: reading it asks for more memory than there is")


def _serve() -> None:
    """Read every file that standard input names, and say so."""
    import polars as pl

    print(READY, flush=True)
    for line in sys.stdin:
        path = Path(json.loads(line))
        try:
            scan = pl.scan_ipc(path) if path.suffix.lower() == ".arrow" else pl.scan_parquet(path)
            rows = scan.select(pl.len()).collect().item()
            for start in range(0, rows, ROWS):
                scan.slice(start, ROWS).collect()
        except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
            pass  # whoever reads it next meets the same error, and says it
        print("read", flush=True)


if __name__ == "__main__":
    _serve()
