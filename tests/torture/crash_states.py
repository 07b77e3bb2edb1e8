"""What may be on the disk after a power failure: whatever was synced, and any part of what was not.

A virtual file system of APSW writes down every write, truncation, sync and deletion of a store that works. A
crash state is made of the events up to some moment: of each file what was written before its last sync, then
any subset of what came after it, the last of it possibly torn between two sectors. A deletion may not have
happened unless the folder was synced since: SQLite does so when it deletes the journal of a commit that must
last, and at the first sync of a new journal or log.
"""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import apsw
import attrs
from tests.torture.apsw_database import ApswDatabase

from retailcrm.adapters.stores.sql.ledger import SqlLedger
from retailcrm.ports.outcomes import Done
from retailcrm.torture.commands import Draws, grant, run
from retailcrm.torture.opening import SHOP, open_it

if TYPE_CHECKING:
    from random import Random

SECTOR: Final = 512
VFS: Final = "retailcrm-tracing"
NAMES: Final = ("ann", "bob", "cat")
_LOOK: Final = (
    "SELECT account, version, available, held, debt, document FROM retailcrm_accounts ORDER BY account",
    "SELECT account, version, document FROM retailcrm_entries ORDER BY account, version",
    "SELECT verb, key, document FROM retailcrm_effects ORDER BY verb, key",
)


@attrs.frozen
class Event:
    """Something that was done to a file.

    Attributes:
        what: ``write``, ``truncate``, ``sync``, ``delete``, or ``ack``: the caller was told.
        file: Its name.
        at: Where it was written, or what its size became; of a deletion whether the folder was synced.
        data: What was written.
    """

    what: str
    file: str = ""
    at: int = 0
    data: bytes = b""


class TracedFile(apsw.VFSFile):
    """A file whose changes are written down."""

    def __init__(self, events: list[Event], name: Any, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.events, self.file = events, Path(path).name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - APSW's name
        self.events.append(Event("write", self.file, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - APSW's name
        self.events.append(Event("truncate", self.file, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802 - APSW's name
        self.events.append(Event("sync", self.file))
        super().xSync(flags)


class Tracing(apsw.VFS):
    """The system's files, with everything that changes them written down."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        super().__init__(VFS, "")

    def xOpen(self, name: Any, flags: list[int]) -> TracedFile:  # noqa: N802 - APSW's name
        return TracedFile(self.events, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - APSW's name
        self.events.append(Event("delete", Path(filename).name, int(syncdir)))
        super().xDelete(filename, syncdir)


@attrs.frozen
class Trace:
    """What a store did.

    Attributes:
        first: The database file before.
        events: What was done to files, and when the caller was told.
        states: Digest of what the store held after each command, beginning with none of them.
    """

    first: bytes
    events: list[Event]
    states: list[str]


def digest(rows_of: Any) -> str:
    """Give a digest of everything that the ledger holds."""
    found = hashlib.sha256()
    for query in _LOOK:
        found.update(repr([tuple(row) for row in rows_of(query)]).encode())
    return found.hexdigest()


def traced(folder: Path, settings: dict[str, object], chance: Random, commands: int) -> Trace:
    """Let a shop work on a traced file."""
    path = folder / "shop.db"
    with open_it(f"sqlite:///{path}") as shop:
        for name in NAMES:
            run(shop.loyalty, grant(name, 500, f"first:{name}"))
    with sqlite3.connect(path) as made:
        made.execute("PRAGMA journal_mode = delete")  # so that all of it is in the one file
    made.close()
    first, vfs = path.read_bytes(), Tracing()
    try:
        database = ApswDatabase(str(path), settings, VFS)
        shop = open_it("memory:")
        shop._points = attrs.evolve(shop._points, ledger=SqlLedger(database, SHOP))  # type: ignore[arg-type,type-var]
        draws = Draws(chance=chance, prefix="crash", names=NAMES)
        states = [digest(database.all)]
        for _ in range(commands):
            command = draws.draw()
            outcome = run(shop.loyalty, command)
            draws.learn(command, outcome)
            if isinstance(outcome, Done):
                vfs.events.append(Event("ack"))
                states.append(digest(database.all))
        database.close()
    finally:
        vfs.unregister()
    return Trace(first, list(vfs.events), states)


def crashed(trace: Trace, moment: int, chance: Random) -> tuple[dict[str, bytes], int]:
    """Give files as they may be after a failure at a moment, and how many commands were acknowledged."""
    synced: dict[str, bytearray] = {"shop.db": bytearray(trace.first)}
    loose: dict[str, list[Event]] = {}
    acks = 0
    for event in trace.events[:moment]:
        if event.what == "ack":
            acks += 1
            continue
        loose.setdefault(event.file, []).append(event)
        first = event.what == "sync" and event.file not in synced
        if first or (event.what == "delete" and event.at):
            for file in [name for name, events in loose.items() if events[-1].what == "delete"]:
                settle(synced, loose, file)
        if event.what == "sync":
            settle(synced, loose, event.file)
    files = {name: bytearray(content) for name, content in synced.items()}
    how = chance.choice(("none", "all", "some", "some", "some", "torn"))
    for name, events in loose.items():
        for event in survivors(events, how, chance):
            apply(files, files.setdefault(name, bytearray()), event)
    return {name: bytes(content) for name, content in files.items()}, acks


def settle(synced: dict[str, bytearray], loose: dict[str, list[Event]], file: str) -> None:
    """Put everything that was done to a file onto the disk."""
    for event in loose.pop(file, ()):
        apply(synced, synced.setdefault(file, bytearray()), event)


def survivors(events: list[Event], how: str, chance: Random) -> list[Event]:
    """Choose which of the changes that nobody synced are on the disk."""
    if how in ("none", "all"):
        return events if how == "all" else []
    kept = [event for event in events if chance.random() < 0.5]
    if how == "torn" and kept and kept[-1].what == "write":
        sectors = len(kept[-1].data) // SECTOR
        kept[-1] = attrs.evolve(kept[-1], data=kept[-1].data[: SECTOR * chance.randint(0, sectors)])
    return kept


def apply(files: dict[str, bytearray], content: bytearray, event: Event) -> None:
    """Do to a file what was done to it; what lies between its end and a write is empty."""
    if event.what == "delete":
        files.pop(event.file, None)
    if event.what in ("delete", "sync"):
        return
    files[event.file] = content
    end = event.at + len(event.data) if event.what == "write" else event.at
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if event.what == "write":
        content[event.at : end] = event.data
    else:
        del content[end:]


def verdict(trace: Trace, folder: Path, files: dict[str, bytes], acks: int) -> str:
    """Open a crash state with the standard library's SQLite, and say what is wrong with it."""
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    try:
        with sqlite3.connect(folder / "shop.db") as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchall()
            state = digest(connection.execute)
    except sqlite3.DatabaseError as error:
        return f"broken: {error}"
    finally:
        connection.close()
    if sound != [("ok",)]:
        return f"broken: {sound[0]}"
    if state not in trace.states:
        return "broken: no state that ever was"
    return "" if trace.states.index(state) >= acks else f"lost: {acks - trace.states.index(state)} commands"
