"""Customer relationship management for online shops.

The names here are the whole of the everyday API; parts load when they are first asked for, so that
importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from retailcrm.errors import MissingExtraError

if TYPE_CHECKING:
    from retailcrm.shop.open import Shop, open_shop
    from retailcrm.shop.policy import Policy, load_policy

__version__ = "0.1.0"

__all__ = ["Policy", "Shop", "__version__", "load_policy", "open_shop"]

_HOMES = {
    "Policy": "retailcrm.shop.policy",
    "Shop": "retailcrm.shop.open",
    "load_policy": "retailcrm.shop.policy",
    "open_shop": "retailcrm.shop.open",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - each name has its own type, given above
    if name not in _HOMES:
        raise AttributeError(f"module 'retailcrm' has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == "retailcrm":
            raise
        raise MissingExtraError(f"retailcrm.{name}", extra="shop") from error
