"""What other tables must hold because journals tell of it: that a row is not there any more is told too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from retailcrm.adapters.stores.sql.executor import Executor
    from retailcrm.shop.stored.verifying.documents import Doc
    from retailcrm.shop.stored.verifying.findings import Tally

AT_ONCE: Final = 400
"""Rows that are looked up in one statement: no database takes any number of values."""

Row = tuple[str, ...]
"""The key of a row, without its shop."""

_KEYS: Final = {
    "effects": ("verb", "key"),
    "awards": ("wallet", "reference"),
    "refunds": ("wallet", "order_ref"),
    "referrals": ("referred",),
}
_WHY: Final = {
    "effects": "a command wrote into its account, but what it came to is missing: it could be done twice",
    "awards": "its lot is there, but not its award: the next file would award it anew",
    "refunds": "a refund of it was taken back, but how much verbs were told of is missing",
    "referrals": "both sides earned for it, but the referral is missing",
}
_COMMANDS: Final = {
    "redeem": ("redeem", "reward"),
    "reserve": ("reserve", "reserve_reward"),
    "capture": ("capture", "capture_reward"),
    "adjust": ("adjust",),
    "transfer": ("transfer",),
    "void": ("void", "void_reward"),
    "give_back": ("give_back", "refund", "return_reward"),
    "reverse": ("reverse", "refund", "referral_order", "referral_refund", "decide_referral"),
    "earn": ("activity", "referral_order"),
}
"""By the verb of an entry, the commands that may have written it; other entries come along with these."""
_REASONS: Final = {"transfer": "gift", "void": "void"}
"""What entries of commands give as their reason, where merges and time write the same verb with another."""
_FOLLOWING: Final = ("order:", "refund:", "follow:")
"""How keys begin under which files' orders are followed: the past that a shop begins with is not told."""
_UNASKED: Final = (*_FOLLOWING, "advance:")
"""How keys begin under which nobody's command took back, gave back or awarded anything."""
_BY_NOBODY: Final = frozenset({"give_back", "reverse", "earn"})
_ORDER: Final = "order:"
_REFERRAL: Final = "referral:"


def must_be_told(key: str) -> bool:
    """Tell whether an entry that moved points has its event in any case, by its key.

    Example:
        >>> must_be_told("cart:88"), must_be_told("order:ours/main/4")
        (True, False)
    """
    return not key.startswith(_FOLLOWING)


@attrs.define(eq=False, kw_only=True)
class Told:
    """A sum over entries, to be compared with that over the events which tell of them."""

    entries: int = 0
    digest: int = 0

    def add(self, account: str, version: int) -> None:
        """Count an entry."""
        self.entries += 1
        self.digest += hash((account, version))


@attrs.define(eq=False, kw_only=True)
class Promised:
    """What the journals of a shop promise of other tables: asked for some hundred rows at a time.

    Attributes:
        executor: Of the snapshot.
        tally: Takes the findings; its shop is the one.
        rules: Digests of the rules that awards name.
        merged: Which accounts were merged into which, as their journals tell it.
        brought: Accounts that brought points along which lie in that other account to this day, where a
            merge that was undone would have returned them.
        told: Entries that each have an event.
    """

    executor: Executor
    tally: Tally
    rules: set[str] = attrs.field(factory=set)
    merged: dict[str, str] = attrs.field(factory=dict)
    brought: dict[str, str] = attrs.field(factory=dict)
    told: Told = attrs.field(factory=Told)
    _asked: dict[str, dict[tuple[Row, ...], str]] = attrs.field(factory=lambda: {name: {} for name in _KEYS})

    def by_journal(self, account: str, entries: Sequence[Doc], awards: Collection[str]) -> None:
        """Take in what an account's journal promises.

        Args:
            account: Its id.
            entries: Its journal.
            awards: References of the awards that are in the account: most of those it tells of.
        """
        for entry in entries:
            key, verb = entry["key"], entry["verb"]
            if entry["movements"] and must_be_told(key):
                self.told.add(account, entry["version"])
            if verb not in _COMMANDS:
                continue
            if verb == "earn" and _awarded(entry):
                if key.removeprefix(_ORDER) not in awards:
                    self._ask("awards", key, (account.partition("/")[0], key.removeprefix(_ORDER)))
            elif _by_command(entry):
                commands = [(command, key) for command in _COMMANDS[verb]]
                self._ask("effects", f"{verb} {key}", *commands)
                self._beside(account, entry)

    def by_merge(self, account: str, entries: Sequence[Doc], book: Doc) -> None:
        """Take in who was merged, and whose points are here and can be spent ever since they came.

        Args:
            account: Its id.
            entries: Its journal.
            book: What the journal comes to.
        """
        merges = [entry for entry in entries if entry["key"].startswith(f"merge:{account}:")]
        # A merge that moved nothing names no account.
        into = [e["reference"] for e in merges if e["key"] == merges[-1]["key"] and e["verb"] == "transfer"]
        if into:
            self.merged[account] = into[-1]
        owners = {
            name: lot["owners"][0]
            for name, lot in book["lots"].items()
            if lot["owners"] and lot["buckets"]["pending"] + lot["buckets"]["available"]
        }
        if owners:
            # What was spent or set aside when a merge was undone stayed here, and may have come back since.
            back = {
                one["lot"]
                for entry in entries
                for one in entry["movements"]
                if one["source"] not in (None, "pending") and one["target"] in ("pending", "available")
            }
            self.brought |= {owner: account for name, owner in owners.items() if name not in back}

    def done(self) -> None:
        """Ask for the rest."""
        for table in _KEYS:
            self._look_up(table)

    def _beside(self, account: str, entry: Doc) -> None:
        """Ask for what a command wrote beside accounts."""
        reference = entry["reference"]
        if entry["verb"] == "earn" and reference.startswith(_REFERRAL):
            self._ask("referrals", reference, (reference.removeprefix(_REFERRAL),))
        if (entry["verb"], entry["reason"]) == ("reverse", "refund") and reference.startswith(_ORDER):
            self._ask("refunds", reference, (account.partition("/")[0], reference.removeprefix(_ORDER)))

    def _ask(self, table: str, place: str, *rows: Row) -> None:
        """Note that one of some rows must be there.

        Raises:
            ValueError: A text is none that a database could hold.
        """
        for row in rows:
            "".join(row).encode()
        asked = self._asked[table]
        asked[rows] = place
        if len(asked) * len(rows) >= AT_ONCE:
            self._look_up(table)

    def _look_up(self, table: str) -> None:
        """Look for the rows that were asked for; tell of those that are missing."""
        asked, columns = self._asked[table], _KEYS[table]
        keys = sorted({row for rows in asked for row in rows})
        if not keys:
            return
        marks = ", ".join([f"({', '.join('?' for _ in columns)})"] * len(keys))
        # Joined from the keys, so that every database goes by its index.
        statement = (
            f"WITH asked ({', '.join(columns)}) AS (VALUES {marks}) "  # noqa: S608 - our own names, and marks
            f"SELECT {', '.join(f'it.{name}' for name in columns)} FROM asked JOIN retailcrm_{table} it "
            f"ON it.shop = ? AND {' AND '.join(f'it.{name} = asked.{name}' for name in columns)}"
        )
        values = (*(part for row in keys for part in row), self.tally.shop)
        found = {tuple(row) for row in self.executor.all(statement, values)}
        for rows, place in asked.items():
            if found.isdisjoint(rows):
                self.tally.tell(table, place, "missing", _WHY[table])
        asked.clear()


def _awarded(entry: Doc) -> bool:
    """Tell whether an entry awards an order: the lot has the order's name, and so has the key."""
    key = entry["key"]
    made = [one["lot"] for one in entry["movements"] if one["source"] is None]
    return made == [key] and key.startswith(_ORDER)


def _by_command(entry: Doc) -> bool:
    """Tell whether somebody's command wrote an entry, whose effect is kept for ever."""
    verb = entry["verb"]
    if verb in _REASONS:
        return bool(entry["reason"] == _REASONS[verb])
    return verb not in _BY_NOBODY or not entry["key"].startswith(_UNASKED)
