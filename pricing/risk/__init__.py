"""Risk over a whole deal: losses of every party on one set of paths, what dependence adds to them, and where they come from."""
