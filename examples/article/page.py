"""The page for readers who are not quants, in English and Chinese: five plain answers, tables, all rows. Every number comes from "
"results."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from examples.article import tables
from examples.article.claims.claim import Claim
from examples.article.claims.headlines import three_headlines
from examples.article.claims.inputs import Inputs
from examples.article.claims.say import money, money_to, pct, share_to
from examples.article.tables import words
from instruments import load_web
from pricing.web.sweep import sweep_rows

FOLDER = Path(__file__).parent
LANGUAGES = {"en": FOLDER / "README.md", "zh": FOLDER / "README.zh.md"}
Found = Mapping[str, Claim]
MARK = "*"
"""Marks a row that rests on an assumed or weak figure."""


def answers(found: Found, inputs: Inputs, language: str = "en") -> list[tuple[str, str]]:
    """Question and answer, five of them where every row that they quote is there."""
    english = language == "en"
    there = [(question, answer) for question, answer, needs in ANSWERS if all(name in found for name in needs)]
    return [(question[0 if english else 1], answer(found, inputs, language)) for question, answer in there]


def _headlines(found: Found, inputs: Inputs, language: str) -> str:
    three = three_headlines(inputs)
    announced, drawn, outside = (sum(getattr(r, name) for r in three) for name in ("announced", "drawn", "drawn_outside"))
    own = three[1].by_debt_and_sales
    m = {name: money(value, language) for name, value in (("announced", announced), ("drawn", drawn), ("outside", outside))}
    debt = f"{money_to(*own, language)} {MARK}"
    kept = money(inputs["nvidia_round_usd"], language)
    each = [money(r.announced, language).removesuffix(" USD") for r in three]
    nothing = "nothing" if language == "en" else "一分未付"
    paid = money(three[0].drawn, language) if three[0].drawn else nothing
    if language == "en":
        return (
            f"{'Mostly not' if drawn < 0.5 * announced else 'For the most part'}. Of {m['announced']} in three headlines (NVIDIA "
            f"{each[0]}, SoftBank {each[1]}, AMD's shares {each[2]}) {m['drawn']} was paid, {pct(drawn / announced)}. {m['outside']} "
            f"of that came from outside the circle; of SoftBank's own part debt and sold shares paid {debt}. The letter brought "
            f"{paid}; {kept} of plain shares, a later deal, took its place, and that was real."
        )
    return (
        f"{'大多不是' if drawn < 0.5 * announced else '大致是'}。三個標題合計 {m['announced']}（輝達 {each[0]}、軟銀 {each[1]}、"
        f"超微股票 {each[2]}），實際支付 {m['drawn']}，佔 {pct(drawn / announced)}。其中 {m['outside']}來自圈外；"
        f"軟銀自己的部分由借款與出售股票支付 {debt}。意向書：{paid}；取而代之的是後來 {kept}的普通認股，那是真錢。"
    )


def _round(found: Found, inputs: Inputs, language: str) -> str:
    row, loop = found["L0"], found["L3"]
    low, high = row.low or 0.0, row.high or 0.0
    finn = row.numbers["finn_low"], row.numbers["finn_high"]
    share, most = loop.value or 0.0, loop.numbers["web_high"]
    if language == "en":
        return (
            f"{'Less than' if high < row.numbers['dolls'] else 'As much as'} the picture of dolls suggests. In 2026 a dollar from "
            f"outside makes {low:.1f} to {high:.1f} {MARK} dollars of activity; between {pct(finn[0])} and {pct(finn[1])} of all "
            f"activity is money that has been there before (what is not disclosed makes the range). Of NVIDIA's sales {pct(share)} "
            f"{MARK} would be its own money, {pct(most)} at the most."
        )
    return (
        f"{'比套娃的比喻少' if high < row.numbers['dolls'] else '與套娃的比喻相當'}。2026 年，每 1 美元圈外資金帶動 {low:.1f} 至 "
        f"{high:.1f} {MARK} 美元的活動；全部活動中有 {pct(finn[0])} 至 {pct(finn[1])} 是走過同一節點的錢（未披露的金額構成這個區間）。"
        f"輝達的營收中約 {pct(share)} {MARK} 是自己的錢，最多 {pct(most)}。"
    )


def _warrant(found: Found, inputs: Inputs, language: str) -> str:
    row, bill = found["H5"], found["H4"]
    value, full = money(row.value or 0.0, language), money(row.numbers["full"], language)
    ends = money_to(row.low or 0.0, row.high or 0.0, language)
    off = f"{pct(bill.value or 0.0)} {MARK}"
    if language == "en":
        return (
            f"{value} on the last close before it ({ends} over terms that are redacted {MARK}), not the {full} of the headline. It "
            f"takes {off} off the bill for six gigawatts. AMD's holders gave up {pct(row.numbers['dilution'])} of the firm at most, "
            "and got an order."
        )
    return (
        f"宣布前最後收盤價下值 {value}（{ends}，視被遮蔽的條款而定 {MARK}），不是標題的 {full}。它等於六個吉瓦帳單的 {off} 折扣。"
        f"超微股東最多讓出公司的 {pct(row.numbers['dilution'])}，換得訂單。"
    )


@lru_cache(maxsize=1)
def _first_breaks() -> tuple[float, tuple[str, ...]]:
    """Smallest part of its outside debt that, wanted back, takes a firm of examples/resonance past its cash, and the firms that it "
    "takes."""
    rows = [row for row in sweep_rows(load_web(FOLDER.parent / "resonance")) if row.measure == "first_break" and row.kind == "liquidity"]
    known = [(row.value, row.party or "") for row in rows if row.value is not None]
    first = min(value for value, _ in known)
    return first, tuple(party for value, party in known if value <= first)


def _breaks(found: Found, inputs: Inputs, language: str) -> str:
    squeeze, faith, future = found["R6"], found["V3"], found["R8"].numbers
    first, firms = _first_breaks()
    lost = {name.removeprefix("lost_"): usd for name, usd in squeeze.numbers.items() if name.startswith("lost_")}
    worst = max(lost, key=lambda name: lost[name])
    recall, short = inputs["resonance_recall"], money(squeeze.value or 0.0, language)
    years = f"{faith.value or 0.0:.1f}"
    common, contracts, lone = (pct(future[f"share_{name}"]) for name in ("common_factor", "contracts", "common_factor_by_itself"))
    told = words()["names"]
    if language == "en":
        names = [told[name][0] for name in firms]
        return (
            f"Cash, before value. On sheets that are in part assumed {MARK}, {', '.join(names[:-1])} and {names[-1]} run out of cash "
            f"once lenders want {pct(first)} of their debt back; who has nothing to sell then fails. At {pct(recall)} {told[worst][0]} "
            f"is {short} short. OpenAI lasts {years} {MARK} years without new money. What spreads is belief: if it falls with the firm "
            f"that fails, it brings {common} of what outsiders lose and contracts {contracts}; if it falls by what the failure does to "
            f"it alone, {lone}."
        )
    names = [told[name][1] for name in firms]
    return (
        f"現金先於價值。依部分假設的資產負債表 {MARK}，放款人一旦要回 {pct(first)} 的債，{'、'.join(names)}的現金就用完，"
        f"沒有東西可賣的就倒下；要回 {pct(recall)} 時{told[worst][1]}的缺口為 {short}。沒有新錢，OpenAI 能撐 {years} {MARK} 年。"
        f"真正蔓延的是信仰：公司倒下而信仰隨之下跌時，圈外人的損失有 {common} 來自信仰，{contracts} 來自合約；信仰只因倒下本身而跌時，"
        f"則為 {lone}。"
    )


def _payers(found: Found, inputs: Inputs, language: str) -> str:
    fall, late, street, both = found["V11"].numbers, found["P1"], found["P2"].numbers, found["P5"].numbers
    lost = money(found["V11"].value or 0.0, language)
    owners = fall["shareholders"] / (found["V11"].value or 1.0)
    themselves, pensions = (money(street[name], language) for name in ("households", "pensions and insurers"))
    newest, paid = (money(usd, language) for usd in (late.value or 0.0, inputs["openai_raised_2026_usd"]))
    oldest = money(-late.numbers["loss_founders"] - late.numbers["loss_2023"], language)
    early, gain, cost = found["P4"].value or 0.0, money(both["benefit"], language), money(both["cost"], language)
    if language == "en":
        return (
            f"Shareholders, {pct(owners)} of it. A mean break of belief {MARK} takes {lost} of six firms' value from outsiders; of "
            f"NVIDIA's and AMD's part households bear {themselves} themselves and {pensions} through pensions. In OpenAI who came in "
            f"2026 loses {newest} of {paid}, who was in by 2023 still gains {oldest}. The other side: {early:.0f} gigawatt-years stand "
            f"earlier, worth {gain}, against {cost} of spending lost {MARK}."
        )
    return (
        f"股東，佔 {pct(owners)}。一次平均的信仰坍縮 {MARK} 使圈外人在六家公司損失 {lost}；輝達與超微的部分，家庭直接承擔 "
        f"{themselves}，經退休金與保險承擔 {pensions}。在 OpenAI，2026 年進場者損失 {paid}中的 {newest}，2023 年以前進場者仍賺 "
        f"{oldest}。另一面：{early:.0f} 吉瓦年的產能提早建成，值 {gain}，對應損失的消費 {cost} {MARK}。"
    )


ANSWERS: list[tuple[tuple[str, str], Callable[[Found, Inputs, str], str], tuple[str, ...]]] = [
    (("Are the headlines cash?", "標題裡的錢是現金嗎？"), _headlines, ("H1", "L1")),
    (("How much goes round?", "有多少錢在原地打轉？"), _round, ("L0", "L3")),
    (("What is the warrant worth?", "認股權證值多少？"), _warrant, ("H4", "H5")),
    (("What breaks first?", "什麼先斷裂？"), _breaks, ("R6", "R8", "V3")),
    (("Who pays?", "誰買單？"), _payers, ("P1", "P2", "P4", "P5", "V11")),
]
"""Question, answer, rows that it quotes."""


def number(claim: Claim, language: str = "en") -> str:
    """The row's number with its interval or range."""
    usd, share = claim.unit in ("USD", "USD a year"), claim.unit in ("share", "a year", "probability")

    def ends_of(low: float, high: float) -> str:
        if usd:
            return money_to(low, high, language)
        return share_to(low, high, language) if share else f"{low:.3g}{' to ' if language == 'en' else ' 至 '}{high:.3g}"

    parts = []
    if claim.value is not None:
        parts.append(money(claim.value, language) if usd else pct(claim.value) if share else f"{claim.value:.3g}")
    if claim.low is not None and claim.high is not None:
        ends = ends_of(claim.low, claim.high)
        parts.append(f"({ends})" if parts else ends)
    unit = "a year" if claim.unit.endswith("a year") else claim.unit if claim.unit not in ("USD", "share", "probability") else ""
    return " ".join([*parts, words()["units"][unit] if unit and language == "zh" else unit]).strip()


def soft(claim: Claim, inputs: Inputs) -> tuple[str, ...]:
    """Assumed or weak figures and terms that a row rests on."""
    return (*claim.soft_terms, *inputs.soft(claim.rests_on))


def claim_table(found: Found, inputs: Inputs, language: str = "en") -> str:
    """All rows: id, claim, number with what it is, verdict; rows on assumed or weak figures marked."""
    english = language == "en"
    head = ["id", "claim", "number", "what it is", "verdict"] if english else ["編號", "說法", "數字", "數字的意義", "判定"]
    body = []
    for claim in found.values():
        chinese = {} if english else words()["rows"][claim.id]
        text, what = (claim.claim, claim.what) if english else (chinese["claim"], chinese["what"])
        verdict = claim.verdict if english else words()["verdicts"][claim.verdict]
        mark = f" {MARK}" if soft(claim, inputs) else ""
        body.append([claim.id, text, number(claim, language) + mark, what, verdict])
    return tables.rows_of(head, body)


def blocks(found: Found, inputs: Inputs, language: str) -> dict[str, str]:
    """Every generated block of a page, by name."""
    listed = [f"{n}. **{question}** {answer}" for n, (question, answer) in enumerate(answers(found, inputs, language), start=1)]
    return {
        "answers": "\n".join(listed),
        **{name: made(found, inputs, language) for name, (made, needs) in tables.TABLES.items() if all(row in found for row in needs)},
        "rows": claim_table(found, inputs, language),
        "glossary": tables.rows_of(["中文", "English", "id"], [[term, *rest] for term, rest in words()["glossary"].items()]),
    }


BLOCK = re.compile(r"(<!-- (\w+) -->\n)((?:(?!<!--).)*)(<!-- end -->)", re.DOTALL)


def read_blocks(text: str) -> dict[str, str]:
    """The generated blocks that stand in a page."""
    return {match[2]: match[3].rstrip("\n") for match in BLOCK.finditer(text)}


def write(found: Found, inputs: Inputs) -> None:
    """Puts the numbers of a run into both pages."""
    for language, page in LANGUAGES.items():
        fresh = blocks(found, inputs, language)
        text = page.read_text(encoding="utf-8")
        page.write_text(BLOCK.sub(lambda match, new=fresh: f"{match[1]}{new[match[2]]}\n{match[4]}", text), encoding="utf-8")  # type: ignore[misc]
