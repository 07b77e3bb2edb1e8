"""The figures of a run as tables: rules in force, cut points, segments, activity, classes, tiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.analytics.activity import ACTIVITY_STATES
from retailcrm.analytics.labels import FIGURES
from retailcrm.analytics.value_class import VALUE_CLASSES
from retailcrm.cli.printing import grid, heading, paragraph, percent, table
from retailcrm.domain.money import format_money

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from retailcrm.analytics.columns import Coded
    from retailcrm.analytics.rfm import Cuts
    from retailcrm.domain.labels import Label
    from retailcrm.shop.policy import Policy
    from retailcrm.shop.scores import Scores

_SAID_ELSEWHERE: Final = frozenset({"Activity", "Policy digest"})
"""Rules that the table of activity and the heading say."""


def print_rules(out: Console, policy: Policy) -> None:
    """Print the rules in force, defaults included."""
    out.print()
    out.print(heading(f"rules in force ({policy.digest})"))
    lines = [(name.en, value.en) for name, value in policy.lines() if name.en not in _SAID_ELSEWHERE]
    out.print(grid(lines))


def print_cuts(out: Console, cuts: Cuts, *, origin: str) -> None:
    """Print which figures get which score: a row a score, a column a figure.

    Args:
        out: Where to.
        cuts: The cut points.
        origin: Where they come from, in words.
    """
    texts: dict[str, dict[int, str]] = {letter: {} for letter in "RFM"}
    figures: dict[str, str] = {}
    for letter, figure, score, text in cuts.rows():
        texts[letter][score] = text
        figures[letter] = FIGURES[figure].en if figure in FIGURES else figure
    rows = table("score", *(f"{letter}: {figure}" for letter, figure in figures.items()))
    for score in sorted({score for column in texts.values() for score in column}, reverse=True):
        rows.add_row(str(score), *(texts[letter].get(score, "") for letter in texts))
    out.print()
    out.print(heading(f"cut points ({origin})"))
    out.print(rows)


def print_segments(out: Console, scores: Scores) -> None:
    """Print the segments with their customers and net spend."""
    labels = {segment.key: segment.label for segment in scores.segment_map.segments}
    _print_groups(out, "segment", scores.segment, labels, scores)


def print_activity(out: Console, scores: Scores) -> None:
    """Print the activity states, each with its rule."""
    states = scores.activity
    sums = group_sums(states.states, scores)
    rows = table("activity", "", "customers", "share", "rule")
    for key, label in ACTIVITY_STATES.items():
        customers, _ = sums.get(key, (0, 0))
        rows.add_row(
            label.en, label.zh, f"{customers:,}", percent(customers, len(scores)), states.rules[key].en
        )
    out.print()
    out.print(rows)
    out.print(paragraph(f"rests on: {states.basis.en}", " "))


def print_value_classes(out: Console, scores: Scores) -> None:
    """Print the value classes, and where "frequent" and "large" begin."""
    _print_groups(out, "value class", scores.value_class, VALUE_CLASSES, scores)
    # The first class is the one that is both.
    both = next(iter(scores.value_cuts.rules.values()))
    out.print(paragraph(f"frequent and large: {both.en}", " "))


def print_tiers(out: Console, scores: Scores) -> None:
    """Print the tiers, where the policy has a ladder."""
    if scores.tier_labels:
        _print_groups(out, "tier", scores.tier, scores.tier_labels, scores)


def print_notes(out: Console, scores: Scores) -> None:
    """Print what a reader must know; what the scores rest on stands in the table of activity."""
    if scores.rfm.notes:
        out.print()
    for note in scores.rfm.notes:
        out.print(paragraph(note.en, "note:"))


def group_sums(column: Coded, scores: Scores) -> dict[str, tuple[int, int]]:
    """Count the customers of each group and add up what they spent.

    Returns:
        Customers and net spend in minor units by key, in the order of the column's values.
    """
    sums = {}
    for code, key in enumerate(column.values.tolist()):
        inside = column.codes == code
        sums[key] = (int(np.count_nonzero(inside)), int(scores.summary.net[inside].sum()))
    return sums


def _print_groups(
    out: Console, title: str, column: Coded, labels: Mapping[str, Label], scores: Scores
) -> None:
    sums = group_sums(column, scores)
    rows = table(title, "", "customers", "share", "net")
    for key, label in labels.items():
        customers, net = sums.get(key, (0, 0))
        rows.add_row(
            label.en, label.zh, f"{customers:,}", percent(customers, len(scores)),
            format_money(net, scores.summary.currency),
        )  # fmt: skip
    out.print()
    out.print(rows)
