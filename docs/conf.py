"""How the documentation is built: MyST pages, a reference page made from the docstrings, furo."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Final

import retailcrm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docutils.nodes import Element, TextElement
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "retailcrm"
author = "The retailcrm authors"
project_copyright = author
version = release = retailcrm.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "retailcrm"

# Headings may be linked to from other pages, three levels deep.
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
# attrs documents a class's fields in its docstring; as directives they would be described twice.
napoleon_use_ivar = True
napoleon_attr_annotations = False  # the signature above the fields has their types
napoleon_numpy_docstring = False

# Names of other packages and private ones have no page here. Ours do, and a broken one is an error.
nitpick_ignore_regex = [("py:.*", r"(?!retailcrm\.).*"), ("py:.*", r".*\._\w+")]
# In a signature autodoc may see only a short name, and two floors may each have a class called so.
suppress_warnings = ["ref.python"]

# The floors of the house, from the top, as the reference shows them.
FLOORS: Final = [
    ("Attacks on stores", "torture"),
    ("The verbs", "shop"),
    ("Report", "report"),
    ("Plugins", "plugins"),
    ("Adapters", "adapters"),
    ("Simulator", "simulate"),
    ("The kit for plugin authors", "testing"),
    ("Ports", "ports"),
    ("Analytics", "analytics"),
    ("Domain", "domain"),
    ("Errors", "errors"),
]
MODULES_MARK: Final = "<!-- modules -->"


def through_the_door(module: ModuleType) -> frozenset[str]:
    """Give the classes and functions that a module says are its public ones."""
    names = getattr(module, "__all__", ())
    return frozenset(name for name in names if isinstance(getattr(module, name), type | FunctionType))


def modules(name: str, shown: frozenset[str] = frozenset()) -> Iterator[tuple[str, list[str]]]:
    """Yield a module and the public ones below it, each with the names to leave out.

    A folder's door (its ``__all__``) is where people import from, so that is where its classes and
    functions are shown. Constants stay where they are written: only there do they have their text.
    """
    module = importlib.import_module(name)
    yield name, sorted(shown & set(vars(module)))
    shown |= through_the_door(module)
    for found in pkgutil.iter_modules(getattr(module, "__path__", []), f"{name}."):
        if not found.name.rpartition(".")[2].startswith("_"):
            yield from modules(found.name, shown)


def reference() -> Iterator[str]:
    """Yield the lines of the reference: every public module, floor by floor."""
    for title, floor in FLOORS:
        yield f"## {title}\n"
        for name, left_out in modules(f"retailcrm.{floor}"):
            yield f"### {name}\n"
            yield f"```{{eval-rst}}\n.. automodule:: {name}\n   :members:\n   :show-inheritance:"
            yield f"   :exclude-members: {', '.join(left_out)}\n```\n"


def fill_in_modules(_app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the modules where the reference page wants them, so that none can be forgotten."""
    if docname == "reference":
        source[0] = source[0].replace(MODULES_MARK, "\n".join(reference()))


@functools.cache
def doors() -> dict[str, str]:
    """Map each name's place in a file to the door under which the reference shows it."""
    found: dict[str, str] = {}
    for _, floor in FLOORS:
        for door, left_out in modules(f"retailcrm.{floor}"):
            module = importlib.import_module(door)
            for name in through_the_door(module) - set(left_out):
                found[f"{getattr(module, name).__module__}.{name}"] = f"{door}.{name}"
    return found


def go_through_the_door(
    app: Sphinx, env: BuildEnvironment, node: Element, text: TextElement
) -> Element | None:
    """Link a name that a signature takes from its file to where it is shown, constants included."""
    target = node.get("reftarget", "")
    target = doors().get(target, target)
    return env.get_domain("py").resolve_xref(env, node["refdoc"], app.builder, "obj", target, node, text)


def setup(app: Sphinx) -> None:
    """Connect the reference page."""
    app.connect("source-read", fill_in_modules)
    app.connect("missing-reference", go_through_the_door)
