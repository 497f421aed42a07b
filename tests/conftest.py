"""What every test shares: hypothesis profiles, and QuantLib's global settings put back after each test."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

# Speed of generation says nothing about the code under test, and machines that run tests are busy.
_SLOW_IS_FINE = [HealthCheck.too_slow]
settings.register_profile(
    "quick", derandomize=True, deadline=None, max_examples=40, print_blob=True, database=None, suppress_health_check=_SLOW_IS_FINE
)
settings.register_profile("deep", deadline=None, max_examples=1000, print_blob=True, suppress_health_check=_SLOW_IS_FINE)
settings.register_profile("unshrunk", parent=settings.get_profile("quick"), phases=(Phase.explicit, Phase.generate))
settings.load_profile(os.environ.get("GPUFIN_HYPOTHESIS", "quick"))


@pytest.fixture(autouse=True)
def quantlib_settings() -> Iterator[None]:
    """Evaluation date, flags and fixings as they were before the test. Costs nothing where QuantLib is not loaded."""
    if "QuantLib" not in sys.modules:
        yield
        if "QuantLib" in sys.modules:
            ql = sys.modules["QuantLib"]
            ql.Settings.instance().evaluationDate = ql.Date()  # the null date: today, as in a fresh process
            ql.IndexManager.instance().clearHistories()
        return
    ql = sys.modules["QuantLib"]
    with ql.SavedSettings():
        yield
    ql.IndexManager.instance().clearHistories()
