"""Where results appear in the layer tree: in one group, named after the input and the encoder, pictures on top."""

from __future__ import annotations

import itertools
from typing import Any

from qgis.core import (
    QgsLayerTreeLayer,
    QgsLayerTreeNode,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
)

from . import style

GROUP = "IAMAP"

#: QGIS keeps no reference to a post-processor, and calls it long after the algorithm is gone
_kept: list[Finish] = []
#: id of a layer -> where it belongs in the group: what has the lower place lies above
_places: dict[str, tuple[int, int]] = {}
_runs = itertools.count()


class Finish(QgsProcessingLayerPostProcessorInterface):
    """Style one layer, and put it into the group.

    Args:
        place: lower for what belongs on top: later runs, and steps of a model, lie above earlier ones.
        regroup: whether the layer has to be moved into the group (QGIS before 3.32 has no word for it).
    """

    def __init__(self, place: tuple[int, int], regroup: bool) -> None:
        super().__init__()
        self._place, self._regroup = place, regroup

    def postProcessLayer(
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:  # noqa: N802
        """Do it; QGIS calls this in the main thread when the layer is in the project."""
        style.apply(layer)
        root = context.project().layerTreeRoot() if context.project() else None
        node = root.findLayer(layer.id()) if root else None
        if root is None or node is None:
            return
        node.setExpanded(False)
        group = root.findGroup(GROUP) if self._regroup else None
        # elsewhere only where the user wants all results in a group of their own; in ours already where one of its
        # layers is the current one
        if self._regroup and node.parent() in (root, group):
            group = group or root.insertGroup(0, GROUP)
            above = itertools.takewhile(self._lies_below, (child for child in group.children() if child != node))
            place, parent, copy = len(list(above)), node.parent(), node.clone()
            if parent == group:
                place += group.children().index(node) < place
            copy.setExpanded(False)
            # the copy first: a layer without any place in the tree leaves the project
            group.insertChildNode(place, copy)
            parent.removeChildNode(node)
            _places[layer.id()] = self._place

    def _lies_below(self, other: QgsLayerTreeNode) -> bool:
        return isinstance(other, QgsLayerTreeLayer) and _places.get(other.layerId(), self._place) < self._place


def arrange(context: QgsProcessingContext, results: list[tuple[str, str, str]]) -> None:
    """Tell QGIS how to name, style and group what it is about to load.

    Args:
        context: of the run, in the main thread.
        results: (path, label that QGIS would give it, name it is to have, "" for QGIS's choice), what belongs on top last.
    """
    run = next(_runs)
    for rank, (path, label, name) in enumerate(reversed(results)):
        if not context.willLoadLayerOnCompletion(path):
            continue
        details: Any = context.layerToLoadOnCompletionDetails(path)
        if name and details.name in ("", label):  # otherwise a model's author, or the user, has named it
            details.name = name
        grouped = hasattr(details, "groupName")
        if grouped:
            details.groupName = details.groupName or GROUP
            details.layerSortKey = -rank
        _kept.append(Finish((-run, rank), regroup=not grouped))
        details.setPostProcessor(_kept[-1])
