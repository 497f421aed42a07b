"""Risk measures and sensitivities of simulated deals: tails, fans, yields by path, dependence, support, limits, drivers, joint losses."""
