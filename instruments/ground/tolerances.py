"""Named tolerances: what each comparison in the tests and solvers may leave. A looser number needs a reason beside it."""

from __future__ import annotations

PV_REL = 1e-12
"""Two exact methods on the same cash flows, relative."""
PV_ABS_PER_UNIT = 1e-12
"""Two exact methods on the same cash flows, per unit of notional."""
ORACLE_REL = 1e-10
"""Against QuantLib with identical conventions."""
RATE_ABS = 1e-10
"""Solved rates, spreads, hazards."""
CALIB_REPRICE_ABS = 1e-9
"""Calibration inputs repriced, per unit of notional."""
FD_STEP_REL = 1e-5
"""Relative bump of a finite difference."""
FD_REL = 1e-6
"""Analytic sensitivity against bump."""
MC_SIGMAS = 4.0
"""Monte Carlo against an exact value, in its own standard errors, with a fixed seed."""
CASH_CONSERVATION_ABS = 1e-12
"""Waterfall and clearing balances, relative to total cash."""
FIXED_POINT_RESIDUAL = 1e-12
"""Residual of a clearing vector, relative to total debt."""
STORED_REL = 1e-6
"""A stored example result against a fresh one: numpy, numba and libm may differ in the last digits between machines."""
