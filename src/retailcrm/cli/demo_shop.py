"""The demo's shop in a database: made anew by each run, there to go on with."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.adapters.stores.sql.location import database_at
from retailcrm.cli.inputs import open_kept, read_into
from retailcrm.cli.options import MAIN
from retailcrm.errors import RetailCRMError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from retailcrm.cli.options import Inputs
    from retailcrm.cli.watch import Watch
    from retailcrm.shop.loyalty.redemptions_file import Taken
    from retailcrm.shop.shop import Shop
    from retailcrm.simulate.exports.full import FullExports

DATABASE: Final = "shop.db"
"""The demo's database, in the demo's folder."""

_BESIDE: Final = ("", "-wal", "-shm")
"""What SQLite keeps under the database's name."""


def fresh_url(folder: Path) -> str:
    """Throw an earlier demo's database away, and give the URL of the next one.

    Raises:
        SettingsError: The database there is not the demo's.
    """
    path = folder / DATABASE
    url = f"sqlite:///{path}"
    if path.exists():
        if not _is_ours(path, url, folder / "exports"):
            raise SettingsError(f"--out {folder}: its {DATABASE} is not the demo's; give another folder")
        for end in _BESIDE:
            path.with_name(f"{path.name}{end}").unlink(missing_ok=True)
    return url


def _is_ours(path: Path, url: str, exports: Path) -> bool:
    """Look whether a database holds the demo's exports and nothing else."""
    if not path.stat().st_size:
        return True
    names = {file.name for file in exports.iterdir()}
    try:
        with closing(database_at(url)) as database, database.snapshot() as executor:
            shops = {shop for (shop,) in executor.all("SELECT shop FROM retailcrm_shops")}
            read = {str(name) for (name,) in executor.all("SELECT name FROM retailcrm_files")}
    except RetailCRMError:
        return False
    return shops <= {MAIN} and {name.replace("\\", "/").rpartition("/")[2] for name in read} <= names


@contextmanager
def kept(url: str, inputs: Inputs, written: FullExports, watch: Watch) -> Iterator[tuple[Shop, Taken]]:
    """Import the demo's exports into its database: points follow once, when everything is there.

    Args:
        url: Of the database.
        inputs: The reports among the exports, the buyers and the rules.
        written: All exports.
        watch: Shows where we are.

    Yields:
        The shop, open, and what became of the redemptions.
    """
    watch.doing("keeping the shop in a database")
    shop, mapping = open_kept(attrs.evolve(inputs, db=url), new=True)
    with shop:
        with shop.history():
            read_into(shop, inputs, mapping, watch)
            for path, its_mapping in written.mapped:
                watch.doing(f"reading {path.name}")
                shop.imports.files(path, mapping=its_mapping)
            watch.doing("spending points")
            taken = shop.take_redemptions(written.redemptions)
            watch.doing("following points")
        yield shop, taken


def kept_lines(url: str, as_of: str, who: str) -> list[str]:
    """Write commands that go on with the kept shop; all arguments quoted for a shell.

    Points of the demo have lapsed since, so somebody is given some before she spends them.
    """
    kept = f"--db {url}"
    return [
        f"retailcrm points {kept} --as-of {as_of} --customer {who}",
        f"retailcrm points adjust {who} 500 --reason welcome --actor me --key try:1 {kept}",
        f"retailcrm points redeem {who} 300 --key try:2 {kept}",
        f"retailcrm verify {kept}",
    ]
