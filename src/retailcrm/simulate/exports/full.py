"""Everything that a shop can export, in one folder, with the mappings that read it."""

from __future__ import annotations

import importlib.resources
import os
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.simulate.exports.folder import BUYERS_FILE, whole_refunds, write_taobao_exports
from retailcrm.simulate.exports.members import member_list, older_member_list
from retailcrm.simulate.exports.parcels import parcel_events
from retailcrm.simulate.exports.products import product_list
from retailcrm.simulate.exports.redemptions import redemption_list
from retailcrm.simulate.exports.reviews import review_list
from retailcrm.simulate.exports.sheet import save
from retailcrm.simulate.exports.views import View, calendar_of
from retailcrm.simulate.tables.members import older_moment

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.simulate.shop import SimulatedShop

MEMBERS_FILE: Final = "会员列表.csv"
OLDER_MEMBERS_FILE: Final = "会员列表（旧）.csv"
PRODUCTS_FILE: Final = "商品列表.csv"
PARCELS_FILE: Final = "物流轨迹.csv"
REVIEWS_FILE: Final = "评价列表.csv"
REDEMPTIONS_FILE: Final = "points_redemptions.csv"
MAPPINGS: Final = {
    OLDER_MEMBERS_FILE: "members.toml",
    MEMBERS_FILE: "members.toml",
    PRODUCTS_FILE: "products.toml",
    PARCELS_FILE: "parcels.toml",
    REVIEWS_FILE: "reviews.toml",
}
"""Which mapping reads which file."""

MAPPINGS_FOLDER: Final = "mappings"


@attrs.frozen(kw_only=True)
class FullExports:
    """The files of a shop.

    Attributes:
        reports: What the Taobao reader takes: order, item and refund reports.
        buyers: Who is behind masked nicks; ``None`` if none is masked.
        mapped: The other files, oldest first, each with the mapping that reads it.
        redemptions: Points that were spent, as the shop's own till knows them.
    """

    reports: tuple[Path, ...]
    buyers: Path | None
    mapped: tuple[tuple[Path, Path], ...]
    redemptions: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them but the mappings."""
        buyers = () if self.buyers is None else (self.buyers,)
        return (*self.reports, *buyers, *(file for file, _ in self.mapped), self.redemptions)


def write_full_exports(shop: SimulatedShop, folder: Path, *, dirty: bool = False) -> FullExports:
    """Write everything that the shop's seller can export.

    Beside the Taobao reports: a refund report of the whole window, two member lists (the older one has
    fewer columns and older values, the newest one masks some phones), the catalogue, what happened to
    parcels, reviews, and points that were spent; in a folder ``mappings`` the mappings that read them, all
    but the points. Such a file has no moment in its name: its own time of modification is set to that of
    the export.

    Args:
        shop: The shop.
        folder: Where to; made if need be, files of the same names are replaced.
        dirty: Whether the newest member list has some impossible birthdays.

    Returns:
        The files.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from retailcrm.simulate import ShopSpec, simulate_shop, write_full_exports
        >>> with TemporaryDirectory() as folder:
        ...     exports = write_full_exports(simulate_shop(ShopSpec(seed=7, customers=20)), Path(folder))
        >>> [f"{file.name} by {mapping.name}" for file, mapping in exports.mapped]
        ... # doctest: +NORMALIZE_WHITESPACE
        ['会员列表（旧）.csv by members.toml', '会员列表.csv by members.toml',
         '商品列表.csv by products.toml', '物流轨迹.csv by parcels.toml', '评价列表.csv by reviews.toml']
    """
    *reports, last = write_taobao_exports(shop, folder)
    buyers = last if last.name == BUYERS_FILE else None
    if buyers is None:
        reports.append(last)
    else:
        reports.append(whole_refunds(shop, folder))
        _date(buyers, shop.as_of)
    view = View(shop, np.arange(len(shop)), shop.as_of, calendar_of(shop))
    earlier = older_moment(shop)
    pages = {
        OLDER_MEMBERS_FILE: older_member_list(shop, earlier),
        MEMBERS_FILE: member_list(shop, dirty=dirty),
        PRODUCTS_FILE: product_list(shop),
        PARCELS_FILE: parcel_events(view),
        REVIEWS_FILE: review_list(view),
    }
    for name, content in pages.items():
        _date(save(folder / name, content), earlier if name == OLDER_MEMBERS_FILE else shop.as_of)
    redemptions = save(folder / REDEMPTIONS_FILE, redemption_list(view))
    _date(redemptions, shop.as_of)
    mappings = _save_mappings(folder / MAPPINGS_FOLDER)
    mapped = tuple((folder / name, mappings[mapping]) for name, mapping in MAPPINGS.items())
    return FullExports(reports=tuple(reports), buyers=buyers, mapped=mapped, redemptions=redemptions)


def _date(path: Path, moment: np.datetime64) -> None:
    """Give a file the time of its export."""
    seconds = int(moment.astype("datetime64[s]").astype(np.int64))
    os.utime(path, (seconds, seconds))


def _save_mappings(folder: Path) -> dict[str, Path]:
    """Copy the mappings beside the files that they read."""
    folder.mkdir(exist_ok=True)
    shipped = importlib.resources.files("retailcrm.simulate").joinpath("mappings")
    paths = {}
    for name in dict.fromkeys(MAPPINGS.values()):
        paths[name] = folder / name
        paths[name].write_bytes(shipped.joinpath(name).read_bytes())
    return paths
