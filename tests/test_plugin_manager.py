"""The plugin manager: what is loaded, what is refused, and a plugin's source at work in a shop."""

from __future__ import annotations

import importlib
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

import retailcrm
from retailcrm import open_shop, plugins
from retailcrm.errors import SettingsError
from retailcrm.plugins import BUILT_IN, PluginInfo, loaded, plugin_manager, sources, tier_metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TAOBAO, SHOPIFY, METRICS, CHECKS, *STORES = BUILT_IN
MODULE: Final = """
from datetime import UTC, datetime

from retailcrm.domain.orders import OrderState
from retailcrm.errors import InputError
from retailcrm.ports.batches import BuyerKey
from retailcrm.ports.hookspecs import hookimpl
from retailcrm.ports.sources import Match, batches_from_rows

STATES = {"ok": OrderState.COMPLETED, "new": OrderState.PLACED}


class Market:
    name = "market"
    platform = "market"

    def identify(self, sample):
        known = sample.rows and {"ref", "who", "cents"} <= set(sample.rows[0])
        return Match(strength=90, reason="ref, who and cents") if known else None

    def exported_at(self, name, zone):
        return datetime(2024, 6, 1, tzinfo=UTC)

    def read(self, file):
        def convert(row):
            if not any(row.cells.values()):
                return None
            if not row["cents"].isdigit():
                raise InputError("cents must be whole")
            return {
                "number": row["ref"], "buyer": row["who"] or None, "total": int(row["cents"]),
                "state": STATES[row["state"]], "paid_at": datetime.fromisoformat(row["at"]),
            }

        key = BuyerKey(platform="market", kind="id")
        yield from batches_from_rows(
            file.rows(), convert, source=file.name, currency=file.currency, buyer_key=key, size=2
        )


@hookimpl
def register_sources(register):
    register(Market())
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Give an installer of plugins: a module and a distribution with an entry point, on the path."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    modules = []

    def installer(name: str, text: str, *, version: str = "1.2.3", group: str = "retailcrm.plugins") -> None:
        module = f"plugin_of_a_test_{name.replace('-', '_')}"
        (site / f"{module}.py").write_text(text, "utf-8")
        info = site / f"retailcrm_{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: retailcrm-{name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n")
        modules.append(module)
        importlib.invalidate_caches()

    yield installer
    for module in modules:
        sys.modules.pop(module, None)


def market_csv(folder: Path) -> Path:
    """Write an export of the made-up market: a bad amount, a blank record, an order without a buyer."""
    path = folder / "market.csv"
    lines = [
        "ref,who,cents,state,at",
        "m1,ann,1250,ok,2024-05-01T10:00:00+02:00",
        "m2,,300,new,2024-05-02T10:00:00+00:00",
        "m3,ben,12.50,ok,2024-05-03T10:00:00+00:00",
        ",,,,",
        "m4,𠮷,7,ok,2024-05-04T10:00:00+08:00",
    ]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_the_built_ins_are_loaded_with_names_versions_and_hooks() -> None:
    """All stand with the package's own distribution and version."""
    found = {info.name: info for info in loaded(plugin_manager(allow=[]))}
    own = ("retailcrm-core", retailcrm.__version__)
    assert found == {
        TAOBAO: PluginInfo(TAOBAO, *own, ("register_sources",)),
        SHOPIFY: PluginInfo(SHOPIFY, *own, ("register_sources",)),
        METRICS: PluginInfo(METRICS, *own, ("register_tier_metrics",)),
        CHECKS: PluginInfo(CHECKS, *own, ("register_referral_checks",)),
        **{name: PluginInfo(name, *own, ("register_stores",)) for name in STORES},
    }


def test_an_installed_plugin_is_loaded_with_its_origin(install: Callable[..., None]) -> None:
    """Its entry-point name, its distribution's name and version, and the hooks it implements."""
    install("market", MODULE)
    assert PluginInfo("market", "retailcrm-market", "1.2.3", ("register_sources",)) in loaded(
        plugin_manager()
    )


def test_entry_points_of_other_groups_are_nobodys_business(install: Callable[..., None]) -> None:
    """A plugin for another program is not even imported."""
    install("other", "raise RuntimeError('imported')", group="someone.plugins")
    assert "other" not in {info.name for info in loaded(plugin_manager())}


def test_every_call_gives_a_fresh_manager() -> None:
    """What is registered on one manager is not on the next; sources are not shared through it."""
    first, second = plugin_manager(allow=[]), plugin_manager(allow=[])
    assert first is not second
    first.unregister(name=TAOBAO)
    first.unregister(name=SHOPIFY)
    assert not sources(first)
    assert set(sources(second)) == set(sources(plugin_manager(allow=[]))) == {"taobao", "shopify"}


def test_a_shop_opened_before_an_installation_keeps_its_sources(install: Callable[..., None]) -> None:
    """Managers are built when a shop is opened, not once for the program."""
    before = open_shop()
    install("market", MODULE)
    assert set(open_shop().imports.sources) - set(before.imports.sources) == {"market"}


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("register_source", "did you mean 'register_sources'"),
        ("register_tier_metric", "did you mean 'register_tier_metrics'"),
        ("zzz", "hooks are: register_sources, register_tier_metrics"),
    ],
)
def test_a_misspelt_hook_is_an_error_with_a_suggestion(
    wrong: str, hint: str, install: Callable[..., None]
) -> None:
    """The error names the hook, the plugin, and the nearest hook there is, or all of them."""
    install("market", MODULE.replace("def register_sources", f"def {wrong}"))
    with pytest.raises(SettingsError, match=hint) as caught:
        plugin_manager()
    assert wrong in str(caught.value)
    assert "market" in str(caught.value)
    with pytest.raises(SettingsError, match=hint):
        open_shop()


def test_a_hook_with_a_wrong_argument_is_an_error_that_names_it(install: Callable[..., None]) -> None:
    """A parameter that the hook does not pass is the plugin author's mistake, said as such."""
    install("market", MODULE.replace("register_sources(register)", "register_sources(registrar)"))
    with pytest.raises(SettingsError, match="registrar"):
        plugin_manager()


@pytest.mark.parametrize("taken", ["market", "taobao"])
def test_two_sources_of_one_name_are_an_error(taken: str, install: Callable[..., None]) -> None:
    """Two plugins, or a plugin and a built-in, cannot both be --format NAME."""
    install("one", MODULE)
    install("two", MODULE.replace('name = "market"', f'name = "{taken}"'))
    with pytest.raises(SettingsError, match=f"two plugins offer a source named '{taken}'"):
        sources(plugin_manager())
    assert set(sources(plugin_manager(block=["two"]))) == {"taobao", "shopify", "market"}


def test_two_metrics_of_one_name_are_an_error(install: Callable[..., None]) -> None:
    """The rule holds for tier metrics too."""
    install(
        "days",
        "from retailcrm.adapters import tier_metrics\n"
        "register_tier_metrics = tier_metrics.register_tier_metrics\n",
    )
    with pytest.raises(SettingsError, match="two plugins offer a tier metric named 'active_days'"):
        tier_metrics(plugin_manager())


def test_allow_loads_only_those_installed_plugins(install: Callable[..., None]) -> None:
    """Built-ins stay; an empty list allows no installed plugin at all, and imports none."""
    install("market", MODULE)
    install("broken", "raise RuntimeError('imported')")
    assert set(sources(plugin_manager(allow=["market"]))) == {"taobao", "shopify", "market"}
    assert set(sources(plugin_manager(allow=[]))) == {"taobao", "shopify"}
    assert set(open_shop(allow_plugins=["market"]).imports.sources) == {"taobao", "shopify", "market"}


def test_block_wins_over_allow_and_over_built_ins(install: Callable[..., None]) -> None:
    """A blocked plugin is not imported, whoever allows it; built-ins can be blocked as well."""
    install("broken", "raise RuntimeError('imported')")
    assert set(sources(plugin_manager(allow=["broken"], block=["broken"]))) == {"taobao", "shopify"}
    assert not sources(plugin_manager(allow=[], block=[TAOBAO, SHOPIFY]))
    assert TAOBAO not in {info.name for info in loaded(plugin_manager(allow=[], block=[TAOBAO, SHOPIFY]))}
    assert not open_shop(allow_plugins=[], block_plugins=[TAOBAO, SHOPIFY]).imports.sources


def test_allowing_what_is_not_installed_is_an_error() -> None:
    """The error names each of them."""
    with pytest.raises(SettingsError, match="no such plugin installed: nobody, nothing"):
        plugin_manager(allow=["nothing", "nobody"])


def test_the_trace_has_a_line_for_each_hook_call(install: Callable[..., None]) -> None:
    """Each line names the hook and the plugins that it reaches."""
    install("market", MODULE)
    lines: list[str] = []
    manager = plugin_manager(allow=["market"], block=[METRICS], trace=lines.append)
    assert lines == []
    sources(manager)
    tier_metrics(manager)
    assert [line.partition(": ")[0] for line in lines] == ["register_sources", "register_tier_metrics"]
    assert set(lines[0].partition(": ")[2].split(", ")) == {TAOBAO, SHOPIFY, "market"}
    assert lines[1] == "register_tier_metrics: no plugin"


def test_the_source_of_a_plugin_reads_a_file_in_a_shop(install: Callable[..., None], tmp_path: Path) -> None:
    """Recognised by its header; each record is taken, rejected with its line, or blank."""
    install("market", MODULE)
    shop = open_shop(currency="USD", zone="UTC")
    result = shop.imports.files(market_csv(tmp_path))
    (file,) = result.files
    assert (file.source, file.reason) == ("market", "ref, who and cents")
    assert file.exported_at == datetime(2024, 6, 1, tzinfo=UTC)
    assert (file.records, file.accepted, file.rejected, file.blank) == (5, 3, 1, 1)
    (problem,) = result.problems
    assert (problem.record, problem.first_line, problem.message) == (3, 4, "cents must be whole")
    (table,) = shop.imports.kept.parts()
    assert dict(zip(table.numbers, table.gross.tolist(), strict=True)) == {"m1": 1250, "m2": 300, "m4": 7}
    assert table.paid_at.astype(str).tolist()[0] == "2024-05-01T08:00:00.000000"
    scores = shop.insight.score(as_of="2024-06-01")
    # m2 was only placed: its buyer, had she one, would have bought nothing.
    assert sorted(scores.customer_ids) == ["ann", "𠮷"]


def test_the_source_of_a_plugin_can_be_asked_for_by_name(
    install: Callable[..., None], tmp_path: Path
) -> None:
    """``format`` chooses it; a misspelt name is an error that lists and suggests."""
    install("market", MODULE)
    path = market_csv(tmp_path)
    assert open_shop().imports.files(path, format="market").accepted == 3
    with pytest.raises(SettingsError, match=r"no format 'markt'; did you mean 'market'\?"):
        open_shop().imports.files(path, format="markt")
    assert "market" not in plugins.sources(plugin_manager(block=["market"]))
