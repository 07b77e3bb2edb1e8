"""What is kept beside accounts: what commands came to, stocks, referrals, merges, the feed."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from retailcrm.shop.stored.verifying.documents import done_of, spending_of
from retailcrm.shop.stored.verifying.events import verify_events
from retailcrm.shop.stored.verifying.rows import BROKEN, Named, document_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from retailcrm.adapters.stores.sql.executor import Executor
    from retailcrm.shop.stored.verifying.documents import Doc
    from retailcrm.shop.stored.verifying.findings import Tally
    from retailcrm.shop.stored.verifying.promised import Promised

_DIGEST: Final = 16
_PROVEN: Final = (("policies", "digest"), ("stale", "customer"))
"""Tables whose rows say nothing that stands anywhere else: their digests guard them."""
AT_ONCE: Final = 400
"""Rows that are looked up in one statement: no database takes any number of values."""


def verify_beside(
    executor: Executor, tally: Tally, progress: Callable[[str, int], None], promised: Promised
) -> None:
    """Work through everything of a shop that is not an account's own.

    Args:
        executor: Of the snapshot.
        tally: Takes findings and counts.
        progress: Told the table and how many rows more were read.
        promised: What the journals promise of these tables.
    """

    def rows(table: str, order: str) -> Iterator[Named]:
        return rows_of(executor, tally, table, order, progress)

    _shops(tally, rows("shops", "shop"))
    _clocks(tally, rows("clocks", "shop"))
    _effects(executor, tally, rows("effects", "verb, key"))
    _documents(
        tally, rows("refunds", "wallet, order_ref"), "refunds", {"wallet": "wallet", "order_ref": "order"}
    )
    _documents(
        tally, rows("referrals", "referred"), "referrals", {"referred": "referred", "order_ref": "order"}
    )
    _rules(tally, rows("rules", "digest"), promised.rules)
    _stocks(tally, rows("stocks", "reward"), _pieces(executor, tally.shop))
    for table, order in _PROVEN:
        for _ in rows(table, order):
            pass
    _merged(tally, rows("merged", "gone"), promised)
    verify_events(executor, tally, rows("events", "position"), promised.told)


def _read(tally: Tally, table: str, key: object, row: Named) -> Any:  # noqa: ANN401 - whatever JSON says
    try:
        return document_of(row)
    except BROKEN:
        tally.tell(table, key, "broken", "its document is no JSON")
        return None


def _shops(tally: Tally, rows: Iterator[Named]) -> None:
    """The shop's own row names a zone and a currency that there are."""
    for row in rows:
        try:
            ZoneInfo(row["zone"])
        except (ZoneInfoNotFoundError, *BROKEN):
            tally.tell("shops", row["shop"], "shop", "its time zone is none")
        if not str(row["currency"]).isalpha():
            tally.tell("shops", row["shop"], "shop", "its currency is none")


def _clocks(tally: Tally, rows: Iterator[Named]) -> None:
    for row in rows:
        if not isinstance(row["advanced_at"], int):
            tally.tell("clocks", row["shop"], "column", "advanced_at: no moment")


def _effects(executor: Executor, tally: Tally, rows: Iterator[Named]) -> None:
    """What a command came to is there: its account has reached the version that it says."""
    for batch in _batches(rows):
        dones = [(row, _done(tally, row)) for row in batch]
        named = {done["account"] for _, done in dones if done is not None and done["account"]}
        versions = _versions(executor, tally.shop, sorted(named))
        for row, done in dones:
            if done is not None:
                _effect_of(tally, row, done, versions)


def _done(tally: Tally, row: Named) -> Doc | None:
    try:
        return done_of(row["document"])
    except BROKEN:
        tally.tell("effects", _effect(row), "broken", "its document is not what a command came to")
        return None


def _effect(row: Named) -> str:
    return f"{row['verb']} {row['key']}"


def _effect_of(tally: Tally, row: Named, done: Doc, versions: Mapping[str, int]) -> None:
    account, version = done["account"], done["version"]
    if account and not 0 <= version <= versions.get(account, -1) and (version, account) != (0, account):
        tally.tell("effects", _effect(row), "effect", f"{account} never had version {version}")


def _versions(executor: Executor, shop: str, accounts: list[str]) -> dict[str, int]:
    """Look up the versions of accounts."""
    if not accounts:
        return {}
    marks = ", ".join("?" for _ in accounts)
    asked = f"SELECT account, version FROM retailcrm_accounts WHERE shop = ? AND account IN ({marks})"  # noqa: S608 - marks only
    return dict(executor.all(asked, (shop, *accounts)))


def _documents(tally: Tally, rows: Iterator[Named], table: str, fields: Mapping[str, str]) -> None:
    """Columns are what documents say."""
    for row in rows:
        key = "/".join(str(row[column]) for column in fields)
        said = _read(tally, table, key, row)
        if said is None:
            continue
        wrong = [c for c, field in fields.items() if not isinstance(said, dict) or said.get(field) != row[c]]
        if wrong:
            tally.tell(table, key, "column", f"{', '.join(wrong)}: not what its document says")


def _merged(tally: Tally, rows: Iterator[Named], promised: Promised) -> None:
    """Accounts were merged as their journals tell it; where points that came along lie, that is known."""
    known = set()
    for row in rows:
        known.add(row["gone"])
        if promised.merged.get(row["gone"], row["keep"]) != row["keep"]:
            tally.tell("merged", row["gone"], "merge", "its journal tells of another account")
    for gone, keep in promised.brought.items():
        if gone not in known and promised.merged.get(gone) == keep:
            tally.tell("merged", gone, "missing", "its points lie in another account, its merge is missing")


def _rules(tally: Tally, rows: Iterator[Named], named: Collection[str]) -> None:
    """A rule is found by its digest, and every rule that an award names is there."""
    known = set()
    for row in rows:
        known.add(row["digest"])
        if hashlib.sha256(str(row["document"]).encode()).hexdigest()[:_DIGEST] != row["digest"]:
            tally.tell("rules", row["digest"], "digest", "the rule is not the one that its digest names")
    for digest in sorted(set(named) - known):
        tally.tell("rules", digest, "missing", "awards name it, but the rule is missing")


def _pieces(executor: Executor, shop: str) -> Counter[str]:
    """Count the pieces of each reward that customers have by their redemptions."""
    found: Counter[str] = Counter()
    asked = "SELECT document FROM retailcrm_spendings WHERE shop = ?"
    for batch in executor.batches(asked, (shop,), size=AT_ONCE):
        for (text,) in batch:
            try:
                said = spending_of(text)
                found[said["reward"]] += said["pieces"]
            except BROKEN:
                continue  # its own row was told of already
    return found


def _stocks(tally: Tally, rows: Iterator[Named], pieces: Mapping[str, int]) -> None:
    """No more of a reward is gone than there is, and what customers have was taken."""
    known = set()
    for row in rows:
        reward = row["reward"]
        known.add(reward)
        said = _read(tally, "stocks", reward, row)
        try:
            if (said["reward"], said["version"]) != (reward, row["version"]):
                tally.tell("stocks", reward, "column", "reward, version: not what its document says")
            aside = sum(one["pieces"] for one in said["aside"])
            if said["supplied"] is not None and said["taken"] + aside > said["supplied"]:
                tally.tell("stocks", reward, "stock", "more is gone than there is")
            if pieces.get(reward, 0) > said["taken"]:
                tally.tell("stocks", reward, "stock", "customers have more pieces than were taken")
        except BROKEN:
            tally.tell("stocks", reward, "broken", "its document is none of a stock")
    for reward in sorted(reward for reward, number in pieces.items() if number > 0 and reward not in known):
        tally.tell("stocks", reward, "missing", "customers have pieces of it, but its stock is missing")


def _batches(rows: Iterator[Named]) -> Iterator[list[Named]]:
    while batch := list(islice(rows, AT_ONCE)):
        yield batch
