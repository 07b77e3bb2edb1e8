"""Whatever is done to points in memory comes to the same in a file and on a server, crashes and all."""

from __future__ import annotations

import gc
import random
import shutil
from collections import Counter
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final

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
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from retailcrm import Policy
    from retailcrm.ports.ledger import Unit

    Places = Callable[[], AbstractContextManager[str]]

NIGHTLY: Final = settings.get_profile("nightly").max_examples
SIZE: Final = {"memory": 4, "sqlite": 4, "postgresql": 3}
"""Stories of each test in a pull request; nightly runs have a part of their profile's examples."""


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    """Give what makes a fresh place for a shop, of the kind that the test is for."""
    kind = request.param
    if kind == "memory":
        return lambda: nullcontext("memory:")
    if kind == "sqlite":
        open_shop(f"sqlite:///{tmp_path}/empty.db", shop="another").close()
        return lambda: _file(tmp_path)
    server = request.getfixturevalue("postgres_server")
    return lambda: fresh_database(server)


@contextmanager
def _file(folder: Path) -> Iterator[str]:
    """Give an empty file of its own; what a story that failed left there disturbs no other."""
    path = folder / f"{len(list(folder.iterdir()))}" / "shop.db"
    path.parent.mkdir()
    shutil.copy(folder / "empty.db", path)
    yield f"sqlite:///{path}"


def crash(replay: Replay) -> None:
    """Forget every object of a shop without closing it; a server's connections are cut as well."""
    if replay.url.startswith("postgresql"):
        with psycopg.connect(replay.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        replay.store.close()
    replay.shop = replay.store = None
    gc.collect()


@pytest.mark.parametrize("places", list(SIZE), indirect=True)
def test_the_points_of_every_store_come_to_the_same(places: Places, request: pytest.FixtureRequest) -> None:
    """The same operations, with crashes and commands that come twice: the same answers, hashes, journals.

    Every kind of misfortune that can happen in a story does, at a call of it that is drawn.
    """
    size = SIZE[request.node.callspec.params["places"]]

    def again(calls: list[Call], policy: Policy, shop: Any) -> Counter[str]:
        with places() as url:
            replay = replayed(url, calls, policy, ledger_only=True)
            assert kept(replay.shop) == kept(shop)
            replay.store.close()
        return Counter(replay.happened)

    happened = run(size, again)
    assert set(happened) >= {"given up", "twice"}
    assert request.node.callspec.params["places"] == "memory" or set(happened) >= {"crash", "half-way"}


@pytest.mark.parametrize("places", ["sqlite", "postgresql"], indirect=True)
def test_a_shop_in_a_store_answers_as_in_memory(places: Places, request: pytest.FixtureRequest) -> None:
    """Files and merges are kept there too: the same answers, and in the end the same points of everybody.

    Only in worlds where it does not matter when an older file is told: a store takes each in as it comes,
    memory when somebody asks, and what has lapsed or was let go by then stays so.
    """
    size = SIZE[request.node.callspec.params["places"]]

    def again(calls: list[Call], policy: Policy, shop: Any) -> Counter[str]:
        with places() as url:
            replay = replayed(url, calls, policy, ledger_only=False)
            for one in (shop, replay.shop):
                one.advance(replay.now, confirm_clock=True)
            assert standing(replay.shop) == standing(shop)
            replay.store.close()
        return Counter(replay.happened)

    assert set(run(size, again, WORLDS[:3])) >= {"crash", "given up", "half-way", "twice"}


@pytest.mark.parametrize("places", ["sqlite"], indirect=True)
def test_a_store_that_forgets_is_found(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a store that loses one acknowledged command in five does not come to the same."""
    write = SqlLedger.write

    def forgetful(self: SqlLedger, unit: Unit) -> None:
        if unit.effect is None or unit.effect.key[-1] not in "37":
            write(self, unit)

    monkeypatch.setattr(SqlLedger, "write", forgetful)

    def again(calls: list[Call], policy: Policy, shop: Any) -> Counter[str]:
        with places() as url:
            assert kept(replayed(url, calls, policy, ledger_only=True).shop) == kept(shop)
        return Counter()

    with pytest.raises(AssertionError):
        run(SIZE["sqlite"], again)


def replayed(url: str, calls: list[Call], policy: Policy, *, ledger_only: bool) -> Replay:
    """Do again what was done, in a store; open it once more at the end."""
    rng = random.Random(repr(calls))  # noqa: S311 - no secret
    replay = Replay(url=url, policy=policy, rng=rng, crash=crash, ledger_only=ledger_only, now=calls[0].now)
    replay.open()
    replay.do(calls)
    if url != "memory:":
        replay.again()
    return replay


def run(
    size: int, again: Callable[[list[Call], Policy, Any], Counter[str]], worlds: Sequence[Any] = WORLDS
) -> Counter[str]:
    """Run the machine in memory; after each story do it again; say what happened then."""
    happened: Counter[str] = Counter()

    class Machine(machine_of(Books)):  # type: ignore[misc]  # made for the books
        """The shop in memory, with somebody who writes down what it is asked."""

        @initialize(
            world=st.sampled_from(worlds),
            zone=st.sampled_from(("UTC", "Asia/Shanghai")),
            told=st.sampled_from((False, True, True)),
        )
        def begin(self, *, world: dict[str, Any], zone: str, told: bool) -> None:
            super().begin(world=world, zone=zone, told=told)

        def kept(self, shop: Any) -> Any:
            self.calls: list[Call] = []
            return Recorded(shop, self.calls, lambda: self.now)

        def teardown(self) -> None:
            if hasattr(self, "merges"):
                super().teardown()
                happened.update(again(list(self.calls), self.policy, self.shop._part))

    Machine.lives = lives
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=NIGHTLY // 25 if settings().max_examples == NIGHTLY else size,
            stateful_step_count=25,
            deadline=None,
            # The calls of a failure are told; to shorten them takes minutes.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    return happened
