"""Work through what is said of an account: a balance from its journal, a refusal from its balance."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from retailcrm.domain.points.checker.amounts import differences, quote
from retailcrm.domain.points.checker.journals import walk
from retailcrm.domain.points.checker.reading import Doc, if_any, moment, parts, whole, written

if TYPE_CHECKING:
    from datetime import datetime

# What time does by itself.
BY_ITSELF: Final = {"activate", "expire", "void", "repay"}


def balance(document: Doc, problems: list[str]) -> None:
    """Follow a balance from the journal: nothing left out, nothing looked ahead at."""
    told, due, at = document["entries"], document["due"], moment(document["at"])
    known = if_any(document["known"])
    book = walk(told + due, problems, cut=None if known is None else len(told))
    if hashlib.sha256(written(told + due).encode()).hexdigest() != document["journal"]:
        problems.append("the entries are not those of the digest")
    if known is not None and any(moment(entry["recorded_at"]) > known for entry in told):
        problems.append("looks at what was written later than it may know")
    if any(entry["verb"] not in BY_ITSELF or entry["key"] != "due" for entry in due):
        problems.append("lets more happen than time does by itself")
    for lot in book["lots"].values():
        for bucket, when in (("pending", "activates_at"), ("available", "expires_at")):
            falls = if_any(lot[when])
            if lot["buckets"][bucket] and falls is not None and falls <= at:
                problems.append(f"forgets what falls due in lot {lot['id']}")
    if any(moment(hold["ends_at"]) <= at for hold in book["holds"].values()):
        problems.append("forgets the end of a reservation")
    differences(document, _as_of(told + due, at), problems)


def _as_of(entries: list[Doc], at: datetime) -> Doc:
    """Work out what a balance says, from the entries that had taken effect."""
    lots: dict[str, Doc] = {}
    holds: dict[str, Doc] = {}
    for entry in entries:
        if moment(entry["effective_at"]) > at:
            continue
        holds.pop(entry["closes"], None)
        if opens := entry["opens"]:
            points = sum(points for _, points in parts(opens))
            holds[opens["id"]] = {"id": opens["id"], "points": points, "ends_at": opens["ends_at"]}
        for lot in entry["lots"]:
            shown = {name: lot[name] for name in ("id", "source", "activates_at", "expires_at", "buckets")}
            why = lots.get(lot["id"], {"why": []})["why"]
            lots[lot["id"]] = shown | {"points": sum(lot["buckets"].values()), "why": why}
        for one in entry["movements"]:
            row = {name: entry[name] for name in ("version", "verb", "effective_at")}
            lots[one["lot"]]["why"].append(row | {name: one[name] for name in ("source", "target", "points")})
    debts = _debts(entries, at)
    sums: Doc = {
        bucket: sum(lot["buckets"][bucket] for lot in lots.values())
        for bucket in ("pending", "available", "held")
    }
    return {
        "account": entries[0]["account"] if entries else "",
        "lots": [lots[name] for name in sorted(lots)],
        "debts": debts,
        "holds": [holds[name] for name in sorted(holds)],
        "balances": sums | {"debt": sum(row["debt"] for row in debts)},
    }


def _debts(entries: list[Doc], at: datetime) -> list[Doc]:
    """Work out what was owed; that it is never repaid before it was owed, the walk has seen."""
    return [
        {"version": entry["version"], "counts_from": entry["effective_at"], "debt": entry["debt"]}
        for entry in entries
        if entry["debt"] and moment(entry["effective_at"]) <= at
    ]


def refusal(document: Doc, problems: list[str]) -> None:
    """See that the stated limit really stood in the way, by the balance behind it."""
    behind, limit, about = document["balance"], document["limit"], document["about"]
    asked, allowed = whole(document["asked"]), whole(document["allowed"])
    available, debt = (whole(behind["balances"][name]) for name in ("available", "debt"))
    awarded = {lot["source"] for lot in behind["lots"]}
    held = {hold["id"]: hold["points"] for hold in behind["holds"]}
    waiting = {lot["id"]: lot["buckets"]["pending"] for lot in behind["lots"]}
    if document["quote"] is not None:
        _by_quote(document, problems)
    rule = document["rule"] or {}
    least, multiple = (whole(rule[name]) if rule else 1 for name in ("least", "multiple"))
    bound: dict[str, Any] = {
        "balance": asked > allowed == available,
        "debt": debt > 0 == allowed < asked,
        "unknown_hold": about != "" and about not in held and allowed == 0 <= asked,
        "unknown_lot": about != "" and not waiting.get(about) and allowed == 0 == asked,
        "hold_total": asked > allowed == held.get(about, allowed),
        "refunded_share": asked < 0 == allowed,
        **dict.fromkeys(("cap", "stock", "each", "tier"), asked > allowed),
        "referral": asked > allowed or asked == allowed == 0,
        "minimum": 0 < asked < allowed == least,
        "multiple": asked > allowed == asked // multiple * multiple,
        "refund_total": asked > allowed,
        "unknown_order": asked > allowed == 0,
        "nothing": about != "" and asked == allowed == 0 and f"order:{about}" not in awarded,
    }
    # What a cart sets limits to is derived by its quote.
    if document["quote"] is not None:
        bound = {document["quote"]["limit"]: document["quote"]["points"] == 0}
    if not bound.get(limit, False):
        problems.append(f"limit {limit} did not stand in the way of {asked} with {allowed} allowed")
    if whole(document["distance"]) != abs(asked - allowed) + debt:
        problems.append(f"distance {document['distance']} is not what lies between")


def _by_quote(document: Doc, problems: list[str]) -> None:
    """Follow the quote behind a refusal, on the same balance: it is of what was asked for."""
    told = document["quote"]
    found: list[str] = []
    quote(told | {"balance": document["balance"]}, found)
    if [told["wanted"], told["allowed"]] != [document["asked"], document["allowed"]]:
        found.append("asks for something else, or allows it")
    problems += [f"quote: {one}" for one in found]
