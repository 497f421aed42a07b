from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from curves import add_tenor, business_days, business_times, years_between
from curves._quantlib.calendars import add_business_days, is_business_day, next_business_day
from instruments.ground.errors import InputError

D = dt.date


@pytest.mark.parametrize(
    ("start", "tenor", "end"),
    [
        (D(2025, 1, 31), "1M", D(2025, 2, 28)),
        (D(2024, 2, 29), "1Y", D(2025, 2, 28)),
        (D(2025, 11, 30), "3M", D(2026, 2, 28)),
        (D(2025, 12, 20), "12M", D(2026, 12, 20)),
        (D(2025, 10, 3), "2W", D(2025, 10, 17)),
        (D(2025, 10, 3), "1D", D(2025, 10, 4)),
    ],
)
def test_tenors(start: dt.date, tenor: str, end: dt.date) -> None:
    assert add_tenor(start, tenor) == end


def test_years_are_act_365() -> None:
    assert years_between(D(2024, 1, 1), D(2025, 1, 1)) == 366 / 365
    assert years_between(D(2025, 1, 2), D(2025, 1, 1)) == -1 / 365


def test_thanksgiving_and_christmas_are_no_business_days() -> None:
    days = business_days(D(2025, 11, 24), D(2025, 12, 26))
    assert D(2025, 11, 24) not in days
    assert D(2025, 11, 27) not in days
    assert D(2025, 12, 25) not in days
    assert days[0] == D(2025, 11, 25)
    assert days[-1] == D(2025, 12, 26)
    assert len(days) == 22


def test_a_last_day_off_is_appended() -> None:
    assert business_days(D(2025, 10, 2), D(2025, 10, 5)) == (D(2025, 10, 3), D(2025, 10, 5))
    assert business_days(D(2025, 10, 3), D(2025, 10, 4)) == (D(2025, 10, 4),)


def test_no_days_at_all() -> None:
    assert business_days(D(2025, 10, 3), D(2025, 10, 3)) == ()
    assert business_times(D(2025, 10, 3), D(2025, 10, 3)).shape == (0,)


def test_reversed_dates_are_refused() -> None:
    with pytest.raises(InputError, match="at or after 2025-10-03"):
        business_days(D(2025, 10, 3), D(2025, 10, 2))


def test_times_are_years_of_the_days() -> None:
    start = D(2025, 10, 3)
    times = business_times(start, D(2030, 10, 3))
    assert times.tolist() == [years_between(start, day) for day in business_days(start, D(2030, 10, 3))]
    assert 250 * 5 <= times.size <= 253 * 5
    assert bool((np.diff(times, prepend=0.0) > 0).all())
    with pytest.raises(ValueError, match="read-only"):
        times[0] = 0.0


def test_single_days() -> None:
    assert not is_business_day(D(2025, 10, 4))
    assert next_business_day(D(2025, 10, 4)) == D(2025, 10, 6)
    assert next_business_day(D(2025, 10, 3)) == D(2025, 10, 3)
    assert add_business_days(D(2025, 10, 3), 1) == D(2025, 10, 6)
    assert add_business_days(D(2025, 10, 6), -1) == D(2025, 10, 3)
