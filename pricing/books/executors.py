"""Who does the work: this process, threads, processes, a Dask cluster, or whatever has the interface of `concurrent.futures`.

All that a book asks of an executor is `submit(work, item)` that gives a future with `result()` and `cancel()`. Ray, for example, fits with

    class OnRay:
        def submit(self, work, item):
            return ray.remote(work).remote(item).future()

and `price_book(book, market, executor=OnRay())`. What crosses over are frames, terms and quotes: nothing of QuantLib. Checked against:
tests/unit/pricing/test_book_cluster.py (a Dask cluster), tests/unit/pricing/test_book_ray.py (a local Ray, where it is installed).
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from instruments.ground.errors import BatchError, InputError
from instruments.ground.messages import problem

IN_FLIGHT = 32
"""Pieces of work that wait or run at a time: what bounds the memory, with their size."""
W = TypeVar("W")
R = TypeVar("R")
EXPECTED = "serial, threads:N, processes:N or dask:ADDRESS"


def in_order(executor: Executor | None, work: Callable[[W], R], items: Iterable[W]) -> Iterator[R]:
    """`work` of every item, results in the order of the items; at most `IN_FLIGHT` are under way.

    Raises:
        BatchError: a worker died; what came before has been handed over.
    """
    if executor is None:
        yield from map(work, items)
        return
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(executor.submit(work, item))
            if len(waiting) >= IN_FLIGHT:
                yield _done(waiting.popleft())
        while waiting:
            yield _done(waiting.popleft())
    except BrokenExecutor as error:  # a pool that is broken refuses new work as well
        raise BatchError(_died(error)) from error
    finally:
        for future in waiting:
            future.cancel()


def _done(future: Future[R]) -> R:
    try:
        return future.result()
    except Exception as error:
        if _is_loss(error):
            raise BatchError(_died(error)) from error
        raise


def _is_loss(error: Exception) -> bool:
    """Whether an engine says that it lost the work; Ray gives what the work itself raised as an error that is both."""
    engine = type(error).__module__.split(".")[0]
    return engine == "distributed" or (engine == "ray" and not type(error).__name__.startswith("RayTaskError"))


def _died(error: Exception) -> Any:
    why = " ".join(str(error).split())[:160] or type(error).__name__
    return problem("worker_died", subject="executor", why=why)


@contextmanager
def executor_named(text: str | None) -> Iterator[Executor | None]:
    """The executor that a text names, closed afterwards; None works in this process.

    Args:
        text: 'serial', 'threads:4', 'processes:4' or 'dask:tcp://10.0.0.1:8786'. Processes are spawned: nothing of QuantLib crosses over.

    Raises:
        InputError: another text, or Dask is not installed. BatchError: no cluster answers.
    """
    name, _, rest = (text or "serial").partition(":")
    if name == "serial" and not rest:
        yield None
    elif name in ("threads", "processes") and rest.isdigit() and 1 <= int(rest) <= 4096:
        with _pool(name, int(rest)) as pool:
            yield pool
    elif name == "dask" and rest:
        with _dask(rest) as pool:
            yield pool
    else:
        raise InputError(problem("bad_option", subject="executor", value=text or "", expected=EXPECTED, hint="for example processes:4"))


def _pool(name: str, count: int) -> Executor:
    if name == "threads":
        return ThreadPoolExecutor(count)
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))


@contextmanager
def _dask(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client  # an extra: pip install 'dask[distributed]'
    except ImportError as error:
        raise InputError(
            problem("bad_option", subject="executor", value="dask", expected="installed", hint="pip install 'dask[distributed]'")
        ) from error
    try:
        client = Client(address, timeout="5s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise BatchError(problem("worker_died", subject=f"dask:{address}", why="no scheduler answers there")) from error
    try:
        # pure=False: a piece is work to do, not a value to look up
        yield client.get_executor(pure=False)
    finally:
        client.close()
