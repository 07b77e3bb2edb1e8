"""What the plugin manager refuses, beside what its own tests show of plugins that work."""

from __future__ import annotations

import importlib.metadata
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from retailcrm.errors import SettingsError
from retailcrm.plugins import BUILT_IN, loaded, plugin_manager, sources, tier_metrics
from retailcrm.ports.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable


class Point:
    """An entry point that gives what it is told."""

    def __init__(self, name: str, load: Callable[[], Any], distribution: str = "shop-plugin") -> None:
        self.name, self.load = name, load
        self.dist = SimpleNamespace(name=distribution, version="2.0")


class Points(list[Point]):
    """The installed entry points."""

    @property
    def names(self) -> set[str]:
        """Their names."""
        return {point.name for point in self}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Points:
    """Give the list of installed plugins, empty at first."""
    points = Points()
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: points)
    return points


def offering(hook: str, *things: Any) -> Any:
    """Make a plugin that registers things through a hook."""

    def implementation(register: Callable[[Any], None]) -> None:
        for thing in things:
            register(thing)

    plugin = SimpleNamespace()
    setattr(plugin, hook, hookimpl(implementation))
    return plugin


def test_a_plugin_may_offer_several_things_or_none(installed: Points) -> None:
    """All are collected by name."""
    a, b = SimpleNamespace(name="a"), SimpleNamespace(name="b")
    installed.append(Point("several", lambda: offering("register_sources", a, b)))
    installed.append(Point("none", lambda: offering("register_sources")))
    assert sources(plugin_manager()).keys() == {"taobao", "shopify", "a", "b"}


@pytest.mark.parametrize("thing", [SimpleNamespace, SimpleNamespace(), SimpleNamespace(name=5), None])
@pytest.mark.parametrize(
    ("hook", "collect"), [("register_sources", sources), ("register_tier_metrics", tier_metrics)]
)
def test_what_is_no_object_with_a_name_is_refused(
    installed: Points, thing: Any, hook: str, collect: Callable[[Any], Any]
) -> None:
    """A class in place of its object, or a thing without a name, is the plugin's mistake."""
    installed.append(Point("wrong", lambda: offering(hook, thing)))
    with pytest.raises(SettingsError, match="is an object with a name; a plugin registered"):
        collect(plugin_manager())


def missing() -> Any:
    """Fail to import."""
    raise ModuleNotFoundError("No module named 'nowhere'")


def test_a_plugin_that_cannot_be_loaded_is_named(installed: Points) -> None:
    """The error says which, and why."""
    installed.append(Point("lost", missing))
    with pytest.raises(SettingsError, match="plugin lost: No module named 'nowhere'"):
        plugin_manager()
    assert sources(plugin_manager(block=["lost"])).keys() == {"taobao", "shopify"}


def test_two_plugins_of_one_name_are_refused(installed: Points) -> None:
    """Neither hides the other."""
    for distribution in ("one", "other"):
        installed.append(Point("same", lambda: offering("register_sources"), distribution))
    with pytest.raises(SettingsError, match="two plugins are named 'same'"):
        plugin_manager()


def test_allowing_a_misspelt_name_suggests_the_right_one(installed: Points) -> None:
    """An allow list is not silently shorter than it says."""
    installed.append(Point("market", lambda: offering("register_sources")))
    with pytest.raises(SettingsError, match=r"no such plugin installed: markte; did you mean 'market'\?"):
        plugin_manager(allow=["markte"])


def test_who_allows_no_plugin_looks_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The built-in sources are there, and nobody asked what is installed."""
    asked: list[str] = []
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: asked.append(group) or Points())
    assert sources(plugin_manager(allow=())).keys() == {"taobao", "shopify"}
    assert asked == []
    plugin_manager(allow=None)
    assert len(asked) == 1


def test_a_misspelt_hook_suggests_the_right_one(installed: Points) -> None:
    """A hook that would never be called is an error."""
    installed.append(Point("typo", lambda: offering("register_source")))
    with pytest.raises(
        SettingsError, match=r"unknown hook 'register_source' .*did you mean 'register_sources'\?"
    ):
        plugin_manager()


def test_what_is_loaded_is_listed_with_its_origin(installed: Points) -> None:
    """Distribution, version and hooks, built-ins first."""
    installed.append(Point("market", lambda: offering("register_sources")))
    infos = {info.name: info for info in loaded(plugin_manager())}
    assert tuple(infos) == (*BUILT_IN, "market")
    assert infos["market"].distribution == "shop-plugin"
    assert (infos["market"].version, infos["market"].hooks) == ("2.0", ("register_sources",))
    assert infos[BUILT_IN[0]].distribution == "retailcrm-core"
    assert infos[BUILT_IN[-1]].hooks == ("register_stores",)
