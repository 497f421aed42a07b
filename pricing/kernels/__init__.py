"""Compiled kernels: numba, plain arrays, lock released, no parallel reductions. Each is tested against its numpy statement."""
