"""The few compiled loops that carry the time budgets: plain arrays in and out, no Python objects, lock released.

Each has a readable numpy statement elsewhere that the tests hold it to. Nothing outside this room imports numba.
"""
