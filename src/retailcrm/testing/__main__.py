"""``python -m retailcrm.testing generate|test SOURCE FOLDER``: golden files of a source.

``python -m retailcrm.testing points MODULE:FACTORY`` puts a system of points through the museum.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from retailcrm.errors import InputError, SettingsError
from retailcrm.plugins import plugin_manager, sources
from retailcrm.testing import golden
from retailcrm.testing.points import command as museum

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the twins of a folder of samples, or try a system of points.

    Args:
        arguments: Of the command line; ``None`` takes the process's own.

    Returns:
        0 if all is as expected, 1 if something differs, 2 if the question was wrong.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="python -m retailcrm.testing",
        description=golden.__doc__,
        epilog="points MODULE:FACTORY puts a system of points through the museum.",
    )
    parser.add_argument("verb", choices=("generate", "test"))
    parser.add_argument("source", help="name of the source, as `retailcrm plugins` lists it")
    parser.add_argument("folder", type=Path, help="the samples")
    parser.add_argument("--again", action="store_true", help="write twins anew that are there already")
    try:
        return museum.main(words[1:]) if words[:1] == ["points"] else _run(parser.parse_args(words))
    except (InputError, SettingsError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command
        return 2


def _run(said: argparse.Namespace) -> int:
    known = sources(plugin_manager())
    if said.source not in known:
        raise SettingsError(f"no source {said.source!r}; there are: {', '.join(sorted(known))}")
    source = known[said.source]
    if said.verb == "generate":
        written = golden.generate(said.folder, source, again=said.again)
        print("\n".join(f"wrote {path}: look through it" for path in written) or "nothing to write")  # noqa: T201
        return 0
    differences = golden.check(said.folder, source)
    print("\n".join(differences) or "as expected")  # noqa: T201 - a command
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
