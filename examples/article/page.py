"""The page for readers who are not quants, in English and Chinese: five plain answers, tables, all rows. Every number comes from "
"results."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from examples.article.claims.claim import Claim
from examples.article.claims.hardware import SHARES, by_quarter, unwind
from examples.article.claims.headlines import three_headlines
from examples.article.claims.inputs import Inputs
from examples.article.claims.loops import doll_1
from examples.article.claims.say import money, money_to, pct, share_to
from instruments import load_web
from pricing.web.sweep import sweep_rows

FOLDER = Path(__file__).parent
LANGUAGES = {"en": FOLDER / "README.md", "zh": FOLDER / "README.zh.md"}
Found = Mapping[str, Claim]
TITLES = {
    "en": {
        "money": "Is the money real? Three headlines as money",
        "mix": "Doll 1: who can have paid what SoftBank put into OpenAI",
        "pulse": "A dollar from outside in the made-up dolls, activity by round",
        "holders": "GPUs held on credit: price before and after a fall of their ground",
        "quarters": "Capital put into members of the web",
    },
    "zh": {
        "money": "錢是真的嗎？三個標題還原成錢",
        "mix": "第一層套娃：軟銀投入 OpenAI 的錢由誰支付",
        "pulse": "示意套娃中一美元圈外資金的逐輪活動",
        "holders": "以信貸持有的 GPU：基本價下跌前後的價格",
        "quarters": "投入網絡成員的資本",
    },
}
MARK = "*"
"""Marks a row that rests on an assumed or weak figure."""


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Chinese words: verdicts, units, and claim and number of every row."""
    return tomllib.loads((FOLDER / "words.zh.toml").read_text(encoding="utf-8"))


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
    debt = money_to(*own, language)
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
        f"{'大多不是' if drawn < 0.5 * announced else '大致是'}。三個標題合計 {m['announced']}（輝達 {each[0]}、軟銀 {each[1]}、超微股票 "
        f"{each[2]}），實際支付 {m['drawn']}，佔 {pct(drawn / announced)}。其中 {m['outside']}來自圈外；軟銀自己的部分由借款與出售股票支付 "
        f"{debt}。意向書：{paid}；取而代之的是後來 {kept}的普通認股，那是真錢。"
    )


def _round(found: Found, inputs: Inputs, language: str) -> str:
    row, loop = found["L0"], found["L3"]
    low, high = row.low or 0.0, row.high or 0.0
    finn = row.numbers["finn_low"], row.numbers["finn_high"]
    share, most = loop.value or 0.0, loop.numbers["web_high"]
    if language == "en":
        return (
            f"{'Less than' if high < row.numbers['dolls'] else 'As much as'} the picture of dolls suggests. In 2026 a dollar from "
            f"outside makes {low:.1f} to {high:.1f} dollars of activity; between {pct(finn[0])} and {pct(finn[1])} of all activity is "
            f"money that has been there before (what is not disclosed makes the range). Of NVIDIA's sales {pct(share)} {MARK} would be "
            f"its own money, {pct(most)} at the most."
        )
    return (
        f"{'比套娃的比喻少' if high < row.numbers['dolls'] else '與套娃的比喻相當'}。2026 年，每 1 美元圈外資金帶動 {low:.1f} 至 "
        f"{high:.1f} 美元的活動；全部活動中有 {pct(finn[0])} 至 {pct(finn[1])} 是走過同一節點的錢（未披露的金額構成這個區間）。"
        f"輝達的營收中約 {pct(share)} {MARK} 是自己的錢，最多 {pct(most)}。"
    )


def _warrant(found: Found, inputs: Inputs, language: str) -> str:
    row, bill = found["H5"], found["H4"]
    value, full = money(row.value or 0.0, language), money(row.numbers["full"], language)
    ends = money_to(row.low or 0.0, row.high or 0.0, language)
    off = pct(bill.value or 0.0)
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
    years = faith.value or 0.0
    common, contracts = future["share_common_factor"], future["share_contracts"]
    told = words()["names"]
    if language == "en":
        names = [told[name][0] for name in firms]
        return (
            f"Cash, before value. On sheets that are in part assumed {MARK}, {', '.join(names[:-1])} and {names[-1]} run out of cash "
            f"once lenders want {pct(first)} of their debt back; at {pct(recall)} {told[worst][0]} cannot pay, {short} short. OpenAI "
            f"lasts {years:.1f} years without new money. But what spreads is belief: when firms fail together with it, it brings "
            f"{pct(common)} of what outsiders lose, contracts {pct(contracts)}."
        )
    names = [told[name][1] for name in firms]
    return (
        f"現金先於價值。依部分假設的資產負債表 {MARK}，放款人一旦要回 {pct(first)} 的債，{'、'.join(names)}的現金就用完；要回 "
        f"{pct(recall)} 時{told[worst][1]}無法償付，缺口 {short}。沒有新錢，OpenAI 能撐 {years:.1f} 年。但真正蔓延的是信仰："
        f"公司倒下而信仰隨之下跌時，圈外人的損失有 {pct(common)} 來自共同的信仰，{pct(contracts)} 來自合約。"
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
        f"股東，佔 {pct(owners)}。一次平均的信仰坍縮 {MARK} 使圈外人在六家公司損失 {lost}；輝達與超微的部分，家庭直接承擔 {themselves}，"
        f"經退休金與保險承擔 {pensions}。在 OpenAI，2026 年進場者損失 {paid}中的 {newest}，2023 年以前進場者仍賺 {oldest}。"
        f"另一面：{early:.0f} 吉瓦年的產能提早建成，值 {gain}，對應損失的消費 {cost} {MARK}。"
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


def claim_table(found: Found, inputs: Inputs, language: str = "en") -> str:
    """All rows: id, claim, number with what it is, verdict; rows on assumed or weak figures marked."""
    english = language == "en"
    head = ["id", "claim", "number", "what it is", "verdict"] if english else ["編號", "說法", "數字", "數字的意義", "判定"]
    body = []
    for claim in found.values():
        chinese = {} if english else words()["rows"][claim.id]
        text, what = (claim.claim, claim.what) if english else (chinese["claim"], chinese["what"])
        verdict = claim.verdict if english else words()["verdicts"][claim.verdict]
        mark = f" {MARK}" if inputs.soft(claim.rests_on) else ""
        body.append([claim.id, text, number(claim, language) + mark, what, verdict])
    return _table(head, body)


def money_table(inputs: Inputs, language: str = "en") -> str:
    """The three headlines as money."""
    english = language == "en"
    head = ["headline", "announced", "expected", "firm", "drawn", "drawn from outside", "by debt and sold shares"]
    if not english:
        head = ["標題", "宣布", "預期", "確定", "已付", "來自圈外", "借款與出售股票支付"]
    names = dict(zip(("NVIDIA's letter", "SoftBank's round", "AMD's shares"), ("輝達意向書", "軟銀一輪", "超微股票"), strict=True))
    body = []
    for rungs in three_headlines(inputs):
        cells = [money(getattr(rungs, name), language) for name in ("announced", "expected", "firm", "drawn", "drawn_outside")]
        ends = money_to(*rungs.by_debt_and_sales, language)
        body.append([rungs.name if english else names[rungs.name], *cells, ends])
    return _table(head, body)


def mix_table(inputs: Inputs, language: str = "en") -> str:
    """Doll 1: what each source can have paid of SoftBank's money in OpenAI."""
    uses, mix = doll_1(inputs)
    english = language == "en"
    rows = {**mix.sources, "all debt": mix.groups["debt"], "debt and sold shares": mix.groups["debt and sales"]}
    head = ["source", "paid", "share"] if english else ["來源", "支付", "佔比"]
    body = [
        [
            name if english else words()["sources"][name],
            money_to(low, high, language),
            share_to(low / uses, high / uses, language),
        ]
        for name, (low, high) in rows.items()
    ]
    return _table(head, body)


def pulse_table(found: Found, language: str = "en") -> str:
    """What a dollar sets off in the made-up dolls, round by round."""
    row = found["L0"].numbers
    rounds = [name for name in row if name.startswith("pulse_")]
    head = ["round" if language == "en" else "輪次", *(name.removeprefix("pulse_") for name in rounds)]
    return _table(head, [["activity" if language == "en" else "活動", *(f"{row[name]:.2f}" for name in rounds)]])


def holders_table(inputs: Inputs, language: str = "en") -> str:
    """Price of hardware before and after a shock, by the share held on credit."""
    table = unwind(inputs, SHARES)
    head = ["held on credit", "price before", "price after", "sold", "fall against its ground", "lenders lose"]
    if language == "zh":
        head = ["信貸持有比例", "衝擊前價格", "衝擊後價格", "被迫出售", "跌幅對基本跌幅", "放款人損失"]
    body = [
        [
            pct(share),
            f"{table.price_before[i]:.3f}",
            f"{table.price[i]:.3f}",
            pct(share - float(table.held[i])),
            f"{table.amplification[i]:.2f}",
            f"{table.lenders_loss[i]:.4f}",
        ]
        for i, share in enumerate(SHARES)
    ]
    return _table(head, body)


def quarter_table(inputs: Inputs, language: str = "en") -> str:
    """Capital from members of the web and from outsiders, by quarter."""
    found = by_quarter(inputs)
    head = ["quarter", "from inside", "from outside", "inside share", "label"]
    if language == "zh":
        head = ["季度", "圈內出資", "圈外出資", "圈內佔比", "標籤"]
    body = []
    for t, quarter in enumerate(found.quarters):
        label = found.regime.label[t]
        body.append(
            [
                f"{quarter.start.year} Q{(quarter.start.month + 2) // 3}",
                money_to(float(found.inside[t, 0]), float(found.inside[t, 1]), language),
                money_to(float(found.outside[t, 0]), float(found.outside[t, 1]), language),
                share_to(float(found.regime.share_low[t]), float(found.regime.share_high[t]), language),
                label if language == "en" else words()["regimes"][label],
            ]
        )
    return _table(head, body)


def _table(head: list[str], body: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def blocks(found: Found, inputs: Inputs, language: str) -> dict[str, str]:
    """Every generated block of a page, by name."""
    listed = [f"{n}. **{question}** {answer}" for n, (question, answer) in enumerate(answers(found, inputs, language), start=1)]
    return {
        "answers": "\n".join(listed),
        "money": money_table(inputs, language),
        "mix": mix_table(inputs, language),
        "pulse": pulse_table(found, language),
        "holders": holders_table(inputs, language),
        "quarters": quarter_table(inputs, language),
        "rows": claim_table(found, inputs, language),
        "glossary": _table(["中文", "English", "id"], [[term, *rest] for term, rest in words()["glossary"].items()]),
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
