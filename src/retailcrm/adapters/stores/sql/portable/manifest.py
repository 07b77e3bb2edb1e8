"""What a portable backup says of itself, and how its rows are written."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.adapters.stores.sql.migrations.revisions import HEAD, is_older
from retailcrm.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME: Final = "manifest.json"
FORMAT: Final = "retailcrm-backup"
VERSION: Final = 1

_BYTES: Final = "base64"


@attrs.frozen(kw_only=True)
class Part:
    """One table of a backup.

    Attributes:
        table: Its name.
        columns: The names of what stands in each row, in this order.
        rows: How many there are.
        digest: SHA-256 of the lines, in hex.
        position: The last number that the database gave to a row; ``None`` where rows bring their own.
    """

    table: str
    columns: tuple[str, ...]
    rows: int
    digest: str
    position: int | None = None

    @property
    def file(self) -> str:
        """Its name inside the archive."""
        return f"{self.table}.jsonl"


@attrs.frozen(kw_only=True)
class Manifest:
    """What a portable backup holds.

    Attributes:
        revision: Version of the tables.
        parts: One for each table, by name.
    """

    revision: str
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(part.rows for part in self.parts)

    def to_json(self) -> str:
        """Write it down."""
        document = {"format": FORMAT, "format_version": VERSION, **attrs.asdict(self)}
        return json.dumps(document, indent=1)

    @classmethod
    def from_json(cls, text: bytes) -> Manifest:
        """Read it.

        Raises:
            InputError: It is not what :meth:`to_json` writes.
            SettingsError: A newer library wrote it.
        """
        try:
            document = json.loads(text)
            told = (document.pop("format"), document.pop("format_version"))
            parts = tuple(Part(**{**part, "columns": tuple(part["columns"])}) for part in document["parts"])
            manifest = cls(revision=str(document["revision"]), parts=parts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"the backup's {NAME} is damaged: restore another backup") from error
        if told != (FORMAT, VERSION) or not (manifest.revision == HEAD or is_older(manifest.revision)):
            raise SettingsError(
                f"a newer library wrote this backup (format {told[1]}, version {manifest.revision} of the "
                "tables); restore it with that one"
            )
        return manifest


def line(row: Sequence[object]) -> bytes:
    r"""Write a row.

    Example:
        >>> line(("main", 7, None, "小明"))
        b'["main",7,null,"\xe5\xb0\x8f\xe6\x98\x8e"]\n'
    """
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=_plain).encode() + b"\n"


def row_of(text: bytes) -> list[Any]:
    r"""Read a row.

    Example:
        >>> row_of(line(("main", b"\x00", 1.5)))
        ['main', b'\x00', 1.5]
    """
    values = json.loads(text)
    return [base64.b64decode(one[_BYTES]) if isinstance(one, dict) else one for one in values]


def _plain(value: object) -> dict[str, str]:
    """Write what JSON does not know: bytes, as drivers give them."""
    if isinstance(value, bytes | memoryview):
        return {_BYTES: base64.b64encode(bytes(value)).decode()}
    raise TypeError(f"a backup cannot hold a {type(value).__name__}")
