"""Member lists of a simulated shop, imported again: everybody is known as the simulator made her."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pytest

from retailcrm import open_shop
from retailcrm.ports.batches import Grain
from retailcrm.simulate import (
    ShopSpec,
    TrueContacts,
    contact_table,
    member_table,
    simulate_shop,
    write_full_exports,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from retailcrm.analytics.tables import ProfileTable
    from retailcrm.shop.imports import ImportResult
    from retailcrm.shop.open import Shop
    from retailcrm.shop.people import People
    from retailcrm.simulate import FullExports

SEEDS: Final = (7, 20_240_601)
CUSTOMERS: Final = 800
NUMBERS: Final = ("gender", "birthday", "points", "consent")
WORDS: Final = ("level", "province", "city", "source")
CONTACTS: Final = ("name", "phone", "email")


@attrs.frozen(eq=False)
class Exported:
    """A shop's files, and the truth about its members."""

    files: FullExports
    profiles: ProfileTable
    contacts: TrueContacts


@pytest.fixture(scope="module", params=SEEDS)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Write everything a shop has; some birthdays in the newest list are impossible."""
    simulated = simulate_shop(ShopSpec(seed=request.param, customers=CUSTOMERS))
    files = write_full_exports(simulated, tmp_path_factory.mktemp("exports"), dirty=True)
    return Exported(files, member_table(simulated, dirty=True), contact_table(simulated))


def lists_of(exported: Exported) -> list[tuple[Path, Path]]:
    """Give the member lists with their mapping, the older one first."""
    lists = [(file, mapping) for file, mapping in exported.files.mapped if mapping.name == "members.toml"]
    assert [file.name for file, _ in lists] == ["会员列表（旧）.csv", "会员列表.csv"]
    return lists


def fill(shop: Shop, tables: Iterable[tuple[Path, Path | None]]) -> list[ImportResult]:
    """Import tables one by one."""
    return [shop.imports.files(file, mapping=mapping) for file, mapping in tables]


def people_by_id(people: People) -> dict[str, dict[str, Any]]:
    """Take the people of a shop apart."""
    return by_id(people.profiles, {name: people.contacts[name].tolist() for name in CONTACTS})


def truth_by_id(exported: Exported) -> dict[str, dict[str, Any]]:
    """Take the truth apart; what was not told is ``None``."""
    texts = {name: getattr(exported.contacts, name).tolist() for name in CONTACTS}
    assert exported.contacts.ids.tolist() == exported.profiles.ids.tolist()
    return by_id(exported.profiles, {name: [text or None for text in all_] for name, all_ in texts.items()})


def by_id(profiles: ProfileTable, contacts: dict[str, list[str | None]]) -> dict[str, dict[str, Any]]:
    """Give what is known of each person."""
    columns = {name: getattr(profiles, name).tolist() for name in (*NUMBERS, *WORDS, "joined_at", "strength")}
    columns |= contacts
    ids = profiles.ids.tolist()
    assert len(set(ids)) == len(ids)
    return {who: {name: column[i] for name, column in columns.items()} for i, who in enumerate(ids)}


def differing(ours: dict[str, Any], theirs: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """List what is not the same on both sides."""
    keys = sorted(ours.keys() | theirs.keys())
    return [(key, ours.get(key), theirs.get(key)) for key in keys if ours.get(key) != theirs.get(key)]


def test_everybody_is_as_she_truly_is(exported: Exported) -> None:
    """Both lists folded give every field of every member, and nobody else."""
    shop = open_shop()
    fill(shop, lists_of(exported))
    truth = truth_by_id(exported)
    assert len(truth) > 500
    assert not differing(people_by_id(shop.imports.kept.beside().people), truth)


def test_neither_the_order_of_files_nor_a_repeat_matters(exported: Exported) -> None:
    """Orders and lists in any order, some twice, give the same people; the second time is a repeat."""
    tables: list[tuple[Path, Path | None]] = [*((file, None) for file in exported.files.reports)]
    tables += lists_of(exported)
    random.Random(5).shuffle(tables)  # noqa: S311 - no secret
    shop = open_shop()
    fill(shop, tables)
    again = fill(shop, lists_of(exported))
    assert all(result.files[0].repeated for result in again)
    assert not differing(people_by_id(shop.imports.kept.beside().people), truth_by_id(exported))


def test_members_are_the_buyers_of_orders(exported: Exported) -> None:
    """Members who bought have the ids of their orders' buyers; the others never ordered."""
    shop = open_shop()
    fill(shop, [*((file, None) for file in exported.files.reports), *lists_of(exported)])
    assert exported.files.buyers is not None
    shop.imports.buyers(exported.files.buyers)
    buyers = {who for part in shop.insight.parts() for who in part.customers.ids.tolist()}
    people = shop.imports.kept.beside().people
    ids = set(people.profiles.ids.tolist())
    assert len(ids & buyers) > 450
    assert len(ids - buyers) >= CUSTOMERS * 8 // 100
    found = people.find(people.profiles.ids)
    assert np.array_equal(found, np.arange(len(ids)))


def test_impossible_birthdays_are_told_and_nothing_else_is_lost(exported: Exported) -> None:
    """Each makes a warning that repeats no birthday; no record is rejected."""
    shop = open_shop()
    old, new = (result.files[0] for result in fill(shop, lists_of(exported)))
    assert (old.rejected, new.rejected) == (0, 0)
    assert not old.problems
    assert new.problems
    assert {problem.code for problem in new.problems} == {"birthday"}
    assert not any(
        day in str(problem) for problem in new.problems for day in ("02-30", "13-05", "04-31", "00-12")
    )


def test_the_newest_list_is_what_people_are_as_of(exported: Exported) -> None:
    """Fields that both lists have were told at the end; the account knows the moment of each file."""
    shop = open_shop()
    fill(shop, lists_of(exported))
    beside = shop.imports.kept.beside()
    end, earlier = np.datetime64("2024-06-30T16:00", "us"), np.datetime64("2023-12-31T16:00", "us")
    assert set(beside.people.newest.values()) == {end}
    only_old = open_shop()
    fill(only_old, lists_of(exported)[:1])
    newest = only_old.imports.kept.beside().people.newest
    assert set(newest.values()) == {earlier}
    assert not {"email", "city", "consent_sms"} & newest.keys()
    (kind,) = beside.kinds
    assert (kind.grain, kind.exported_at) == (Grain.CUSTOMERS, end)
