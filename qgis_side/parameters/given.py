"""The words the modules of this package share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Callable

from qgis.core import NULL, QgsProcessingAlgorithm, QgsProcessingContext, QgsProcessingParameterDefinition, QgsProperty

from ...contract.fields import Field


@dataclass(frozen=True)
class Given:
    """The values a run was started with, and what is needed to understand them."""

    algorithm: QgsProcessingAlgorithm
    parameters: dict[str, Any]
    context: QgsProcessingContext

    def has(self, name: str) -> bool:
        """Whether the user gave a value: None, NULL, "" and empty lists are none."""
        value = self.parameters.get(name)
        return not (value is None or value == NULL or (isinstance(value, (str, list, tuple)) and len(value) == 0))

    def plain(self, name: str, evaluate: Callable[[dict[str, Any], str, QgsProcessingContext], Any]) -> Any:
        """The value as it was given, so that the field's own check sees it; expressions are evaluated."""
        value = self.parameters[name]
        return evaluate(self.parameters, name, self.context) if isinstance(value, QgsProperty) else value

    def several(self, name: str) -> Iterator[Any]:
        """Yield what was given for a parameter that takes several layers, in order; models put lists into lists."""
        waiting = [self.parameters[name]]
        while waiting:
            value = waiting.pop(0)
            if isinstance(value, QgsProperty):
                value = value.value(self.context.expressionContext())[0]
            if isinstance(value, (list, tuple)):
                waiting = [*value, *waiting]
            else:
                yield value


@dataclass(frozen=True)
class Kind:
    """How a kind of field becomes a parameter, and how its value is read."""

    build: Callable[[str, str, Field], QgsProcessingParameterDefinition]
    read: Callable[[Given, str, Field], Any]
