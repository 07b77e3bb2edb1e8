"""The event feed: it goes forward, says of points what an entry says, and else what was written."""

from __future__ import annotations

from itertools import islice
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.sql.codecs import proof
from retailcrm.shop.stored.verifying.documents import moment_text, moved_in
from retailcrm.shop.stored.verifying.rows import BROKEN, Named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from retailcrm.adapters.stores.sql.executor import Executor, Row
    from retailcrm.shop.stored.verifying.findings import Tally

AT_ONCE: Final = 400
"""Entries that are looked up in one statement: no database takes any number of values."""

_MOVED: Final = "points.moved"
_VERSION: Final = '"version":'
Entry = tuple[str, int]
"""An account, and a version of it."""


def verify_events(executor: Executor, tally: Tally, rows: Iterator[Named]) -> None:
    """Work through a shop's feed.

    Args:
        executor: Of the snapshot.
        tally: Takes the findings; its shop is the one.
        rows: Of the table ``events``, by their position.
    """
    last = 0
    while batch := list(islice(rows, AT_ONCE)):
        named = [_entry_named(row) for row in batch]
        told = _told(executor, tally.shop, sorted({one for one in named if one is not None}))
        for row, entry in zip(batch, named, strict=True):
            position = row["position"]
            if position <= last:
                tally.tell("events", position, "event", "stands before the one that it comes after")
            last = position
            if row["proof"] is not None and row["proof"] != _proof_of(row):
                tally.tell("events", position, "digest", "it is not the one that was written")
            # What nothing else proves must be told by an entry.
            if row["proof"] is None or row["kind"] == _MOVED:
                expected = None if entry is None else told.get(entry)
                if (row["kind"], row["recorded_at"], row["document"]) != expected:
                    tally.tell("events", position, "event", "tells of points what no journal says")


def _proof_of(row: Named) -> str:
    """Give the digest of an event; its place in the feed came from the database."""
    return proof(*(row[name] for name in ("shop", "kind", "subject", "recorded_at", "document")))


def _entry_named(row: Named) -> Entry | None:
    """Tell which entry an event of points names: its document is compared as a whole once that is found."""
    # Within a text of JSON every quotation mark has a stroke before it, so this is the field.
    _, _, behind = str(row["document"]).partition(_VERSION)
    digits, comma, _ = behind.partition(",")
    # More digits than a column of any database can hold name no version.
    number = comma and digits.isascii() and digits.isdecimal() and len(digits) < 19  # noqa: PLR2004 - 2**63
    if number and isinstance(row["subject"], str):
        return row["subject"], int(digits)
    return None


def _told(executor: Executor, shop: str, keys: Sequence[Entry]) -> dict[Entry, tuple[str, int, str]]:
    """Look up entries; say the event that each of them is told by: kind, when it was written, document."""
    if not keys:
        return {}
    marks = ", ".join("(?, ?)" for _ in keys)
    # Joined from the keys, so that every database goes by its index.
    asked = (
        f"WITH asked (account, version) AS (VALUES {marks}) "  # noqa: S608 - marks only
        "SELECT it.account, it.version, it.verb, it.key, it.effective_at, it.recorded_at, it.document "
        "FROM asked JOIN retailcrm_entries it "
        "ON it.shop = ? AND it.account = asked.account AND it.version = asked.version"
    )
    found = {}
    for row in executor.all(asked, (*(part for key in keys for part in key), shop)):
        account, version, *_, recorded_at, _ = row
        try:
            found[account, version] = (_MOVED, recorded_at, _document(row))
        except BROKEN:
            continue  # its own row was told of already
    return found


def _document(row: Row) -> str:
    """Write what the event of an entry says."""
    account, version, verb, key, effective_at, _, document = row
    wallet, _, customer = account.partition("/")
    points, reference = moved_in(document, key)
    return (
        f'{{"at":"{moment_text(effective_at)}","customer":{encode_basestring(customer)},"points":{points},'
        f'"reference":{encode_basestring(reference)},"version":{version},'
        f'"wallet":{encode_basestring(wallet)},"what":{encode_basestring(verb)}}}'
    )
