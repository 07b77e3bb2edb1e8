"""The JSON documents of ``--json``: stable keys, money as decimal text, instants with their offset."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import attrs

from retailcrm.cli.accounts import problems_of
from retailcrm.cli.figures import group_sums
from retailcrm.domain.money import decimal_text
from retailcrm.domain.periods import instant_of
from retailcrm.domain.problems import Severity
from retailcrm.shop.scores import VERSION

if TYPE_CHECKING:
    from retailcrm.analytics.columns import Coded
    from retailcrm.analytics.summary import Coverage
    from retailcrm.cli.exits import Exit
    from retailcrm.shop.observed import FileAccount
    from retailcrm.shop.open import Shop
    from retailcrm.shop.scores import Scores

KEYS: Final = {
    "version": "Version of this document; keys are only ever added.",
    "command": "The command that wrote it.",
    "exit_code": "The exit code of the run.",
    "out": "The file that was written.",
    "columns_version": "Version of the columns of the scores.",
    "as_of": "The moment that ends what counts, with its offset.",
    "zone": "Time zone of days and months.",
    "currency": "ISO 4217 code of every amount; amounts are decimal text.",
    "files": "One object a table read: counts, what its amounts mean, problems by code.",
    "problem_count": "How many problems there are in all.",
    "problems": "The first hundred; --problems FILE writes all.",
    "coverage": "Orders and money by strength of the buyer's identity.",
    "policy": "Every rule in force, defaults included.",
    "policy_digest": "Equal rules, equal digest.",
    "customers": "How many customers were scored.",
    "cuts": "The RFM cut points, as --keep-cuts writes them.",
    "segments": "Customers and net spend by segment; the next three are alike.",
    "activity": "By activity state.",
    "value_classes": "By value class.",
    "tiers": "By tier; empty without a ladder.",
    "notes": "What a reader must know.",
}
"""Keys of what ``score`` and ``report`` print; the documentation shows this table."""

_PROBLEMS: Final = 100


def run_document(
    command: str, shop: Shop, scores: Scores, *, as_of: str, out: str, code: Exit
) -> dict[str, Any]:
    """Describe a finished run as plain values; the version is added where it is printed."""
    files = shop.imports.accounts()
    problems = problems_of(files)
    zone, currency = scores.summary.zone, scores.summary.currency
    return {
        "command": command,
        "exit_code": code,
        "out": out,
        "columns_version": VERSION,
        "as_of": instant_of(as_of, zone).astimezone(ZoneInfo(zone)).isoformat(),
        "zone": zone,
        "currency": currency,
        "files": [file_document(file) for file in files],
        "problem_count": len(problems),
        "problems": [attrs.asdict(problem) for problem in problems[:_PROBLEMS]],
        "coverage": _coverage(scores.coverage, currency),
        "policy": shop.policy.to_dict(),
        "policy_digest": scores.policy_digest,
        "customers": len(scores),
        "cuts": scores.rfm.cuts.to_dict(),
        "segments": _groups(scores.segment, scores),
        "activity": _groups(scores.activity.states, scores),
        "value_classes": _groups(scores.value_class, scores),
        "tiers": _groups(scores.tier, scores),
        "notes": [note.en for note in scores.notes],
    }


def file_document(file: FileAccount) -> dict[str, Any]:
    """Describe one table; the problems themselves are listed once for all files."""
    counts = ("records", "accepted", "rejected", "blank", "passed", "repeated")
    rule = None if file.money_rule is None else attrs.asdict(file.money_rule)
    codes = Counter((problem.severity, problem.code) for problem in file.problems)
    return {
        "name": file.name,
        "format": file.source,
        "recognised_by": file.reason,
        **{name: getattr(file, name) for name in counts},
        "exported_at": file.exported_at.isoformat(),
        "money_rule": rule,
        "rejected_by_code": {code: n for (s, code), n in codes.items() if s is Severity.REJECTED},
        "warnings_by_code": {code: n for (s, code), n in codes.items() if s is Severity.WARNING},
    }


def _coverage(coverage: Coverage, currency: str) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for strength in ("stable", "weak", "none"):
        volume = getattr(coverage, strength)
        amounts = {name: decimal_text(getattr(volume, name), currency) for name in ("gross", "refunded")}
        plain[strength] = {"orders": volume.orders, **amounts}
    known = coverage.known_money
    plain["credit_only"] = coverage.credit_only
    plain["known_share_of_gross"] = None if known is None else round(float(known), 6)
    return plain


def _groups(column: Coded, scores: Scores) -> dict[str, dict[str, Any]]:
    currency = scores.summary.currency
    return {
        key: {"customers": customers, "net": decimal_text(net, currency)}
        for key, (customers, net) in group_sums(column, scores).items()
    }
