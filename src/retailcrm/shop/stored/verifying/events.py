"""The event feed: it goes forward, says of points what an entry says, and else what was written."""

from __future__ import annotations

from itertools import islice
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.sql.codecs import proof
from retailcrm.shop.stored.verifying.documents import moment_text, moved_in
from retailcrm.shop.stored.verifying.promised import Told, must_be_told
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


def verify_events(executor: Executor, tally: Tally, rows: Iterator[Named], promised: Told) -> None:
    """Work through a shop's feed.

    Of entries that follow files' orders none must be told: the past that a shop begins with never is.

    Args:
        executor: Of the snapshot.
        tally: Takes the findings; its shop is the one.
        rows: Of the table ``events``, by their position.
        promised: The entries that each have an event.
    """
    last, met = 0, Told()
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
                if entry is not None and expected is not None and must_be_told(expected[0]):
                    met.add(*entry)
                if expected is None or (row["kind"], row["recorded_at"], row["document"]) != expected[1:]:
                    tally.tell("events", position, "event", "tells of points what no journal says")
    if (met.entries, met.digest) != (promised.entries, promised.digest):
        said = f"{promised.entries} entries have one event each, {met.entries} of these events are there"
        tally.tell("events", "", "missing", said)


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


def _told(executor: Executor, shop: str, keys: Sequence[Entry]) -> dict[Entry, tuple[str, str, int, str]]:
    """Look up entries; give the key of each, and the event it is told by: kind, when written, document."""
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
        account, version, _, key, _, recorded_at, _ = row
        try:
            found[account, version] = (key, _MOVED, recorded_at, _document(row))
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
