"""Strips of puts by QuantLib's Black formula."""

from __future__ import annotations

import numpy as np
import QuantLib as ql

from curves._quantlib.session import refusals
from pricing.schedules.types import Floats


def quantlib_puts(*, forward: Floats, strike: Floats, deviation: Floats, discount: Floats, subject: str) -> Floats:
    """Puts on lognormal forwards, one by one: arguments of one shape, USD; as `pricing.formulas.black_put`.

    Raises:
        CalibrationError: QuantLib refuses the inputs; the contract is named.
    """
    f, k, s, d = (np.asarray(each, dtype=np.float64) for each in np.broadcast_arrays(forward, strike, deviation, discount))
    found = np.empty(f.shape)
    with refusals(key=subject, pillar="strip of puts", quote=float(k.max(initial=0.0))):
        for index in np.ndindex(f.shape):
            found[index] = ql.blackFormula(ql.Option.Put, float(k[index]), float(f[index]), float(s[index]), float(d[index]))
    return found
