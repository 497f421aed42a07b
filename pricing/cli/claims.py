"""What fell due under a contract and what became of it, and what changed hands beside money: means over paths, from its ledger."""

from __future__ import annotations

from pricing.cli.figures import number, table, usd
from pricing.ledger.runs import ContractRun

PARTS = ("due", "cash", "deferred", "written_off")


def claims_table(run: ContractRun) -> str:
    """Each claim of the ledger over all dates: due = paid + still put off + written off; nothing where there are none."""
    total = run.mean_ledger.sum(axis=0)
    body = []
    for posting in run.plan.postings:
        if posting.claim != "due":
            continue
        names = (posting.payer, posting.payee, posting.contract, posting.reason)
        sums = [
            sum(
                float(total[i])
                for i, p in enumerate(run.plan.postings)
                if p.claim == part and (p.payer, p.payee, p.contract, p.reason) == names
            )
            for part in PARTS
        ]
        body.append([posting.reason, posting.payer, posting.payee, *(usd(amount if abs(amount) >= 1.0 else 0.0) for amount in sums)])
    if not body:
        return ""
    header = ["claim", "of", "to", "due, USD", "paid", "put off at the end", "written off"]
    return "What fell due and what became of it, mean over paths\n" + table(header, body, right=range(3, 7))


def things_table(run: ContractRun) -> str:
    """Shares, devices and notices that changed hands, over all dates; nothing where there are none."""
    total = run.mean_ledger.sum(axis=0)
    body = [
        [posting.reason, posting.payer, posting.payee, number(float(total[index])), posting.unit]
        for index, posting in enumerate(run.plan.postings)
        if posting.unit != "USD" and posting.claim == "cash"
    ]
    return (
        "What changed hands beside money, mean over paths\n" + table(["what", "from", "to", "amount", "unit"], body, right=(3,))
        if body
        else ""
    )
