"""Our own reader of Taobao's reports keeps the promises that plugin authors' readers are held to."""

from __future__ import annotations

from typing import ClassVar

from retailcrm.adapters.sources.taobao import Taobao
from retailcrm.testing.sources import SourceContract


class TestTaobao(SourceContract):
    """Order, item and refund report in GB18030, with protected numbers, masks and broken records."""

    encoding: ClassVar[str] = "gb18030"

    def source(self) -> Taobao:
        """Give the reader under test."""
        return Taobao()
