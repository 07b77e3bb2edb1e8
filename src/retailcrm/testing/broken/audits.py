"""How well a reading found what was wrong with a broken file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.testing.broken.drafts import ACCEPTED, BLANK, Broken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from retailcrm.domain.problems import Problem
    from retailcrm.testing.reading import Reading

Place = tuple[int, int, int, str]
"""Record, first line, last line, code."""


@attrs.frozen(kw_only=True)
class Audit:
    """What was found, and what there was to find.

    Attributes:
        bad: Records that are truly bad, with place and reason.
        told: Records that the reading rejected, likewise; repeats stand more than once.
        counts_right: Whether accepted, rejected and blank records are as many as they truly are.
        taken_right: Whether the accepted records are the good ones, and no others.
    """

    bad: tuple[Place, ...]
    told: tuple[Place, ...]
    counts_right: bool
    taken_right: bool

    @property
    def recall(self) -> float:
        """Bad records found / bad records; 1 where there are none."""
        return len(set(self.bad) & set(self.told)) / len(self.bad) if self.bad else 1.0

    @property
    def precision(self) -> float:
        """Right rejections / rejections; 1 where there are none."""
        right = set(self.bad)
        return sum(place in right for place in set(self.told)) / len(self.told) if self.told else 1.0

    @property
    def is_perfect(self) -> bool:
        """Whether nothing is wrong."""
        return self.recall == self.precision == 1 and self.counts_right and self.taken_right


def audit(broken: Broken, reading: Reading) -> Audit:
    """Compare a reading of a broken file with the truth.

    Args:
        broken: The file and the truth about it.
        reading: What a source made of it.
    """
    bad = tuple(
        (f.record, f.first_line, f.last_line, f.what) for f in broken.fates if f.what not in (ACCEPTED, BLANK)
    )
    counts = (reading.accepted, reading.rejected, reading.blank)
    good = [fate.record for fate in broken.fates if fate.what == ACCEPTED]
    taken = sorted({record for rows in reading.rows.values() for record, _ in rows})
    return Audit(
        bad=bad,
        told=_places(reading.rejections),
        counts_right=counts == (broken.count(ACCEPTED), broken.count("rejected"), broken.count(BLANK)),
        taken_right=taken == good,
    )


def _places(problems: Iterable[Problem]) -> tuple[Place, ...]:
    return tuple((p.record or 0, p.first_line or 0, p.last_line or 0, p.code) for p in problems)
