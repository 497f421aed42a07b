from __future__ import annotations

import datetime as dt
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
import QuantLib as ql

from curves._quantlib.ois import bootstrap_ois
from curves._quantlib.session import refusals, session
from instruments.ground.errors import CalibrationError, InputError

OUTER, INNER = ql.Date(5, 6, 2020), dt.date(2025, 10, 3)


@pytest.fixture
def outer_date() -> object:
    saved = ql.SavedSettings()
    ql.Settings.instance().evaluationDate = OUTER
    yield OUTER
    del saved


def today() -> ql.Date:
    return ql.Settings.instance().evaluationDate


def test_date_is_set_and_restored(outer_date: object) -> None:
    with session(INNER):
        assert today() == ql.Date(3, 10, 2025)
        with session(dt.date(2026, 1, 2)):
            assert today() == ql.Date(2, 1, 2026)
        assert today() == ql.Date(3, 10, 2025)
    assert today() == outer_date


def test_date_is_restored_after_an_error(outer_date: object) -> None:
    with pytest.raises(ZeroDivisionError), session(INNER):
        1 / 0  # noqa: B018
    assert today() == outer_date
    with pytest.raises(CalibrationError):
        bootstrap_ois(INNER, ["1Y", "12M"], [0.04, 0.05], key="rates:X")
    assert today() == outer_date


def test_refusals_are_ours_and_chained() -> None:
    with (
        pytest.raises(CalibrationError, match=r"credit:X\.5Y = 0\.02.*root not bracketed") as caught,
        refusals(key="credit:X", pillar="5Y", quote=0.02),
    ):
        raise RuntimeError("root not\n bracketed")
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_years_that_quantlib_does_not_know_are_refused() -> None:
    with pytest.raises(InputError, match="1901"), session(dt.date(1850, 1, 1)):
        pass


def test_threads_do_not_see_each_other() -> None:
    dates = [dt.date(2020 + year, 3, 3) for year in range(6)]
    alone = [bootstrap_ois(date, ["1M", "2Y"], [0.04, 0.03])[1].tolist() for date in dates]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda date: bootstrap_ois(date, ["1M", "2Y"], [0.04, 0.03])[1].tolist(), dates * 3))
    assert together == alone * 3


def test_a_second_thread_waits_outside() -> None:
    entered, seen = Event(), []

    def other() -> None:
        with session(dt.date(2021, 1, 4)):
            entered.set()
            seen.append(today().year())

    with ThreadPoolExecutor(1) as pool:
        with session(INNER):
            waiting = pool.submit(other)
            assert not entered.wait(0.05)
            assert today() == ql.Date(3, 10, 2025)
        waiting.result(timeout=5)
    assert seen == [2021]


@pytest.mark.parametrize(
    ("tenors", "rates"), [([], []), (["1Y"], [0.04, 0.05]), (["1Y"], [float("nan")]), (["1Y"], [float("inf")]), (["1Y"], [-1.0])]
)
def test_unusable_quotes_never_reach_quantlib(tenors: list[str], rates: list[float]) -> None:
    with pytest.raises(InputError):
        bootstrap_ois(INNER, tenors, rates)


def test_import_loads_neither_quantlib_nor_numpy() -> None:
    code = "import sys, curves; curves.__all__; sys.exit(any(name in sys.modules for name in ('QuantLib', 'numpy', 'pydantic')))"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_a_market_is_built_and_a_flat_curve_drawn_without_quantlib() -> None:
    code = (
        "import sys, datetime as dt; from curves import Market, discount_curve;"
        "m = Market(as_of=dt.date(2025, 10, 3), rates={'X': {'kind': 'flat', 'rate': 0.04}});"
        "discount_curve(m, 'rates:X'); sys.exit('QuantLib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False).returncode == 0
