"""A shop in a database file: the same figures as in memory, and all of it there the next time."""

import attrs
import pytest

from retailcrm import Policy, open_shop
from retailcrm.errors import SettingsError

AS_OF = "2024-07-01"


@pytest.fixture(scope="module")
def stored_and_memory(demo_files, tmp_path_factory):
    """Give the simulated shop in memory and in a file, opened anew after its imports."""
    files, buyers = demo_files
    path = tmp_path_factory.mktemp("stored") / "shop.db"
    with open_shop(f"sqlite:///{path}") as shop:
        shop.imports.files(files)
        shop.imports.buyers(buyers)
    with open_shop() as memory, open_shop(f"sqlite:///{path}") as stored:
        memory.imports.files(files)
        memory.imports.buyers(buyers)
        yield stored, memory


def test_scores_are_the_same(stored_and_memory):
    """Every customer's row; a store tells them by their ids, memory as the files tell of them first."""
    stored, memory = stored_and_memory
    found, wanted = (
        shop.insight.score(AS_OF).to_arrow().sort_by("customer_id").to_pylist() for shop in stored_and_memory
    )
    assert found == wanted
    assert stored.insight.reduced(AS_OF).coverage == memory.insight.reduced(AS_OF).coverage


def test_orders_are_the_same(kit, stored_and_memory):
    """Every field of every order."""
    stored, memory = stored_and_memory
    assert kit.shop_rows(stored) == kit.shop_rows(memory)


def test_the_report_is_the_same(stored_and_memory, tmp_path):
    """The page is the same to the byte."""
    pages = [
        shop.report(tmp_path / f"{place}.html", as_of=AS_OF).read_text("utf-8")
        for place, shop in enumerate(stored_and_memory)
    ]
    assert pages[0] == pages[1]


def test_one_customers_file_is_the_same(stored_and_memory):
    """Orders, tier and what files say of her."""
    stored, memory = stored_and_memory
    ids = [row["customer_id"] for row in memory.insight.score(AS_OF).to_arrow().to_pylist()]
    for customer in ids[::90]:
        assert stored.customers.get(customer, as_of=AS_OF) == memory.customers.get(customer, as_of=AS_OF)


def test_accounts_of_files_last(stored_and_memory):
    """Counts, problems and money rules of every import ever made."""
    stored, memory = stored_and_memory
    assert stored.imports.accounts() == memory.imports.accounts()
    assert any(file.money_rule for file in stored.imports.accounts())


def test_files_imported_before_are_known(stored_and_memory, demo_files):
    """A second import changes nothing, however much later, and is not told of as another."""
    stored, _ = stored_and_memory
    before = stored.imports.accounts()
    assert all(file.repeated for file in stored.imports.files(demo_files[0]).files)
    assert stored.imports.buyers(demo_files[1]).files[0].repeated
    assert stored.imports.accounts() == before


@pytest.mark.parametrize(("name", "value"), [("currency", "USD"), ("zone", "Europe/London")])
def test_a_shop_keeps_its_currency_and_zone(tmp_path, name, value):
    """Amounts and days would be read wrongly: the shop is refused, and says how to open it."""
    url = f"sqlite:///{tmp_path}/shop.db"
    rules = Policy(zone="Asia/Shanghai", currency="CNY")
    open_shop(url, policy=rules).close()
    with pytest.raises(SettingsError, match=f"is kept with {name}"):
        open_shop(url, policy=attrs.evolve(rules, **{name: value}))
    open_shop(url, shop="another", policy=attrs.evolve(rules, **{name: value})).close()


def test_a_memory_budget_is_for_memory(tmp_path):
    """A stored shop takes none, and says so."""
    with pytest.raises(SettingsError, match="memory_budget"):
        open_shop(f"sqlite:///{tmp_path}/shop.db", memory_budget=1 << 20)
