"""Guarantees of a loan: for a payment shortfall, or only where the borrower's side has acted in bad faith."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from instruments.ground.base import Terms
from instruments.ground.keys import Name
from instruments.ground.units import Fraction, PositiveUsd


class Guarantee(Terms):
    """The guarantor pays what a loan has lost after enforcement, up to a cap; a guarantor in default pays its recovery rate.

    `bad_acts` pays only where the operator's default came with fraud, misappropriation or voluntary bankruptcy of the vehicle.
    """

    kind: Literal["guarantee"] = "guarantee"
    guarantor: Name
    """Who pays."""
    loan: Name
    """The contract guaranteed."""
    form: Literal["bad_acts", "payment"]
    """What makes it due."""
    cap_usd: PositiveUsd | None = None
    """Most it pays; null is the whole shortfall."""
    bad_act_odds: Fraction = 0.0
    """Chance that a default of the operator comes with a bad act."""
    payment_lag_months: Annotated[int, Field(ge=0, le=36)] = 6
    """Months from the end of enforcement to payment."""
