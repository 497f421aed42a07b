"""Risk of simulated deals: tails, fans, yields by path, dependence, support, break-evens, drivers, joint losses; risk transfer."""
