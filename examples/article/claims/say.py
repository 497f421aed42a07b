"""Numbers as words."""

from __future__ import annotations

BN = 1e9


def bn(usd: float) -> str:
    """Billions, with a digit behind the point below a hundred where it is not nought; trillions from a thousand billions on."""
    size = abs(usd) / BN
    if size >= 1000:
        return f"{usd / 1e12:.1f} trn"
    digits = f"{usd / BN:.0f}" if size >= 100 else f"{usd / BN:.1f}".removesuffix(".0")
    return f"{digits} bn"


def bn_to(low: float, high: float) -> str:
    return f"{bn(low)} to {bn(high)}"


def pct(share: float) -> str:
    return f"{share * 100:.0f} %" if abs(share) >= 0.1 or share == 0 else f"{share * 100:.1f} %"


def pct_to(low: float, high: float) -> str:
    return f"{pct(low)} to {pct(high)}"
