"""Random streams: one generator for each (seed, key, block of 4,096 paths), whatever the number of workers.

A stream belongs to a market key or contract id, so adding a driver never moves the numbers of another, and alternatives of one
deal are compared on the same paths.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from hashlib import sha256
from typing import TypeVar

import numpy as np

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.progress import follow

BLOCK = 4096
"""Paths in a block: the unit of simulation, streaming and reduction."""
T = TypeVar("T")


@lru_cache(maxsize=4096)
def _key_words(key: str) -> tuple[int, ...]:
    digest = sha256(key.encode()).digest()
    return tuple(int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4))


def generator(seed: int, key: str, block: int) -> np.random.Generator:
    """The generator of one block of one stream (SFC64 seeded by a hash of seed, key and block)."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, block, *_key_words(key)])))


def blocks_for(paths: int) -> int:
    """Whole blocks that hold at least `paths` paths."""
    if paths < 1 or paths > 2**31:
        raise InputError(
            problem("bad_option", subject="paths", value=paths, expected="between 1 and 2147483648", hint="give a number of paths")
        )
    return -(-paths // BLOCK)


def check_seed(seed: int) -> int:
    """The seed, if it is a non-negative whole number."""
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(
            problem("bad_option", subject="seed", value=seed, expected="a whole number at or above 0", hint="give a seed such as 0")
        )
    return seed


def workers(threads: int | None) -> int:
    """Threads to use: as asked, or one per processor."""
    if threads is None:
        return max(1, os.cpu_count() or 1)
    if threads < 1:
        raise InputError(
            problem("bad_option", subject="threads", value=threads, expected="1 or more", hint="leave it out to use every processor")
        )
    return threads


def run_blocks(work: Callable[[int], T], count: int, threads: int | None, what: str = "blocks of paths") -> Iterator[T]:
    """`work(block)` for every block, results in block order, so that sums do not depend on the number of threads.

    At most two results per thread wait in memory: a slow reader holds the workers back.
    """
    return follow(_in_order(work, count, threads), what, count)


def _in_order(work: Callable[[int], T], count: int, threads: int | None) -> Iterator[T]:
    size = min(workers(threads), count)
    if size == 1:
        yield from map(work, range(count))
        return
    with ThreadPoolExecutor(size) as pool:
        waiting = [pool.submit(work, block) for block in range(min(2 * size, count))]
        for block in range(count):
            done = waiting[block].result()
            if len(waiting) < count:
                waiting.append(pool.submit(work, len(waiting)))
            yield done
