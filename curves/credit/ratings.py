"""Historical default odds by rating: the fallback for names that nobody quotes."""

from __future__ import annotations

import numpy as np

from curves.arrays import FloatArray

SOURCE = "S&P global corporates 1981 to 2023, rounded, as a public note has them (weak); the long-run study of the agency replaces it"
"""Where the table is from."""
CUMULATIVE = {
    "AAA": (0.0000, 0.0001, 0.0002, 0.0004, 0.0006),
    "AA": (0.0001, 0.0003, 0.0006, 0.0010, 0.0014),
    "A": (0.0005, 0.0011, 0.0018, 0.0026, 0.0035),
    "BBB": (0.0020, 0.0047, 0.0079, 0.0115, 0.0152),
    "BB": (0.0070, 0.0195, 0.0340, 0.0500, 0.0665),
    "B": (0.0350, 0.0780, 0.1230, 0.1650, 0.2040),
    "CCC": (0.15, 0.27, 0.36, 0.42, 0.46),
}
"""Rating to cumulative odds of default after 1, 2, 3, 4 and 5 years."""


def rating_hazards(rating: str) -> tuple[FloatArray, FloatArray]:
    """Ends of the years [year] and the historical hazard of each year [year]; the last one goes on.

    Example:
        >>> rating_hazards("BB")[1].round(4).tolist()
        [0.007, 0.0127, 0.0149, 0.0167, 0.0175]
    """
    survival = 1.0 - np.array([0.0, *CUMULATIVE[rating]])
    return np.arange(1.0, 6.0), -np.diff(np.log(survival))
