"""A contract type for import-linter: a floor imports, from outside the package, only what is named."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, ClassVar, cast

from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.helpers import module_expressions_to_modules

if TYPE_CHECKING:
    from grimp import ImportGraph
    from importlinter.domain.imports import ModuleExpression


class AllowedImports(Contract):
    """Hold some modules to a list of third-party packages; the standard library is always allowed.

    The stock ``forbidden`` contract can only name what is *not* wanted; a floor is pure if it imports
    nothing but what is on its list.

    Attributes:
        modules: The modules held to the list, with everything below them.
        allowed: Third-party packages that they may import.
    """

    type_name: ClassVar[str] = "allowed_imports"

    modules = fields.SetField(subfield=fields.ModuleExpressionField())
    allowed = fields.SetField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002 - the base class asks for it
        """Look at every direct import of the modules; what lower floors import is their affair."""
        offences = [
            f"{importer} imports {imported}"
            for importer in sorted(self._importers(graph))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not self._may_import(importer, imported)
        ]
        return ContractCheck(kept=not offences, metadata={"offences": offences})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print the offences."""
        for offence in check.metadata["offences"]:
            output.print_error(f"- {offence}", bold=False)
        output.new_line()

    def _importers(self, graph: ImportGraph) -> set[str]:
        expressions = cast("set[ModuleExpression]", self.modules)
        named = {module.name for module in module_expressions_to_modules(graph, expressions)}
        return named.union(*(graph.find_descendants(name) for name in named))

    def _may_import(self, importer: str, imported: str) -> bool:
        package = imported.partition(".")[0]
        allowed = cast("set[str]", self.allowed or set())
        own = importer.partition(".")[0]  # what it imports of its own package is the layers' affair
        return package == own or package in sys.stdlib_module_names or package in allowed
