"""The story that carries a price: one belief on paths, its breaks for a market, and what a valuation pays ahead.

`crowd` (herding and its jumps), `story` (how far it spreads), `exits` (riders who know better) are the parts; `process` puts them into one
price; `breaks` turns that into the `belief` block of a market and splits the loss among the parts; `paid_ahead` is about the valuation.
"""
