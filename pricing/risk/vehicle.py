"""The default of a facility's vehicle beside its own curve, where its party has a credit: what its cash explains, and what is left."""

from __future__ import annotations

import numpy as np

from curves import Market, survival_curve
from instruments.ground.errors import CalibrationError
from pricing.engines.facility_default import fit_dates, fitted_residual
from pricing.engines.facility_run import FacilityRun
from pricing.ledger import facility as k
from pricing.paths.residual import alive_share
from pricing.results import Row

METHOD = "simulation"


def vehicle_rows(run: FacilityRun, market: Market) -> tuple[Row, ...]:
    """Odds by year that the vehicle defaults on its own cash, and of the residual that brings the total to its curve.

    **Model** `pricing.paths.residual`; the endogenous default is the facility's event of default. Where cash explains more than the curve,
    the residual is void.

    Args:
        run: of the endogenous model. The facility's value knows the residual by method `endogenous_with_residual`
            (`pricing.engines.facility_default`), and by no other.

    Returns:
        Nothing where the borrower has no credit.
    """
    facility = run.facility
    key = facility.deal.parties[facility.loan.borrower].credit
    if key is None:
        return ()
    years, maturity = facility.times, facility.plan.maturity
    month = run.outcomes[k.DEFAULT_MONTH].astype(np.int64)
    dates = fit_dates(maturity)
    curve = survival_curve(market, key).survival(years)
    alive = alive_share(month, len(years))
    left, why = None, "causes other than cash, independent of prices"
    try:
        left = fitted_residual(run, market, key).left
    except CalibrationError as error:
        why = f"void: {error.problems[0].allowed}"
    made: list[Row] = []

    def add(measure: str, date: int, value: float | None, error: float | None, note: str) -> None:
        made.append(
            Row(
                deal=facility.deal.id, contract=facility.loan_id, kind="facility", party=facility.loan.borrower, date=facility.dates[date],
                measure=measure, probability="pricing", value=value, standard_error=error, error_note=note, method=METHOD,
            )
        )  # fmt: skip

    for date in dates.tolist():
        odds = 1.0 - float(alive[date])
        spread = float(np.sqrt(odds * (1.0 - odds) / run.paths))
        add("endogenous_default_probability", date, odds, spread, f"the curve of {key} has {1.0 - float(curve[date]):.4g}")
        rest = None if left is None else 1.0 - float(left[date])
        # R = S / S_e: its error is that of S_e
        error = None if left is None else float(left[date]) * spread / float(alive[date])
        add("residual_default_probability", date, rest, error, why)
    return tuple(made)
