"""From term rental rates to forwards: what one hour at T costs, if one price covers every hour until T."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from curves.arrays import ArrayRecord, FloatArray, bad_argument, checked_times, finite_array, read_only
from curves.rates.curve import DiscountCurve

Payment = Literal["even", "prepaid"]
"""Paid evenly over the term, or all at its start."""


def forward_from_term_rate(
    *,
    rate: npt.ArrayLike,
    slope: npt.ArrayLike,
    years: npt.ArrayLike,
    annuity: npt.ArrayLike,
    discount: npt.ArrayLike,
    payment: Payment = "even",
) -> FloatArray:
    """Forward price of an hour at T from the term rate R(T) and its slope, for a batch.

    Model: paid evenly, the rents until T are worth R(T) A(T), A(T) the integral of D to T; prepaid they are worth T R(T). An hour at T is
    the derivative of that over D(T): R + R' A / D, or (R + T R') / D. Not modelled: what a reservation is worth as access.

    Args:
        rate: R(T), USD per hour, above 0.
        slope: dR/dT, USD per hour per year.
        years: T, at or above 0.
        annuity: A(T), years; at zero rates it is T.
        discount: D(T), above 0.
        payment: 'even' or 'prepaid'.

    Returns:
        USD per hour, broadcast shape; negative where term rates fall faster than any hour can.

    Limits: a flat term rate is its own forward when paid evenly; at T = 0 both are R(0).

    Source: own derivation; Bandi and Su (2026), arXiv 2607.12156, has the undiscounted case d/dT [T R].

    Example:
        >>> flat = {"rate": 1.4, "slope": -0.2, "years": 3.0, "annuity": (1 - np.exp(-0.12)) / 0.04, "discount": np.exp(-0.12)}
        >>> round(float(forward_from_term_rate(**flat)), 3), round(float(forward_from_term_rate(**flat, payment="prepaid")), 3)
        (0.763, 0.902)

    Checked against: tests/unit/curves/test_term_rates.py (by hand; quadrature of the fitted curve).
    """
    r, s, t, a, d = (
        finite_array("forward_from_term_rate", name, value)
        for name, value in (("rate", rate), ("slope", slope), ("years", years), ("annuity", annuity), ("discount", discount))
    )
    return r + s * a / d if payment == "even" else (r + t * s) / d


@dataclass(frozen=True, slots=True, eq=False)
class TermRates(ArrayRecord):
    """Term rates at quoted terms, joined by a monotone cubic, and the forwards that they imply.

    Model: R(T) is the shape-preserving cubic of Fritsch and Carlson through the spot at 0 and the quotes, so that every quote is met and
    forwards are continuous; beyond the last quote the forward stays. A straight line of quotes stays a straight line.

    Raises:
        InputError: fewer than two nodes, times that do not rise from 0, a rate not above 0.
    """

    key: str
    """Market key: 'rent:H100'."""
    times_years: FloatArray
    """Terms [node], the first 0."""
    rates: FloatArray
    """USD per hour [node]; the first is the spot."""
    payment: Payment
    """How they are paid."""
    discount: DiscountCurve
    """Of the same date."""

    def __post_init__(self) -> None:
        times, rates = finite_array(self.key, "times_years", self.times_years), finite_array(self.key, "rates", self.rates)
        if times.shape != rates.shape or times.size < 2 or times[0] != 0.0 or not bool((np.diff(times) > 0.0).all()):
            raise bad_argument(self.key, "terms", times, "rising from 0, one rate each", "sort the terms; the spot stands at 0")
        if float(rates.min()) <= 0.0:
            raise bad_argument(self.key, "terms", float(rates.min()), "above 0", "check the rates")
        object.__setattr__(self, "times_years", read_only(times))
        object.__setattr__(self, "rates", read_only(rates))

    def rate(self, years: npt.ArrayLike) -> FloatArray:
        """R(T) at times up to the last quote, same shape."""
        return np.asarray(self._cubic()(np.minimum(checked_times(self.key, "years", years), self.times_years[-1])), dtype=np.float64)

    def forward(self, years: npt.ArrayLike) -> FloatArray:
        """F(T) implied by the rates, same shape as the times; flat beyond the last term.

        Raises:
            InputError: the rates fall so fast that an hour would cost less than nothing; the term is named.
        """
        times = np.minimum(checked_times(self.key, "years", years), self.times_years[-1])
        cubic = self._cubic()
        found = forward_from_term_rate(
            rate=cubic(times),
            slope=cubic(times, 1),
            years=times,
            annuity=self.discount.annuity(times),
            discount=self.discount.discount(times),
            payment=self.payment,
        )
        if found.size and float(found.min()) <= 0.0:
            worst = float(times.flat[int(found.argmin())])
            raise bad_argument(
                self.key,
                "terms",
                f"a forward of {float(found.min()):.3g} at {worst:.2f} years",
                "above 0",
                "the term rates fall too fast there",
            )
        return found

    def _cubic(self) -> PchipInterpolator:
        return cast(PchipInterpolator, PchipInterpolator(self.times_years, self.rates))
