"""Black's formula by QuantLib: options on a lognormal forward amount."""

from __future__ import annotations

import QuantLib as ql

from curves._quantlib.session import refusals


def black_value(*, forward: float, strike: float, standard_deviation: float, call: bool, subject: str) -> float:
    """E[max(+-(X - strike), 0)] for a lognormal X of mean `forward`, not discounted.

    Args:
        forward: above 0. strike: at or above 0. standard_deviation: of ln X, at or above 0. subject: named in errors.

    Raises:
        CalibrationError: QuantLib refuses the inputs.
    """
    with refusals(key=subject, pillar="option", quote=strike):
        return float(ql.blackFormula(ql.Option.Call if call else ql.Option.Put, strike, forward, standard_deviation))
