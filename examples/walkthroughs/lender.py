# %% [markdown]
# # A lender underwrites a fleet
#
# CoreWeave's DDTL 3.0: a delayed draw against GPUs, paid out of one customer's contract, with four covenants. What is it worth to the
# lender, which test gives way first, how much could be lent for a loss that the lender can bear, and in which world is it wrong?
#
# Run it as a script, or cell by cell in an editor that knows `# %%`.

# %%
from __future__ import annotations

import sys
from pathlib import Path

from curves import load_market
from instruments import load_deal
from pricing import simulate, solve_advance, stress

PATHS = int(sys.argv[1]) if len(sys.argv) > 1 else 16_384
FOLDER = Path(__file__).parents[1] / "coreweave_ddtl3"
deal, market = load_deal(FOLDER), load_market(FOLDER)

# %% [markdown]
# ## What is it worth, and what is lost
# One simulation, one ledger. Every simulated figure has its standard error.

# %%
found = simulate(deal, market, paths=PATHS)
headline = ("value", "expected_shortfall", "expected_loss_rate", "default_probability", "recovery_rate")
print(found.text(*headline, part=None, contract="facility", method="simulation"))

# %% [markdown]
# Losses are lopsided: most paths lose nothing. `losses` holds one number a path.

# %%
losses = found.losses
worst = -sorted(-losses)[len(losses) // 100]
print(
    f"{(losses > 0).mean():.0%} of paths lose, {losses.mean() / 1e6:.0f} m USD on average, at least {worst / 1e6:,.0f} m in the worst 1 %"
)

# %% [markdown]
# ## Which test gives way first
# Odds over all paths, before cures.

# %%
print(found.text("first_breach_probability"))

# %% [markdown]
# Any path can be replayed, with what each test compared. The path on which most is lost:

# %%
path = int(losses.argmax())
tests = found.ledgers["facility"].covenants(path)  # type: ignore[union-attr]
print(f"path {path}, {tests.height} tests, of which not passed:")
for date, covenant, value, threshold, verdict in tests.filter(tests["verdict"] != "passed").iter_rows():
    print(f"  {date} {covenant}: {value:.2f} against {threshold:.2f}, {verdict}")

# %% [markdown]
# ## How much to lend
# The advance on cost at which two dollars in a hundred are lost, the other terms and the paths as they are.

# %%
advance = solve_advance(deal, market, "facility", loss_rate=0.02, paths=min(PATHS, 8192))
print(f"advance for a loss of 2 %: {advance.value:.1%} of cost, {advance.scale:.2f} of what the terms lend")

# %% [markdown]
# ## What if
# The scenario library, each priced again, with a limit of the lender's own held against each.

# %%
report = stress(deal, market, laws=[], limits=["lender.expected_loss_rate > 0.05"], paths=min(PATHS, 4096))
print(report.text("value", contract="facility", party="lenders"))
print("more than 5 % is lost with:", ", ".join(limit.scenario for limit in report.limits if limit.broken) or "none of them")
