"""The plugin manager: built-ins by dotted name, entry points, allow and block lists, tracing."""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
from typing import TYPE_CHECKING, Any, Final

import attrs
import pluggy

from retailcrm.errors import SettingsError
from retailcrm.ports import hookspecs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from retailcrm.ports.referral_checks import ReferralCheck
    from retailcrm.ports.report_sections import ReportSection
    from retailcrm.ports.sources import Source
    from retailcrm.ports.stores import StoreKind
    from retailcrm.ports.tier_metrics import TierMetric

BUILT_IN: Final = (
    "retailcrm.adapters.sources.taobao",
    "retailcrm.adapters.sources.shopify",
    "retailcrm.adapters.tier_metrics",
    "retailcrm.adapters.referral_checks",
    "retailcrm.adapters.stores.memory_kind",
    "retailcrm.adapters.stores.sqlite",
    "retailcrm.adapters.stores.postgres",
)
"""Loaded by dotted name only, so that this floor imports no adapter by itself."""

ENTRY_POINTS: Final = "retailcrm.plugins"


@attrs.frozen
class PluginInfo:
    """One loaded plugin.

    Attributes:
        name: Entry-point or module name.
        distribution: The installed distribution it came from.
        version: That distribution's version.
        hooks: The hooks it implements.
    """

    name: str
    distribution: str
    version: str
    hooks: tuple[str, ...]


def plugin_manager(
    *,
    allow: Collection[str] | None = None,
    block: Collection[str] = (),
    trace: Callable[[str], None] | None = None,
) -> pluggy.PluginManager:
    """Build a fresh manager with the built-ins and the installed plugins.

    Args:
        allow: Names of the installed plugins to load; ``None`` loads all of them. Built-ins are
            always allowed.
        block: Names never to load, built-ins included.
        trace: Called with one line for each hook call, for debugging.

    Raises:
        SettingsError: A plugin cannot be loaded, has the name of another, or implements a hook that does
            not exist.
    """
    manager = pluggy.PluginManager("retailcrm")
    manager.add_hookspecs(hookspecs)
    for name in block:
        manager.set_blocked(name)
    for name in BUILT_IN:
        if not manager.is_blocked(name):
            manager.register(importlib.import_module(name), name)
    _load_entry_points(manager, allow)
    _check_hooks(manager)
    if trace is not None:
        _trace(manager, trace)
    return manager


def _load_entry_points(manager: pluggy.PluginManager, allow: Collection[str] | None) -> None:
    if allow is not None and not allow:
        return  # none is to be loaded, and to look which there are takes longer than all else
    found = importlib.metadata.entry_points(group=ENTRY_POINTS)
    missing = set(allow or ()) - found.names
    if missing:
        near = [difflib.get_close_matches(name, found.names, n=1) for name in sorted(missing)]
        hint = "".join(f"; did you mean {names[0]!r}?" for names in near if names)
        raise SettingsError(f"no such plugin installed: {', '.join(sorted(missing))}{hint}")
    for point in found:
        if (allow is not None and point.name not in allow) or manager.is_blocked(point.name):
            continue
        if manager.has_plugin(point.name):
            raise SettingsError(f"two plugins are named {point.name!r}; block or remove one of them")
        _register(manager, point)


def _register(manager: pluggy.PluginManager, point: importlib.metadata.EntryPoint) -> None:
    try:
        manager.register(point.load(), point.name)
    except (ImportError, AttributeError, pluggy.PluginValidationError) as error:
        raise SettingsError(f"plugin {point.name}: {' '.join(str(error).split())}") from error


def _check_hooks(manager: pluggy.PluginManager) -> None:
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        known = [name for name in vars(hookspecs) if name.startswith("register_")]
        # The message quotes the misspelt name first: 'unknown hook 'x' in plugin ...'.
        wrong = str(error).split("'")[1] if "'" in str(error) else ""
        near = difflib.get_close_matches(wrong, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; hooks are: {', '.join(known)}"
        raise SettingsError(f"{error}{hint}") from error


def _trace(manager: pluggy.PluginManager, write: Callable[[str], None]) -> None:
    def before(hook: str, impls: Sequence[pluggy.HookImpl], _: Mapping[str, Any]) -> None:
        write(f"{hook}: {', '.join(impl.plugin_name for impl in impls) or 'no plugin'}")

    def after(*_: object) -> None:
        """Nothing to say after the call."""

    manager.add_hookcall_monitoring(before, after)


def sources(manager: pluggy.PluginManager) -> dict[str, Source]:
    """Collect every registered source by name.

    Raises:
        SettingsError: Two plugins offer a source of the same name.
    """
    return _collect(manager.hook.register_sources, "source")


def tier_metrics(manager: pluggy.PluginManager) -> dict[str, TierMetric]:
    """Collect every registered tier metric by name.

    Raises:
        SettingsError: Two plugins offer a metric of the same name.
    """
    return _collect(manager.hook.register_tier_metrics, "tier metric")


def report_sections(manager: pluggy.PluginManager) -> dict[str, ReportSection]:
    """Collect every registered section of the report by key.

    Raises:
        SettingsError: Two plugins offer a section of the same key.
    """
    return _collect(manager.hook.register_report_sections, "report section", by="key")


def referral_checks(manager: pluggy.PluginManager) -> dict[str, ReferralCheck]:
    """Collect every registered check of referrals by name.

    Raises:
        SettingsError: Two plugins offer a check of the same name.
    """
    return _collect(manager.hook.register_referral_checks, "referral check")


def stores(manager: pluggy.PluginManager) -> dict[str, StoreKind]:
    """Collect every registered kind of store by the scheme of its URLs.

    Raises:
        SettingsError: Two plugins offer a store of the same scheme.
    """
    return _collect(manager.hook.register_stores, "store")


def _collect(hook: pluggy.HookCaller, kind: str, *, by: str = "name") -> dict[str, Any]:
    found: dict[str, Any] = {}

    def register(thing: Any) -> None:  # noqa: ANN401 - whatever the hook is for
        name = getattr(thing, by, None)
        if isinstance(thing, type) or not isinstance(name, str):
            raise SettingsError(f"a {kind} is an object with a {by}; a plugin registered {thing!r}")
        if name in found:
            raise SettingsError(f"two plugins offer a {kind} named {name!r}")
        found[name] = thing

    hook(register=register)
    return found


def loaded(manager: pluggy.PluginManager) -> tuple[PluginInfo, ...]:
    """List what is loaded, from where, with versions."""
    origins = {p.name: p.dist for p in importlib.metadata.entry_points(group=ENTRY_POINTS)}
    infos = []
    for name, plugin in manager.list_name_plugin():
        if plugin is None:
            continue
        dist = origins.get(name)
        hooks = tuple(sorted(caller.name for caller in manager.get_hookcallers(plugin) or ()))
        owner = dist.name if dist else "retailcrm-core"
        infos.append(PluginInfo(name, owner, dist.version if dist else _own_version(), hooks))
    return tuple(infos)


def _own_version() -> str:
    return importlib.metadata.version("retailcrm-core")
