"""Whatever is done to points in memory comes to the same in a file and on a server, crashes and all."""

from __future__ import annotations

import gc
import random
import shutil
from collections import Counter, defaultdict
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test
from tests.postgres import fresh_database
from tests.shop.loyalty import lives
from tests.shop.loyalty.books import WORLDS, Books
from tests.shop.loyalty.machine import machine_of
from tests.shop.loyalty.replays import Call, Recorded, Replay, kept, standing

from retailcrm import open_shop
from retailcrm.adapters.stores.sql.ledger import SqlLedger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from retailcrm import Policy
    from retailcrm.ports.ledger import Unit

    Places = Mapping[str, Callable[[], AbstractContextManager[str]]]

STEPS: Final = 50
NIGHTLY: Final = settings.get_profile("nightly").max_examples
STORIES: Final = 80
"""Of the machine in a pull request; nightly runs have a part of their profile's examples."""

EVERY: Final = {"memory": 1, "sqlite": 1, "postgresql": 10}
"""Which story is done again in which store; a server takes some seconds for one."""

ALIKE: Final = WORLDS[:3]
"""Worlds in which it does not matter when an older file is told.

A store takes each in as it comes, memory when somebody asks, and what has lapsed or was let go by then stays
so.
"""


@pytest.fixture
def places(postgres_server: str, tmp_path: Path) -> Iterator[Places]:
    """Give what makes a fresh place for a shop, by the kind of store; its tables are there already."""
    open_shop(f"sqlite:///{tmp_path}/empty.db", shop="another").close()
    with fresh_database(postgres_server) as empty:
        open_shop(empty, shop="another").close()
        yield {
            "memory": lambda: nullcontext("memory:"),
            "sqlite": lambda: _file(tmp_path),
            "postgresql": lambda: fresh_database(postgres_server, urlsplit(empty).path[1:]),
        }


@pytest.fixture(autouse=True)
def _only_new_garbage() -> Iterator[None]:
    """Let the collector look at what stories leave behind, not at all that the suite has loaded."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@contextmanager
def _file(folder: Path) -> Iterator[str]:
    """Give a file of its own; what a story that failed left there disturbs no other."""
    path = folder / f"{len(list(folder.iterdir()))}" / "shop.db"
    path.parent.mkdir()
    shutil.copy(folder / "empty.db", path)
    yield f"sqlite:///{path}"
    shutil.rmtree(path.parent)


def crash(replay: Replay) -> None:
    """End the process of a shop, as far as its store can tell.

    Of a file the next process finds what lies on the disk at this moment, the log of a unit that is open
    included; a server finds the connections cut.
    """
    if replay.url.startswith("postgresql"):
        with psycopg.connect(replay.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
    else:
        path = Path(urlsplit(replay.url).path[1:])
        after = path.with_stem(f"{path.stem}-")
        for suffix in ("", "-wal"):
            if (there := Path(f"{path}{suffix}")).exists():
                shutil.copy(there, f"{after}{suffix}")
        replay.url = f"sqlite:///{after}"
    replay.store.close()
    replay.shop = replay.store = None


def test_every_store_comes_to_the_same(places: Places) -> None:
    """The same stories on three stores, with crashes and commands that come twice: the same hashes, journals.

    Every answer is that of memory. Every kind of misfortune that can happen in a story does, at a call of it
    that is drawn. A shop that keeps its files and merges in SQLite too comes to the same points of everybody.
    """
    happened: dict[str, Counter[str]] = defaultdict(Counter)

    def again(number: int, story: Any) -> None:
        for kind, every in EVERY.items():
            if number % every == every // 2:
                happened[kind].update(points_again(places[kind], story))
        if story.world in ALIKE:
            kind = "postgresql" if number % EVERY["postgresql"] == 0 else "sqlite"
            happened[f"all of it in {kind}"].update(shop_again(places[kind], story))

    run(again)
    assert set(happened.pop("memory")) >= {"given up", "twice"}
    assert len(happened) == 4
    for kind, found in happened.items():
        assert set(found) >= {"crash", "given up", "half-way", "twice"}, kind


def test_a_store_that_forgets_is_found(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a store that loses one acknowledged command in five does not come to the same."""
    write = SqlLedger.write

    def forgetful(self: SqlLedger, unit: Unit) -> None:
        if unit.effect is None or unit.effect.key[-1] not in "37":
            write(self, unit)

    monkeypatch.setattr(SqlLedger, "write", forgetful)
    with pytest.raises(AssertionError):
        run(lambda _, story: points_again(places["sqlite"], story))


def points_again(place: Callable[[], AbstractContextManager[str]], story: Any) -> list[str]:
    """Do a story again on a store that keeps the points alone; say what happened then."""
    with place() as url:
        replay = replayed(url, story.calls, story.policy, ledger_only=True)
        assert kept(replay.shop) == kept(story.shop._part)
        replay.store.close()
    return replay.happened


def shop_again(place: Callable[[], AbstractContextManager[str]], story: Any) -> list[str]:
    """Do a story again in a shop that keeps its files and merges too; say what happened then."""
    with place() as url:
        replay = replayed(url, story.calls, story.policy, ledger_only=False)
        plain = story.shop._part
        for one in (plain, replay.shop):
            one.advance(replay.now, confirm_clock=True)
        assert standing(replay.shop) == standing(plain)
        replay.store.close()
    return replay.happened


def replayed(url: str, calls: list[Call], policy: Policy, *, ledger_only: bool) -> Replay:
    """Do again what was done, in a store; open it once more at the end."""
    rng = random.Random(repr(calls))  # noqa: S311 - no secret
    replay = Replay(url=url, policy=policy, rng=rng, crash=crash, ledger_only=ledger_only, now=calls[0].now)
    replay.open()
    replay.do(calls)
    if url != "memory:":
        replay.again()
    return replay


def run(again: Callable[[int, Any], object]) -> None:
    """Run the machine in memory; after each story do it again."""
    stories: list[int] = []

    class Machine(machine_of(Books)):  # type: ignore[misc]  # made for the books
        """The shop in memory, with somebody who writes down what it is asked."""

        @initialize(
            world=st.sampled_from(WORLDS),
            zone=st.sampled_from(("UTC", "Asia/Shanghai")),
            told=st.sampled_from((False, True, True)),
        )
        def begin(self, *, world: dict[str, Any], zone: str, told: bool) -> None:
            self.world = world
            super().begin(world=world, zone=zone, told=told)

        def kept(self, shop: Any) -> Any:
            self.calls: list[Call] = []
            return Recorded(shop, self.calls, lambda: self.now)

        def teardown(self) -> None:
            if hasattr(self, "merges"):
                super().teardown()
                stories.append(len(stories))
                again(stories[-1], self)

    Machine.lives = lives
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=NIGHTLY // 25 if settings().max_examples == NIGHTLY else STORIES,
            stateful_step_count=STEPS,
            deadline=None,
            # The calls of a failure are told; to shorten them takes minutes.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
