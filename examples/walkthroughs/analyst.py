# %% [markdown]
# # An analyst traces the web
#
# Chip makers fund their customers, clouds buy from whoever funds them, and a fund pledges what it holds. How much of the money goes round,
# what stands behind the headlines, and what happens when one firm's value falls?
#
# Run it as a script, or cell by cell in an editor that knows `# %%`.

# %%
from __future__ import annotations

from pathlib import Path

from instruments import load_web
from pricing import analyse_web, knocked_out

FOLDER = Path(__file__).parents[1]

# %% [markdown]
# ## The model case, where everything is known
# Four dolls: a fund, a laboratory, a chip maker and a cloud. The answer hangs on who counts as one firm, so it is given under two readings.

# %%
dolls = load_web(FOLDER / "four_dolls")
report = analyse_web(dolls)
print(report.text("finn_index", "path_length", "new_external_share", scenario=None))

# %% [markdown]
# Take out the chip maker's stake in the laboratory, outside money in its place: little goes round any more.

# %%
less = analyse_web(knocked_out(dolls, ["doll_3"]))
print(less.text("finn_index"))

# %% [markdown]
# Of each firm's revenue: what was its own money coming back, and what came from end customers.

# %%
print(report.text("self_funded", "revenue_from_customers", perimeter="as_listed"))

# %% [markdown]
# ## The real one, where much is not known
# Amounts that nobody has published are unknown, not zero: every index is an interval over them, with the share of edges that have amounts.

# %%
traced = analyse_web(load_web(FOLDER / "capital_web"))
print(traced.text("finn_index", "new_external_share", "coverage", scenario=None))

# %% [markdown]
# ## Headlines
# What was announced, what is firm, what has been paid, and what of that came from outside, by the kind of thing that moves.

# %%
print(traced.text("headline", "firm", "drawn", "drawn_outside", perimeter="as_listed"))

# %% [markdown]
# ## Who hangs on whom
# A dollar off one firm's value takes this much from all of them together, through orders and holdings. A spectral radius of 1 would mean
# no end of it.

# %%
print(traced.text("spectral_radius", "gross_multiplier"))
