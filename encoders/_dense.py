"""Make dense features of networks: maps of blocks and stages, brought to one grid, with what sums up the tile behind them."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from ..contract.errors import BadRequest


def dense(
    model: Any, layers: Sequence[int] = (), context: bool = False, averaged: bool = False, norm: bool = True
) -> Any:
    """Wrap a timm model into a module from (n, bands, tile, tile) to (n, dim, rows, cols); class and register tokens go.

    Args:
        model: of timm.
        layers: see Plan.
        context: whether the class token, normalised like the cells, goes behind every cell; where there is none, the mean
            of the cells does. ``dim`` is then twice as large.
        averaged, norm: as of ``together``; without *norm* features don't go through the network's last normalisation either.

    Raises:
        BadRequest: it has no such layers.
    """
    import torch

    chosen = _chosen(model, layers)
    classed = context and _has_class_token(model)

    class Dense(torch.nn.Module):
        """The last feature map of a timm model, or several, normalised as the model does it."""

        def __init__(self, model: Any, normalised: bool) -> None:
            super().__init__()
            # on the module, so that whoever keeps converted networks can tell them apart
            self.model, self.normalised, self.chosen, self.context = model, normalised, chosen, context
            self.averaged, self.norm = averaged, norm

        def forward(self, x: Any) -> Any:
            """(n, bands, tile, tile) -> (n, dim, rows, cols)."""
            if not hasattr(self.model, "forward_intermediates"):
                features = self.model.forward_features(x)
                channels_last = getattr(self.model, "output_fmt", "NCHW") == "NHWC"
                return self._one([features.permute(0, 3, 1, 2).contiguous() if channels_last else features], None)
            more = {"return_prefix_tokens": True} if classed else {}
            maps = self.model.forward_intermediates(
                x, indices=self.chosen or 1, norm=self.normalised, output_fmt="NCHW", intermediates_only=True, **more
            )
            if not classed:
                return self._one(maps, None)
            # the first of the tokens that are no patches is the class token; registers follow it
            return self._one([found for found, _ in maps], [tokens[:, 0] for _, tokens in maps])

        def _one(self, maps: list[Any], tokens: list[Any] | None) -> Any:
            if len(self.chosen) > 1:
                return together(maps, tokens, self.context, self.averaged, self.norm)
            return beside(maps[-1], tokens and tokens[-1]) if self.context else maps[-1].contiguous()

    if hasattr(model, "prune_intermediate_layers"):
        # drops what comes after the layers, the pooling and the head, which would only take memory
        model.prune_intermediate_layers(chosen or 1, prune_norm=False, prune_head=True)
    # Hiera refuses to normalise; it does so before its head only
    plain = type(model).__name__ in ("Hiera", "HieraDet")
    return Dense(model, norm and not plain).eval().requires_grad_(False)


def _has_class_token(model: Any) -> bool:
    """Whether timm hands the class token of *model* out beside its maps."""
    given = getattr(type(model), "forward_intermediates", None)
    return (
        getattr(model, "cls_token", None) is not None
        and given is not None
        and "return_prefix_tokens" in inspect.signature(given).parameters
    )


def _chosen(model: Any, layers: Sequence[int]) -> list[int]:
    """*layers* counted from 0, ascending; empty for the last."""
    if not layers:
        return []
    title, there = type(model).__name__, len(getattr(model, "feature_info", None) or ())
    if not there or not hasattr(model, "forward_intermediates"):
        raise BadRequest(f"{title} gives the features of its last layer only", "leave layers empty")
    if any(not 0 < abs(layer) <= there for layer in layers):
        wanted = ", ".join(map(str, layers))
        raise BadRequest(
            f"{title} has {there} layers, and layers = {wanted}", f"choose of 1 to {there}, or -{there} to -1"
        )
    return sorted({layer - 1 if layer > 0 else there + layer for layer in layers})


def beside(cells: Any, token: Any = None) -> Any:
    """Put what sums up a tile behind each of its cells.

    Args:
        cells: (n, dim, rows, cols).
        token: (n, dim); None: the mean of the cells.

    Returns:
        (n, 2 x dim, rows, cols).
    """
    import torch

    whole = cells.mean((2, 3)) if token is None else token
    return torch.cat((cells, whole[:, :, None, None].expand_as(cells)), 1)


def with_mean(module: Any) -> Any:
    """*module*, which makes dense features, with their mean over the tile behind those of every cell."""
    import torch

    class Beside(torch.nn.Module):
        """(n, bands, tile, tile) -> (n, 2 x dim, rows, cols)."""

        def __init__(self) -> None:
            super().__init__()
            self.module = module

        def forward(self, x: Any) -> Any:
            return beside(self.module(x))

    return Beside().eval()


def together(
    maps: Sequence[Any],
    tokens: Sequence[Any] | None = None,
    context: bool = False,
    averaged: bool = False,
    norm: bool = True,
) -> Any:
    """Several maps (n, dim, rows, cols) on the finest of their grids, behind one another or *averaged*.

    Every cell of every map gets mean 0 and deviation 1 over its features, so that no map outweighs another; without *norm* they
    stay as they are. So does what sums up the tile, which comes behind all maps: *tokens* (n, dim) of each map, or the mean of its cells.

    Raises:
        BadRequest: maps that don't have as many features can't be averaged.
    """
    import torch
    import torch.nn.functional as F  # noqa: N812 (its usual name)

    rows = max(found.shape[-2] for found in maps)
    cols = max(found.shape[-1] for found in maps)
    parts, wholes = [], []
    for number, found in enumerate(maps):
        if rows % found.shape[-2] or cols % found.shape[-1]:
            raise ValueError(f"grids of {rows} and of {found.shape[-2]} cells don't fit into one another")
        levelled = F.layer_norm(found.permute(0, 2, 3, 1), (found.shape[1],)).permute(0, 3, 1, 2) if norm else found
        if context:
            token = tokens[number] if tokens else found.mean((2, 3))
            token = F.layer_norm(token, (found.shape[1],)) if norm else token
            wholes.append(token[:, :, None, None].expand(-1, -1, rows, cols))
        if found.shape[-2:] != (rows, cols):
            levelled = F.interpolate(levelled, size=(rows, cols), mode="bilinear", align_corners=False)
        parts.append(levelled)
    if averaged:
        sizes = sorted({part.shape[1] for part in parts})
        if len(sizes) > 1:
            listed = ", ".join(map(str, sizes))
            raise BadRequest(f"layers of {listed} features can't be averaged", "choose several_layers = side by side")
        parts, wholes = [torch.stack(parts).mean(0)], [torch.stack(wholes).mean(0)] if wholes else []
    return torch.cat(parts + wholes, 1).contiguous()
