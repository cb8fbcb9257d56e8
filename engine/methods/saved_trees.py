"""Decision trees as arrays, in model files: they are made anew once no index leads beyond them. Their names stay."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.tree._tree import NODE_DTYPE, Tree

__all__ = ["BoostedArrays", "TreeArrays"]


class TreeArrays(BaseEstimator):  # type: ignore[misc]
    """A decision tree as it is saved.

    Args:
        features, classes, depth: it takes so many, and gives so many, in so many steps.
        nodes: (nodes,) records of scikit-learn.
        values: (nodes, 1, classes) float64.
    """

    def __init__(self, features: int, classes: int, depth: int, nodes: np.ndarray, values: np.ndarray) -> None:
        self.features, self.classes, self.depth, self.nodes, self.values = features, classes, depth, nodes, values


class BoostedArrays(BaseEstimator):  # type: ignore[misc]
    """A tree of gradient boosting on histograms as it is saved.

    Args:
        nodes: (nodes,) records of scikit-learn.
    """

    def __init__(self, nodes: np.ndarray) -> None:
        self.nodes = nodes


def as_arrays(thing: Any) -> Any:
    """What stands for a tree in a file; anything else itself."""
    if isinstance(thing, Tree):
        state = thing.__getstate__()
        return TreeArrays(
            int(thing.n_features), int(thing.n_classes[0]), int(state["max_depth"]), state["nodes"], state["values"]
        )
    if isinstance(thing, TreePredictor):
        return BoostedArrays(thing.nodes)
    return thing


def whole(thing: Any) -> Any:
    """The tree itself, once nothing in it points beyond it; anything else itself.

    Raises:
        ValueError: it points beyond.
    """
    if isinstance(thing, TreeArrays):
        return _tree(thing)
    if isinstance(thing, BoostedArrays):
        return _boosted(thing)
    return thing


def _tree(saved: TreeArrays) -> Tree:
    """The tree itself, once nothing in it points beyond it."""
    features, classes, depth = (count(vars(saved).get(name)) for name in ("features", "classes", "depth"))
    nodes = _records(vars(saved).get("nodes"), NODE_DTYPE)
    values = array(vars(saved).get("values"), "f", "values")
    must(features >= 1 and classes >= 1 and values.shape == (len(nodes), 1, classes), "a tree has too few values")
    left, right = nodes["left_child"], nodes["right_child"]
    inner = (left != -1) | (right != -1)
    _check_children(left, right, inner)
    feature = nodes["feature"][inner]
    must(bool(((feature >= 0) & (feature < features)).all()), f"a tree asks for a band beyond its {features}")
    made = Tree(features, np.array([classes], np.intp), 1)
    made.__setstate__(
        {
            "max_depth": depth,
            "node_count": len(nodes),
            "nodes": nodes,
            "values": np.ascontiguousarray(values, np.float64),
        }
    )
    return made


def _boosted(saved: BoostedArrays) -> TreePredictor:
    """The tree of gradient boosting; its bands are checked where their number is known."""
    nodes = _records(vars(saved).get("nodes"), np.dtype(PREDICTOR_RECORD_DTYPE))
    inner = nodes["is_leaf"] == 0
    _check_children(nodes["left"].astype(np.int64), nodes["right"].astype(np.int64), inner)
    must(not nodes["is_categorical"].any(), "a tree asks for categories")
    empty = np.zeros((0, 8), np.uint32)
    return TreePredictor(nodes, empty, empty.copy())


def _records(nodes: Any, wanted: np.dtype[Any]) -> np.ndarray:
    """Nodes as this version of scikit-learn has them."""
    nodes = array(nodes, "V", "nodes")
    must(nodes.ndim == 1 and len(nodes) >= 1, "a tree has no nodes")
    must(nodes.dtype.names == wanted.names, "a tree is of another version of scikit-learn")
    made = np.zeros(len(nodes), wanted)
    for name in wanted.names or ():
        made[name] = nodes[name]
    return made


def _check_children(left: np.ndarray, right: np.ndarray, inner: np.ndarray) -> None:
    """Both children of inner nodes come later, so that every way ends."""
    own = np.arange(len(left))
    for child in (left, right):
        good = (child > own) & (child < len(left))
        bad = np.flatnonzero(inner & ~good)
        if len(bad):
            raise ValueError(f"node {bad[0]} of a tree of {len(left)} has the child {child[bad[0]]}")


def count(number: Any) -> int:
    """A number of things, checked."""
    must(
        isinstance(number, (int, np.integer)) and 0 <= number < 2**31,
        f"{number!r} is no number of bands, classes or steps",
    )
    return int(number)


def array(found: Any, kinds: str, what: str) -> np.ndarray:
    """An array of one of *kinds*, as NumPy names them, checked."""
    must(type(found) is np.ndarray and found.dtype.kind in kinds, f"there are no {what}")
    return np.asarray(found)


def must(good: Any, text: str) -> None:
    """Raise ValueError with *text* unless *good*."""
    if not good:
        raise ValueError(text)
