"""Where results are to go: looked at before a long run, not after it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def check_outputs(outputs: Mapping[str, str | None], inputs: Iterable[str]) -> None:
    """Refuse places that cannot be written to, or that would destroy what is read.

    Args:
        outputs: File names by the option that gives them; ``None`` where it was not given.
        inputs: Files that are read.

    Raises:
        SettingsError: Names the option, and says what is wrong.
    """
    taken: dict[str, str] = {os.path.realpath(name): "a file that is read" for name in inputs}
    for option, name in outputs.items():
        if name is None:
            continue
        _check_place(option, Path(name))
        place = os.path.realpath(name)
        if place in taken:
            raise SettingsError(f"{option} {name}: this is {taken[place]}; choose another name")
        taken[place] = f"also the file of {option}"


def _check_place(option: str, path: Path) -> None:
    folder = path.parent
    try:
        there, is_folder = folder.is_dir(), path.is_dir()
    except (OSError, ValueError) as error:
        raise SettingsError(f"{option} {path}: {error}") from error
    if not there:
        raise SettingsError(f"{option} {path}: there is no folder '{folder}'; make it first")
    if is_folder:
        raise SettingsError(f"{option} {path}: this is a folder; give a file name")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise SettingsError(f"{option} {path}: no right to write there")
