"""Units in memory: one thread at a time, and every step can be taken back."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Final, TypeVar

import attrs

from retailcrm.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_K = TypeVar("_K")
_V = TypeVar("_V")

_NOTHING: Final = object()
"""Stands for what was not there."""


@attrs.define(eq=False)
class Steps:
    """Changes of dictionaries and lists, step by step.

    Attributes:
        lock: Whoever has it is the only one to read or write.
    """

    lock: RLock = attrs.field(factory=RLock, init=False)
    _depth: int = attrs.field(default=0, init=False)
    _failed: bool = attrs.field(default=False, init=False)
    _undo: list[Callable[[], object]] = attrs.field(factory=list, init=False)

    @property
    def is_open(self) -> bool:
        """Whether a unit is open."""
        with self.lock:
            return self._depth > 0

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Keep other threads away for as long as the unit lasts; if it fails, every step is taken back.

        One inside another joins it: if it fails, the whole fails.
        """
        with self.lock:
            self._depth += 1
            try:
                yield
            except BaseException:
                # Whatever ended it, Ctrl-C too: half of a unit must not stay.
                self._failed = True
                raise
            finally:
                self._depth -= 1
                kept = self._depth > 0 or self._end()
            if not kept:
                raise StoreError("a part of the unit failed before, so nothing of it was written")

    def _end(self) -> bool:
        """Keep what was done, or take it back; tell which."""
        kept, self._failed = not self._failed, False
        while self._undo and not kept:
            self._undo.pop()()
        self._undo.clear()
        return kept

    def put(self, table: dict[_K, _V], key: _K, value: _V) -> None:
        """Set what a table has under a key."""
        self._remember(table, key)
        table[key] = value

    def drop(self, table: dict[_K, _V], key: _K) -> None:
        """Take a key out of a table, if it is there."""
        self._remember(table, key)
        table.pop(key, None)

    def add(self, rows: list[_V], row: _V) -> None:
        """Add a row to a list."""
        rows.append(row)
        if self._depth:
            self._undo.append(rows.pop)

    def _remember(self, table: dict[_K, _V], key: _K) -> None:
        if self._depth:
            self._undo.append(partial(_restore, table, key, table.get(key, _NOTHING)))


def _restore(table: dict[_K, _V], key: _K, value: _V | object) -> None:
    if value is _NOTHING:
        table.pop(key, None)
    else:
        table[key] = value  # type: ignore[assignment]  # it was read from there
