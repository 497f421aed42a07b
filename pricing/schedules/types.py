"""Array types, named by intent."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
"""Real numbers."""
Ints = NDArray[np.int64]
"""Indices and counts."""
Bools = NDArray[np.bool_]
"""Yes or no."""
