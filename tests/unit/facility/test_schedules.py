from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from instruments.contracts.loan_parts import Amortisation
from instruments.ground.tolerances import PV_REL
from pricing.schedules.amortisation import amortisation_shares, service_ahead, window_sum
from pricing.schedules.grid import day_counts, month_end, month_ends, month_index, months_to, thirty_360

AS_OF = dt.date(2026, 3, 31)
DATES = month_ends(AS_OF, 24)


def test_month_ends_start_after_the_date() -> None:
    assert DATES[0] == dt.date(2026, 4, 30)
    assert month_ends(dt.date(2026, 3, 30), 2) == (dt.date(2026, 3, 31), dt.date(2026, 4, 30))
    assert month_end(2027, 14) == dt.date(2028, 2, 29)


@pytest.mark.parametrize("as_of", [AS_OF, dt.date(2026, 3, 30), dt.date(2026, 1, 1)])
def test_counting_months_is_listing_them(as_of: dt.date) -> None:
    dates = month_ends(as_of, 40)
    for number, date in enumerate(dates):
        assert months_to(as_of, date) == number + 1
        assert month_index(as_of, date) == number
    assert month_index(as_of, as_of) == -1


def test_a_month_is_a_twelfth_in_thirty_360_also_in_february() -> None:
    assert thirty_360(AS_OF, DATES) == pytest.approx(np.full(24, 1 / 12), rel=PV_REL)
    years, days = day_counts(AS_OF, DATES)
    assert days.sum() == (DATES[-1] - AS_OF).days
    assert years[-1] == pytest.approx(days.sum() / 365.0, rel=PV_REL)


def test_an_annuity_pays_level_service_at_its_own_rate() -> None:
    shares = amortisation_shares(Amortisation(start=DATES[0], annuity_rate=0.06), DATES, 24)
    balance, paid = 1.0, []
    for share in shares:
        paid.append(balance * (0.005 + share))
        balance *= 1.0 - share
    assert balance == 0.0
    assert paid == pytest.approx([paid[0]] * 24, rel=PV_REL)


@pytest.mark.parametrize("kind", ["annuity", "straight", "bullet"])
def test_every_kind_is_repaid_at_maturity(kind: str) -> None:
    shares = amortisation_shares(Amortisation(kind=kind, start=DATES[5]), DATES, 20)  # type: ignore[arg-type]
    assert shares[:5].sum() == 0.0
    assert shares[19] == 1.0
    assert shares[20:].sum() == 0.0


def test_a_schedule_of_shares_is_taken_as_given() -> None:
    terms = Amortisation(kind="schedule", start=DATES[0], schedule={DATES[1]: 0.25})
    shares = amortisation_shares(terms, DATES, 4)
    assert list(shares[:4]) == [0.0, 0.25, 0.0, 1.0]


def test_an_annuity_without_a_rate_is_straight() -> None:
    flat = amortisation_shares(Amortisation(start=DATES[0], annuity_rate=0.0), DATES, 24)
    assert flat == pytest.approx(amortisation_shares(Amortisation(kind="straight", start=DATES[0]), DATES, 24))


def test_service_ahead_by_hand() -> None:
    coupon, shares = np.full(4, 0.01), np.array([0.0, 0.5, 0.0, 1.0])
    assert service_ahead(coupon, shares, 2, 4)[0] == pytest.approx(0.51 + 0.5 * 0.01)
    assert service_ahead(coupon, shares, 0, 4).sum() == 0.0
    assert list(window_sum(np.array([1.0, 2.0, 3.0, 4.0]), 2, 3)) == [5.0, 3.0, 0.0, 0.0]
