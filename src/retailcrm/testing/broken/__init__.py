"""Broken files made by a seed, with the truth of every record: what becomes of it, and where it stands."""

from retailcrm.testing.broken.audits import Audit, audit
from retailcrm.testing.broken.drafts import ACCEPTED, BLANK, Broken, Fate, Layout
from retailcrm.testing.broken.files import TABLE_MAPPING, break_file, broken_table, broken_taobao
from retailcrm.testing.broken.spoilers import SPOILERS

__all__ = [
    "ACCEPTED",
    "BLANK",
    "SPOILERS",
    "TABLE_MAPPING",
    "Audit",
    "Broken",
    "Fate",
    "Layout",
    "audit",
    "break_file",
    "broken_table",
    "broken_taobao",
]
