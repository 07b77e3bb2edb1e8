"""Work that keeps all that it makes until its end, and so gives the collector nothing to find."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def uncollected() -> Iterator[None]:
    """Let Python look for garbage in cycles after the block, not over and over inside it.

    What a group of commands decides is kept until all is written, and has no cycles: each look finds nothing,
    and the more of it there is the longer it takes, an eighth of the time of a group in all. Whatever is no
    longer needed goes at once, as ever. Where somebody else has turned the collector off it stays off.

    Example:
        >>> with uncollected():
        ...     gc.isenabled()
        False
        >>> gc.isenabled()
        True
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
