# %% [markdown]
# # A treasurer prices a warrant
#
# AMD pays OpenAI with 160 million of its own shares for buying six gigawatts. A treasurer on either side asks: what does the promise cost
# the issuer today, what discount on the hardware is that, how does it move with the share, and what if the redacted terms are others than
# assumed?
#
# Run it as a script, or cell by cell in an editor that knows `# %%`.

# %%
from __future__ import annotations

import sys
from pathlib import Path

from curves import Move, Scenario, load_market
from instruments import load_deal
from pricing import price

PATHS = int(sys.argv[1]) if len(sys.argv) > 1 else 16_384
FOLDER = Path(__file__).parents[1] / "amd_openai"
deal, market = load_deal(FOLDER), load_market(FOLDER)

# %% [markdown]
# ## What it is worth, tranche by tranche

# %%
valuation = price(deal, market, paths=PATHS)
print(valuation)
print(valuation.text("value", party="openai", method="monte_carlo"))

# %% [markdown]
# QuantLib stands beside it: a special case that it can state, and a bound on every case; why they differ is said.

# %%
beside = valuation.row("value", method="quantlib")
print(f"quantlib: {(beside.value or 0.0) / 1e9:.1f} bn USD ({beside.error_note})")
print(valuation.text("value_upper_bound"))

# %% [markdown]
# ## What discount is that

# %%
print(valuation.text("share_of_hardware", "dilution_full", "dilution_expected", part=None))

# %% [markdown]
# ## How it moves
# Sensitivities on the same paths; and the first of them by brute force: the share a dollar up.

# %%
print(price(deal, market, measures=["sensitivities"], paths=min(PATHS, 8192)).text(part=None))

# %%
bump = Scenario(label="a dollar up", moves=(Move(key="equity:AMD", field="spot_usd", kind="shift", amount=1.0),))
up, flat = (price(deal, one, measures=["value"], paths=min(PATHS, 8192)) for one in (bump.apply(market), market))
print(f"the share a dollar up: {(up.value - flat.value) / 1e6:+.0f} m USD, as holding {(up.value - flat.value) / 1e6:.0f} million shares")

# %% [markdown]
# ## What nobody outside knows
# Exhibits E and F are redacted. Each assumed term is put at its alternatives on the same random numbers; the widest come first.

# %%
for assumption in valuation.assumptions[:5]:
    print(f"{(assumption.largest_move_usd or 0.0) / 1e9:5.1f} bn USD  {assumption.path}")
