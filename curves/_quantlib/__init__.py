"""The adapter to QuantLib: the only package of `curves` that imports it. Dates, floats and arrays cross its border, nothing else."""
