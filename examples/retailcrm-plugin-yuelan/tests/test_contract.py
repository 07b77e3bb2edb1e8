"""The promises of every source, on the sample: the kit brings the tests."""

from __future__ import annotations

from pathlib import Path

from retailcrm.testing.sources import SourceContract

from retailcrm_plugin_yuelan.source import Yuelan


class TestYuelan(SourceContract):
    """Twelve promises, on the sample as it is and written or damaged in other ways."""

    samples = Path(__file__).parent.parent / "sample"

    def source(self) -> Yuelan:
        """Give the source under test."""
        return Yuelan()
