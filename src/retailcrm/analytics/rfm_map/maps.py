"""Boxes of scores, segments made of boxes, and the proof that a map names each code exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.rfm import RfmSpec
from retailcrm.domain.labels import Label
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.rfm import RfmScores

Range = tuple[int, int]

_HIGH_LOW: Final = 2
_NO_ADVICE: Final = Label("", "")
_SHOWN: Final = 10


@attrs.frozen(kw_only=True)
class Box:
    """All codes whose scores lie within some ranges; a range that is left out allows every score.

    Attributes:
        r: Lowest and highest R, both included.
        f: Lowest and highest F.
        m: Lowest and highest M.
        fm: Lowest and highest average of F and M, halves rounded up.

    Example:
        >>> Box(r=(4, 5), fm=(1, 1)).codes(5)
        [(4, 1, 1), (5, 1, 1)]
    """

    r: Range | None = None
    f: Range | None = None
    m: Range | None = None
    fm: Range | None = None

    def codes(self, levels: int) -> list[tuple[int, int, int]]:
        """List the (R, F, M) codes in the box.

        Args:
            levels: Number of score levels of each.

        Returns:
            The codes, rising.
        """
        scale = range(1, levels + 1)
        return [(r, f, m) for r in scale for f in scale for m in scale if self._holds(r, f, m)]

    def _holds(self, r: int, f: int, m: int) -> bool:
        scores = ((self.r, r), (self.f, f), (self.m, m), (self.fm, (f + m + 1) // 2))
        return all(allowed is None or allowed[0] <= score <= allowed[1] for allowed, score in scores)

    def outside(self, levels: int) -> list[str]:
        """Name the ranges that are empty or leave 1 to ``levels``."""
        ranges = attrs.asdict(self, recurse=False).items()
        return [
            f"{name} {value[0]}-{value[1]}"
            for name, value in ranges
            if value is not None and not 1 <= value[0] <= value[1] <= levels
        ]


@attrs.frozen(kw_only=True)
class Segment:
    """One segment of a map.

    Attributes:
        key: Stable word for programs, unique in its map.
        label: Its name.
        advice: What to do for these customers, in a sentence.
        where: The boxes of scores that it is made of.
    """

    key: str
    label: Label
    advice: Label = _NO_ADVICE
    where: tuple[Box, ...]


def check_map(segments: Sequence[Segment], levels: int) -> NDArray[np.int16]:
    """Prove by going through every code that each belongs to exactly one segment.

    Args:
        segments: The segments.
        levels: Number of score levels of each of R, F and M.

    Returns:
        Position in ``segments`` for each code, ``int16``, shape ``(levels, levels, levels)``; the code
        (r, f, m) stands at ``[r - 1, f - 1, m - 1]``.

    Raises:
        SettingsError: Lists the codes in no segment, those in several, ranges outside the scores,
            and keys used twice.

    Example:
        >>> all_of_them = Segment(key="all", label=Label("全部", "all"), where=(Box(),))
        >>> check_map([all_of_them], 2).shape
        (2, 2, 2)
    """
    owners: dict[tuple[int, int, int], list[str]] = {}
    cells = np.full((levels, levels, levels), -1, np.int16)
    for position, segment in enumerate(segments):
        for code in {code for box in segment.where for code in box.codes(levels)}:
            owners.setdefault(code, []).append(segment.key)
            cells[code[0] - 1, code[1] - 1, code[2] - 1] = position
    if complaints := [*_misshapen(segments, levels), *_misplaced(owners, levels)]:
        raise SettingsError("not a segment map: " + "; ".join(complaints))
    return cells


def _misshapen(segments: Sequence[Segment], levels: int) -> list[str]:
    keys = [segment.key for segment in segments]
    complaints = [f"segment {key} occurs twice" for key in sorted({k for k in keys if keys.count(k) > 1})]
    outside = ((s.key, text) for s in segments for box in s.where for text in box.outside(levels))
    complaints += [f"segment {key}: {text} is no range within 1 to {levels}" for key, text in outside]
    return complaints


def _misplaced(owners: dict[tuple[int, int, int], list[str]], levels: int) -> list[str]:
    complaints = []
    if uncovered := [code for code in Box().codes(levels) if code not in owners]:
        complaints.append(f"codes in no segment ({len(uncovered)}): {_listed(map(_digits, uncovered))}")
    if several := {code: keys for code, keys in sorted(owners.items()) if len(keys) > 1}:
        shown = _listed(f"{_digits(code)} ({' and '.join(keys)})" for code, keys in several.items())
        complaints.append(f"codes in several segments ({len(several)}): {shown}")
    return complaints


def _digits(code: tuple[int, int, int]) -> str:
    return "".join(map(str, code))


def _listed(texts: Any) -> str:  # noqa: ANN401 - any iterable of texts
    several = list(texts)
    return ", ".join(several[:_SHOWN]) + (", ..." if len(several) > _SHOWN else "")


def _usual_spec(levels: int) -> RfmSpec:
    return RfmSpec(method="mean") if levels == _HIGH_LOW else RfmSpec(bins=levels)


@attrs.frozen(kw_only=True)
class SegmentMap:
    """A map from scores to segments that is total and disjoint: it cannot be made otherwise.

    Attributes:
        name: Its name, for the command line and the report.
        levels: Number of score levels it is drawn for: 2 for high and low.
        segments: The segments, in the order to print them.
        spec: The scoring to use where the shop names none: means for two levels, else quantiles.
        cells: Position in ``segments`` of each code; ``int16``, shape ``(levels, levels, levels)``.
    """

    name: str
    levels: int
    segments: tuple[Segment, ...]
    spec: RfmSpec = attrs.field()
    cells: NDArray[np.int16] = attrs.field(init=False, eq=False, repr=False)

    @spec.default
    def _scored_as_usual(self) -> RfmSpec:
        return _usual_spec(self.levels)

    @cells.default
    def _proved(self) -> NDArray[np.int16]:
        return check_map(self.segments, self.levels)

    def __attrs_post_init__(self) -> None:
        """Refuse a scoring that gives other levels than the map has."""
        if self.spec.bins != self.levels:
            raise SettingsError(f"map {self.name} has {self.levels} levels, its scoring {self.spec.bins}")

    @property
    def keys(self) -> Texts:
        """Keys of the segments: the values of what :func:`assign` gives."""
        return Texts.of(segment.key for segment in self.segments)

    @property
    def labels(self) -> tuple[Label, ...]:
        """Names of the segments, in the same order as ``keys``."""
        return tuple(segment.label for segment in self.segments)


def assign(scores: RfmScores, segment_map: SegmentMap) -> Coded:
    """Put each customer into her segment.

    Args:
        scores: Scores in as many levels as the map has.
        segment_map: The map.

    Returns:
        Segment keys, shape ``(n_customers,)``, in the order of the scores; every segment is among
        the values, in the map's order.

    Raises:
        SettingsError: The scores have other levels than the map.
    """
    if scores.levels != segment_map.levels:
        raise SettingsError(
            f"map {segment_map.name} needs scores in {segment_map.levels} levels, these have {scores.levels}:"
            f" score with method {segment_map.spec.method!r}, or choose another map"
        )
    codes = segment_map.cells[scores.r - 1, scores.f - 1, scores.m - 1]
    return Coded(codes.astype(np.int32), segment_map.keys)
