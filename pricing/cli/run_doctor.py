"""`gpufin doctor`: does this installation work? Versions, a known answer from every layer, and which optional parts are there."""

from __future__ import annotations

import os
import platform
from argparse import Namespace
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

NEEDED = ("gpufin", "numpy", "scipy", "polars", "pydantic", "hypothesis", "numba", "QuantLib")
OPTIONAL = {"plotly": "plotly", "distributed": "'dask[distributed]'"}
"""Module of an optional part to what installs it."""
TOUCH_USD = 70.62
"""A penny claim on a share at 100 that touches 120 within a year, volatility 40 %, no rate."""
TOUCH_ABS = 5e-3


def run(arguments: Namespace) -> int:
    """Exit code 0 where everything that is needed works, 2 otherwise."""
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors")
    for name in NEEDED:
        print(f"{name} {_version(name)}")
    bad = 0
    for what, check in CHECKS.items():
        try:
            why = check()
        except Exception as error:  # whatever is wrong with an installation belongs in the list
            why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        print(f"{'ok    ' if why is None else 'broken'}  {what}{'' if why is None else f': {why}'}")
        bad += why is not None
    for module, package in OPTIONAL.items():
        there = find_spec(module) is not None
        print(f"{'ok    ' if there else 'absent'}  optional: {module}" + ("" if there else f" (pip install {package})"))
    return 2 if bad else 0


def _closed_form() -> str | None:
    import numpy as np

    from pricing import formulas

    found = float(np.asarray(formulas.share_or_nothing_touch(spot=100.0, target=120.0, volatility=0.4, years=1.0)))
    return None if abs(found - TOUCH_USD) < TOUCH_ABS else f"{found:.4f} where {TOUCH_USD} belongs"


def _quantlib() -> str | None:
    import datetime as dt

    from curves import business_days

    days = business_days(dt.date(2026, 7, 1), dt.date(2026, 7, 6))
    return None if days == (dt.date(2026, 7, 2), dt.date(2026, 7, 6)) else f"business days {days}"


def _kernels() -> str | None:
    import numpy as np

    from pricing import clearing

    debts = [[0.0, 20.0, 10.0], [5.0, 0.0, 24.0], [10.0, 0.0, 0.0]]
    found = clearing.clear_debts(assets=[10.0, 10.0, 10.0], debts=debts, rank="pro_rata")
    return None if np.allclose(found.paid, (1890.0 / 77.0, 2030.0 / 77.0, 10.0)) else f"clearing pays {found.paid}"


CHECKS: dict[str, Callable[[], str | None]] = {
    "closed forms: a touch claim is worth 70.62": _closed_form,
    "QuantLib: the business days of Independence Day": _quantlib,
    "compiled loops: three banks clear": _kernels,
}
"""What is looked at, each by an answer known beforehand."""


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
