"""Array layer of the web of capital: flows, clearing, contagion, fire sales, resonance, on numpy arrays.

Axes are scenarios first, then entities; a single scenario may leave its axis out and gets its results without it. F_ij and L_ij run
from i to j (i pays or owes j); W_ij is the effect of i on j; C_ij is the share of j held by i. Solvers raise `NetworkError` or keep
a row's failure with its reason; they never return NaN. Every clearing result carries a certificate.
"""
