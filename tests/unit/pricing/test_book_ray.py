"""A local Ray, where it is installed: gpufin does not ask for it.

pip install ray && python -m pytest -m slow tests/unit/pricing/test_book_ray.py
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from instruments.ground.errors import BatchError
from pricing import price_book
from pricing.books.executors import in_order
from tests.books import book_market, mixed_frame

ray = pytest.importorskip("ray", reason="pip install ray")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


class OnRay:
    """The adapter of `pricing.books.executors`."""

    def submit(self, work: Any, item: Any) -> Any:
        return ray.remote(work).remote(item).future()


def _die(code: int) -> None:
    os._exit(code)


def test_the_same_bytes_and_a_word_of_a_lost_worker() -> None:
    frame, market = mixed_frame(20), book_market()
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        assert price_book(frame, market, executor=OnRay()).results.equals(price_book(frame, market).results)  # type: ignore[arg-type]
        with pytest.raises(BatchError, match="a worker of the executor was lost"):
            list(in_order(OnRay(), _die, [1]))  # type: ignore[arg-type]
    finally:
        ray.shutdown()
