"""The public names: what the package offers at its top, and that asking for less costs less."""

import subprocess
import sys

import pytest

import retailcrm
from retailcrm.errors import MissingExtraError

NAMES = {
    "Policy": "retailcrm.shop.policy",
    "Shop": "retailcrm.shop.open",
    "load_policy": "retailcrm.shop.policy",
    "open_shop": "retailcrm.shop.open",
}


def test_the_public_names_are_these():
    """Adding or losing one is a decision."""
    assert set(retailcrm.__all__) == {*NAMES, "__version__"}


def test_every_public_name_is_where_it_lives():
    """Each name is the object of its own module."""
    import importlib

    for name, home in NAMES.items():
        assert getattr(retailcrm, name) is getattr(importlib.import_module(home), name)


def test_the_version_is_the_distributions():
    """What pip shows is what the package says."""
    from importlib.metadata import version

    assert retailcrm.__version__ == version("retailcrm-core")


def test_an_unknown_name_is_an_attribute_error():
    """As of any module."""
    with pytest.raises(AttributeError, match="module 'retailcrm' has no attribute 'opne_shop'"):
        _ = retailcrm.opne_shop


def test_importing_the_package_loads_no_part_of_it():
    """Neither numpy nor Arrow are loaded before a name is asked for."""
    code = (
        "import sys, retailcrm; "
        "print(sorted({'numpy', 'pyarrow', 'plotly', 'click'} & set(sys.modules))); "
        "retailcrm.open_shop; print('pyarrow' in sys.modules, 'plotly' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split("\n")[:2] == ["[]", "True False"]


def test_a_missing_extra_is_named():
    """Without Arrow the message says what to install."""
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import retailcrm\n"
        "try:\n    retailcrm.open_shop\n"
        "except ImportError as error:\n    print(error, error.extra)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "retailcrm.open_shop needs an extra: pip install 'retailcrm-core[shop]' shop"


def test_the_error_of_a_missing_extra_says_which():
    """Programs can read the extra's name."""
    error = MissingExtraError("this", extra="shop")
    assert isinstance(error, ImportError)
    assert error.extra == "shop"


def test_the_ten_lines_of_the_design(tmp_path):
    """Open, import, score, look one customer up, write the page."""
    orders = tmp_path / "orders.csv"
    orders.write_text("id,who,at,amount\n1,ann,2024-03-01,50\n2,bob,2024-03-09,20\n", "utf-8")
    mapping = {
        "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
        "buyer": {"kind": "id", "strength": "stable"},
        "constants": {"state": "completed"},
    }
    with retailcrm.open_shop("memory:", shop="tmall") as shop:
        assert shop.imports.files([orders], mapping=mapping).problems == ()
        scores = shop.insight.score(as_of="2024-04-01")
        assert scores.customer_ids.tolist() == ["ann", "bob"]
        assert str(shop.customers.get("ann", as_of="2024-04-01").gross) == "¥50.00"
        assert shop.report(tmp_path / "shop.html", as_of="2024-04-01", lang="zh").exists()
