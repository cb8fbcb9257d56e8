"""Where results appear in the layer tree: in one group, named after the input and the encoder, pictures on top."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsRasterLayer,
)

from . import style

GROUP = "IAMAP"

#: QGIS keeps no reference to a post-processor, and calls it long after the algorithm is gone
_kept: list[Finish] = []


class Finish(QgsProcessingLayerPostProcessorInterface):
    """Style one layer, and put it into the group.

    Args:
        rank: 0 for what belongs on top, higher for what lies below it.
        placed: ranks of the layers of the same run that are in the tree already; shared between them.
        regroup: whether the layer has to be moved into the group (QGIS before 3.32 has no word for it).
    """

    def __init__(self, rank: int, placed: list[int], regroup: bool) -> None:
        super().__init__()
        self._rank, self._placed, self._regroup = rank, placed, regroup

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:  # noqa: N802
        """Do it; QGIS calls this in the main thread when the layer is in the project."""
        if isinstance(layer, QgsRasterLayer):
            style.apply(layer)
        root = context.project().layerTreeRoot() if context.project() else None
        node = root.findLayer(layer.id()) if root else None
        if node is None:
            return
        node.setExpanded(False)
        if (
            self._regroup and node.parent() == root
        ):  # elsewhere only where the user wants all results in a group of their own
            group = root.findGroup(GROUP) or root.insertGroup(0, GROUP)
            copy = node.clone()
            copy.setExpanded(False)
            group.insertChildNode(sum(rank < self._rank for rank in self._placed), copy)
            root.removeChildNode(node)
            self._placed.append(self._rank)


def arrange(context: QgsProcessingContext, results: list[tuple[str, str, str]]) -> None:
    """Tell QGIS how to name, style and group what it is about to load.

    Args:
        context: of the run, in the main thread.
        results: (path, label that QGIS would give it, name it is to have), what belongs on top last.
    """
    placed: list[int] = []
    for rank, (path, label, name) in enumerate(reversed(results)):
        if not context.willLoadLayerOnCompletion(path):
            continue
        details: Any = context.layerToLoadOnCompletionDetails(path)
        if details.name in ("", label):  # otherwise a model's author, or the user, has named it
            details.name = name
        grouped = hasattr(details, "groupName")
        if grouped:
            details.groupName = details.groupName or GROUP
            details.layerSortKey = -rank
        _kept.append(Finish(rank, placed, regroup=not grouped))
        details.setPostProcessor(_kept[-1])
