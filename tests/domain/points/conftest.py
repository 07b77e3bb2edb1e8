"""What the tests of points share: the naive account, the machine, and copies of the ledger with a fault."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.util import module_from_spec, spec_from_file_location, spec_from_loader
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import retailcrm.domain.points

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

LEDGER = "retailcrm.domain.points"
SOURCES = Path(retailcrm.domain.points.__file__).parent
DOORS = {
    "account": ("Account", "apply", "replay"),
    "adjusting": ("adjust",),
    "awarding": ("earn", "extend", "reschedule", "set_free"),
    "expiry": ("Expiry",),
    "holds": ("Allocation",),
    "moving": ("Moved", "hand_over", "merge", "split", "transfer"),
    "outcomes": ("Accepted",),
    "reversal": ("LatePolicy", "Reversed", "give_back", "reverse"),
    "spending": ("capture", "redeem", "reserve", "void"),
}


def ledger(package: str = LEDGER) -> SimpleNamespace:
    """Give the functions and values of the ledger, or of a copy of it."""
    found = SimpleNamespace()
    for module, names in DOORS.items():
        for name in names:
            setattr(found, name, getattr(import_module(f"{package}.{module}"), name))
    return found


class Copy(MetaPathFinder, Loader):
    """Modules of the ledger under another package's name, with some text replaced in one of them."""

    def __init__(self, name: str, module: str, old: str, new: str) -> None:
        self.name, self.module, self.old, self.new = name, module, old, new

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        """Answer for the copy's modules."""
        ours = fullname == self.name or fullname.startswith(f"{self.name}.")
        return spec_from_loader(fullname, self, is_package=fullname == self.name) if ours else None

    def exec_module(self, module: ModuleType) -> None:
        """Run a module's source, changed."""
        _, _, stem = module.__name__.partition(".")
        if not stem:
            return
        source = (SOURCES / f"{stem}.py").read_text("utf-8")
        if stem == self.module:
            assert source.count(self.old) == 1, (
                f"{stem}.py holds this {source.count(self.old)} times: {self.old}"
            )
            source = source.replace(self.old, self.new)
        source = source.replace(f"{LEDGER}.", f"{self.name}.")
        exec(compile(source, f"{stem}.py, changed", "exec"), module.__dict__)  # noqa: S102 - our own source


@contextmanager
def faulty(module: str, old: str, new: str) -> Iterator[SimpleNamespace]:
    """Give a copy of the ledger with a fault in it."""
    finder = Copy("faulty_points", module, old, new)
    sys.meta_path.insert(0, finder)
    try:
        yield ledger(finder.name)
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.partition(".")[0] == finder.name]:
            del sys.modules[name]


def _beside(stem: str) -> ModuleType:
    spec = spec_from_file_location(f"points_{stem}", Path(__file__).with_name(f"{stem}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


MakeMachine = Callable[[SimpleNamespace], Any]


@pytest.fixture(scope="session")
def naive() -> ModuleType:
    """Give the module of the naive account."""
    return _beside("naive")


@pytest.fixture(scope="session")
def make_machine(naive: ModuleType) -> MakeMachine:
    """Give what makes the machine's class for the ledger or a copy of it."""
    machine = _beside("machine").Machine

    def make(core: SimpleNamespace) -> Any:
        return type("Machine", (machine,), {"core": core, "naive_account": naive.NaiveAccount})

    return make


@pytest.fixture(scope="session")
def core() -> SimpleNamespace:
    """Give the ledger itself."""
    return ledger()


@pytest.fixture(scope="session")
def plant() -> Any:
    """Give what makes a copy of the ledger with a fault in it."""
    return faulty
