"""Risk of simulated deals: tails, fans, yields by path, dependence, support, limits, drivers, joint losses; risk transfer."""
