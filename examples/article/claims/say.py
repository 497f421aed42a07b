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
    return money_to(low, high, "en").replace(" USD", "")


def pct(share: float) -> str:
    return f"{share * 100:.0f} %" if abs(share) >= 0.1 or share == 0 else f"{share * 100:.1f} %"


def pct_to(low: float, high: float) -> str:
    return f"{pct(low)} to {pct(high)}"


def money(usd: float, language: str) -> str:
    """Billions and trillions of USD, or in Chinese hundreds of millions and trillions."""
    if language == "en":
        return f"{bn(usd)} USD"
    if abs(usd) >= 1e12:
        return f"{usd / 1e12:.1f} 兆美元"
    return f"{usd / 1e8:,.0f} 億美元"


def money_to(low: float, high: float, language: str) -> str:
    """An interval of money; one number where its ends agree."""
    first, last = money(low, language), money(high, language)
    if first == last:
        return first
    shared = last[last.rindex(" ") if language == "zh" else last.index(" ") :]
    return f"{first.removesuffix(shared)}{' to ' if language == 'en' else ' 至 '}{last}"


def share_to(low: float, high: float, language: str) -> str:
    """An interval of shares; one number where its ends agree."""
    first, last = pct(low), pct(high)
    return first if first == last else f"{first}{' to ' if language == 'en' else ' 至 '}{last}"
