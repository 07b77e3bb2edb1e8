"""What is installed beside: plug-ins, and whoever else owns the name ``retailcrm``."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from retailcrm import plugins
from retailcrm.domain.labels import Label
from retailcrm.errors import SettingsError
from retailcrm.shop.doctor.advice import Advice, Level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

NAME: Final = "retailcrm"
"""What is imported."""

DISTRIBUTION: Final = "retailcrm-core"
"""What is installed."""


def look_at_import_name(owners: Mapping[str, Sequence[str]] | None = None) -> Iterator[Advice]:
    """Look who installs the import package ``retailcrm``: two would write over each other's files.

    Args:
        owners: Distributions by the package that they install; asked of the installation if left out.
    """
    found = importlib.metadata.packages_distributions() if owners is None else owners
    names = {name.lower().replace("_", "-") for name in found.get(NAME, ())}
    others = sorted(names - {DISTRIBUTION})
    place = Path(plugins.__file__).parent
    if others:
        listed = ", ".join(others)
        yield Advice(
            "import-name",
            Level.ERROR,
            Label(
                f"另一个包（{listed}）也安装了 retailcrm：文件会互相覆盖。"
                f"pip uninstall {' '.join(others)}，再重新安装 {DISTRIBUTION}",
                f"another distribution ({listed}) installs retailcrm too, and each writes over the other's "
                f"files: pip uninstall {' '.join(others)}, then install {DISTRIBUTION} again",
            ),
        )
    else:
        version = _version()
        yield Advice(
            "import-name", Level.OK, Label(f"retailcrm {version}：{place}", f"retailcrm {version}: {place}")
        )


def _version() -> str:
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return "?"


def look_at_plugins(blocked: Collection[str] = ()) -> Iterator[Advice]:
    """Look whether the installed plug-ins load, and say which ones there are.

    Args:
        blocked: Names that are not to be loaded.
    """
    try:
        manager = plugins.plugin_manager(block=blocked)
    except SettingsError as error:
        yield Advice(
            "plugins", Level.ERROR, Label(f"插件无法加载：{error}", f"a plug-in cannot be loaded: {error}")
        )
        return
    others = [info for info in plugins.loaded(manager) if info.name not in plugins.BUILT_IN]
    named = ", ".join(f"{info.name} ({info.distribution} {info.version})" for info in others)
    if blocked:
        names = ", ".join(sorted(blocked))
        yield Advice("plugins", Level.NOTE, Label(f"已屏蔽的插件：{names}", f"blocked plug-ins: {names}"))
    yield Advice(
        "plugins",
        Level.OK,
        Label(f"插件：{named or '只有内置的'}", f"plug-ins: {named or 'the built-in ones'}"),
    )
