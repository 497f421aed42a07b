"""The few compiled loops that carry the time budgets: numba lives here and nowhere else."""
