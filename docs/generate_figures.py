"""Write the figures of the stores into the pages that show them, from what benchmarks stored.

``python docs/generate_figures.py`` puts tables between the marks of ``docs/reliability.md`` and
``docs/one-machine.md``; with ``--check`` it only says whether they are up to date.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCS: Final = Path(__file__).parent
RESULTS: Final = DOCS.parent / "benchmarks" / "results"
BEGIN: Final = "<!-- figures, written by docs/generate_figures.py: -->"
END: Final = "<!-- end of figures -->"

Stored = dict[str, Any]
"""What a benchmark stored, or a part of it."""

Line = tuple[str, str, str, str]
"""What was done, what was measured, the bar, and whether it is held."""


def result(name: str) -> Stored:
    """Give what a benchmark stored."""
    stored: Stored = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    return stored


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def told(held: bool) -> str:
    """Say whether a bar is held."""
    return "yes" if held else "**missed**"


# ---- how fast it is ---------------------------------------------------------------------------------


def bars() -> str:
    """Write how fast the stores are, each figure with its bar."""
    rows = [*of_stores(), *of_imports(), of_size("sweep", "lot"), of_size("verify", "entry")]
    return table(["work", "measured", "at least", "held"], rows)


def of_stores() -> list[Line]:
    """Give the figures of single commands and groups."""
    stored = result("stores")
    found, bar, held = stored["found"], stored["bars"], stored["bars_held"]

    def line(name: str, work: str, form: str) -> Line:
        return work, form.format(found[name]), form.format(bar[name]), told(held[name])

    by_hand = "of hand-written statements that write the same rows"
    balance = "balance_10000_entries_of_10"
    # Whether two cores, of which the server has its part, can do so much for anybody.
    peer = stored["postgresql"]["processes"].get("hand_written")
    also = f" (hand-written statements: {peer['times_one']} times)" if peer else ""
    return [
        line("sqlite_redeem_of_hand_written", f"one durable redemption, SQLite, {by_hand}", "{:.0%}"),
        line("sqlite_redeem_of_bare_commits", "the same, of bare commits of one row", "{:.0%}"),
        line("sqlite_group_redeems_per_second", "redemptions in groups of 1,000, SQLite", "{:,} a second"),
        line("sqlite_group_earns_per_second", "earns in groups of 1,000, SQLite", "{:,} a second"),
        line("postgresql_redeem_of_hand_written", f"one redemption, PostgreSQL, {by_hand}", "{:.0%}"),
        line("postgresql_8_processes_of_one", f"8 processes on different accounts, of one{also}", "{} times"),
        (
            "balance of an account with 10,000 entries, of one with 10",
            f"{found[balance]:.2f} the time", f"{bar[balance]:.2f} at most", told(held[balance]),
        ),
    ]  # fmt: skip


def of_imports() -> list[Line]:
    """Give the figures of imports."""
    stored, day = result("stored_import"), result("scoring_after_a_day")
    held = stored["bars_held"]
    work = f"import of {stored['orders']:,} orders with points, SQLite"
    share, speed = stored["share_of_executemany"], stored["ours"]["orders_a_second"]
    bar = stored["bars"]
    times = day["times_faster"], day["bars"]["times_faster"]
    return [
        (f"{work}, of `executemany`", f"{share:.0%}", f"{bar['share']:.0%}", told(held["share"])),
        (work, f"{speed:,} a second", f"{bar['orders_a_second']:,}", told(held["orders_a_second"])),
        (
            f"scoring after a day on {day['customers']:,} customers, of all orders",
            f"{times[0]:g} times as fast", f"{times[1]:g} times", told(day["bars_held"]["times_faster"]),
        ),
    ]  # fmt: skip


def of_size(name: str, of: str) -> Line:
    """Give a figure that is to stay the same at any size."""
    stored = result(name)
    first, last = stored["sizes"][0], stored["sizes"][-1]
    counts = "lots" if of == "lot" else "entries"

    def at(size: Stored) -> str:
        cpu, memory = size[f"cpu_microseconds_a_{of}"], size["peak_rss_mb"]
        return f"{cpu:.0f} µs and {memory:.0f} MB at {size[counts]:,}"

    held = all(stored["bars_held"].values())
    work = "the sweep in which all lots lapse" if name == "sweep" else "`verify` of a whole store"
    return f"{work}, processor time {of_a(of)}", f"{at(first)}; {at(last)}", "linear, flat", told(held)


def of_a(name: str) -> str:
    """Say for each."""
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


# ---- how large a machine ----------------------------------------------------------------------------


def sizes() -> str:
    """Write what sizing begins with."""
    stores, imported, day = result("stores"), result("stored_import"), result("scoring_after_a_day")
    lite, post = stores["sqlite"], stores["postgresql"]
    processes = post["processes"]["redeems_per_second"]
    rows = [
        ["durable redemptions one by one", each(lite), each(post)],
        ["redemptions in groups of 1,000", groups(lite), groups(post)],
        ["8 processes on different accounts", "", f"{processes['8']:,} a second"],
        ["one redemption, of hand-written statements", of_hand(lite), of_hand(post)],
        ["first import, points and all", f"{imported['ours']['orders_a_second']:,} orders a second", ""],
        ["a day's 5,000 orders, without points", f"{day['import_seconds']['day']:.0f} s", ""],
        ["room an order with its points, all indexes", f"{imported['bytes_an_order'] / 1000:.1f} kB", ""],
    ]
    return table(["measured on two cores", "SQLite", "PostgreSQL on the same two"], rows)


def each(database: Stored) -> str:
    """Give how many redemptions go one by one."""
    return f"{database['singles']['operations_per_second']['library']:,} a second"


def groups(database: Stored) -> str:
    """Give how many redemptions go in groups."""
    return f"{database['groups']['redeems_per_second']:,} a second"


def of_hand(database: Stored) -> str:
    """Give the share of hand-written statements' speed."""
    return f"{database['singles']['of_hand_written']:.0%}"


# ---- the pages --------------------------------------------------------------------------------------

PAGES: Final = {"reliability.md": bars, "one-machine.md": sizes}


def written(page: str, figures: str) -> str:
    """Put figures between a page's marks.

    Raises:
        ValueError: The page has no marks.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN} ... {END}")
    return f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}"


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the pages are up to date")
    check, stale = parser.parse_args().check, []
    for name, figures in PAGES.items():
        path = DOCS / name
        before = path.read_text("utf-8")
        now = written(before, figures())
        if now != before and check:
            stale.append(name)
        elif now != before:
            path.write_text(now, "utf-8")
    if stale:
        sys.stderr.write(f"not up to date: {', '.join(stale)}; run python docs/generate_figures.py\n")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
