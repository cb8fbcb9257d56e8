"""What the cards of networks outside timm share: addresses on the hub, strict loading, positions for other tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..contract.errors import BadRequest, BadWeights
from . import Encoder, HubFile, Network, Order
from ._timm import check_bands, check_tile, licence, needed

if TYPE_CHECKING:
    from ._state import About

#: what training leaves in some files and no map needs
TRAINING = ("mask_token", "decoder", "projector.", "head.", "fc.")


def at(address: str, megabytes: int, spdx: str | None = None, sha256: str | None = None) -> HubFile:
    """The weights at *address*, ``organisation/name/commit/file``, as torchgeo 0.8.1 names them; see its WeightsEnums.

    Licences are those that torchgeo lists, where a card names no other source:
    https://github.com/microsoft/torchgeo/blob/1a7c2b775787458cba0b603deacd80f2f4844397/docs/api/weights/sentinel2.csv,
    https://github.com/microsoft/torchgeo/blob/02627dac77fd8ca9f40ec6c04e689ae316bb2372/docs/api/weights/sentinel1.csv,
    https://github.com/microsoft/torchgeo/blob/48379f1b58ab34e9b318d6f20348473c3372fd7f/docs/api/weights/landsat.csv and
    https://github.com/torchgeo/torchgeo/blob/009d295fbb0c9b251db5fa99d4fa76931370764f/docs/api/weights/agnostic.csv
    """
    organisation, name, commit, file = address.split("/")
    return HubFile(f"{organisation}/{name}", file, commit, sha256, megabytes, licence(spdx))


class TorchgeoEncoder(Encoder):
    """A card whose network is torchgeo's or made of its parts.

    Attributes:
        architecture: what a JSON beside own weights calls it.
        arguments: of the network, which such a JSON may change.
        staged: whether it has stages of different grids to choose from.
        plain: whether it can give features before its last normalisation.
        step: a tile must be a multiple of this many pixels, where that is more than the patch.
    """

    architecture: ClassVar[str] = ""
    arguments: ClassVar[Mapping[str, Any]] = {}
    staged: ClassVar[bool] = False
    plain: ClassVar[bool] = False
    step: ClassVar[int] = 0

    def build(self, order: Order) -> Network:
        """Build the network and load its weights; see Encoder.build."""
        from ._state import read_about, weights_file

        check_bands(self, order)
        if order.layers and not self.staged:
            raise BadRequest(f"{self.id} gives the features of its last layer only", "leave layers empty")
        if not order.norm and not self.plain:
            raise BadRequest(f"{self.id} gives normalised features only", "leave `norm` on")
        tile = order.tile or self.tile
        check_tile(self.id, tile, self.step or self.patch)
        path = weights_file(needed(self.id, order))
        about = read_about(str(order.weights))
        if about.arch or (about.architecture and about.architecture != self.architecture):
            raise BadWeights(
                f"{about.source} says that the weights are of {about.arch or about.architecture}, not of {self.architecture}",
                "choose the encoder that they are of",
            )
        module = self._module(order, tile, self._given(about), path).eval().requires_grad_(False)
        return self._tried(module, order, tile)

    def _module(self, order: Order, tile: int, arguments: dict[str, Any], path: Path) -> Any:
        """The dense module with the weights of *path* in it."""
        raise NotImplementedError

    def _given(self, about: About) -> dict[str, Any]:
        strange = sorted(set(about.arguments) - set(self.arguments))
        if strange:
            raise BadWeights(
                f"model_args of {about.source} has {', '.join(strange)}", "it may have " + ", ".join(self.arguments)
            )
        return {**self.arguments, **about.arguments}

    def _tried(self, module: Any, order: Order, tile: int) -> Network:
        """Run a tile of zeros through the network: what comes out says its dim and patch."""
        import torch

        from ._network import REFUSALS

        try:
            with torch.inference_mode():
                found = module(torch.zeros(1, order.bands, tile, tile))
        except REFUSALS as error:
            text = " ".join(str(error).split())[:200] or type(error).__name__
            raise BadRequest(
                f"{self.id} can't take tiles of {tile} pixels: {text}", f"its own are {self.tile}"
            ) from error
        mean, std = [band.mean for band in self.bands], [band.std for band in self.bands]
        dim = int(found.shape[1])
        return Network(
            module, order.bands, dim, tile // int(found.shape[2]), tile, mean or None, std or None,
            dim // 2 if order.context else 0,
        )  # fmt: skip


def tensors_of(path: Path, left_out: Sequence[str] = ()) -> dict[str, Any]:
    """The tensors of a file as float32 without those that only training needs, nor those that begin with one of *left_out*."""
    from ._state import read_tensors

    found = read_tensors(path)
    wrapped = {name[len("module.") :] if name.startswith("module.") else name: tensor for name, tensor in found.items()}
    return {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in wrapped.items()
        if not name.startswith((*TRAINING, *left_out))
    }


def fill(model: Any, state: Mapping[str, Any], title: str, path: Path, untrained: Sequence[str] = ()) -> None:
    """Load *state* into *model*, to the last name.

    Args:
        model: a network.
        state: tensors by name.
        title, path: for messages.
        untrained: beginnings of names that published files lack, because they start as they are made.

    Raises:
        BadWeights: names or shapes don't fit.
    """
    from ._network import REFUSALS
    from ._state import misfit

    own = {name: tensor for name, tensor in model.state_dict().items() if name.startswith(tuple(untrained))}
    try:
        model.load_state_dict({**own, **state} if untrained else dict(state), strict=True)
    except REFUSALS as error:
        raise misfit(error, title, path, dict(state), model.state_dict()) from error


def positions(state: dict[str, Any], name: str, cells: int, title: str, path: Path) -> None:
    """Bring the position embedding *name* of *state*, (1, 1 + n, dim) with one for the class token, to *cells* x *cells*.

    Raises:
        BadWeights: there is none, or it is not of a square.
    """
    from timm.layers import resample_abs_pos_embed

    there = state.get(name)
    side = round((there.shape[1] - 1) ** 0.5) if there is not None and there.ndim == 3 else 0
    if there is None or not side or side * side + 1 != there.shape[1]:
        raise BadWeights(
            f"{path.name} does not fit {title}: it lacks {name}", "choose the encoder that the weights are of"
        )
    state[name] = resample_abs_pos_embed(there, [cells, cells], [side, side], num_prefix_tokens=1)


def spectrum(card: Encoder, order: Order) -> tuple[float, ...]:
    """The wavelengths of an order in micrometres, or as in RADAR.

    Raises:
        BadRequest: they are not known.
    """
    if not order.wavelengths:
        raise BadRequest(
            f"{card.id} must know the wavelengths of the {order.bands} bands, and the raster does not tell them",
            "choose `sensor`, or give `wavelengths`, such as 0.665, 0.56, 0.49; or take an encoder of fixed bands",
        )
    if len(order.wavelengths) != order.bands:
        raise BadRequest(f"{len(order.wavelengths)} wavelengths are given for {order.bands} bands", "give one for each")
    return tuple(order.wavelengths)


def dynamic(
    patches: tuple[Any, Any, int], first: Any, places: Any, blocks: Any, norm: Any, context: bool = False
) -> Any:
    """A vision transformer whose patch embedding was made for the wavelengths at hand, as a dense module.

    Args:
        patches: weight (dim, bands, patch, patch) and bias (dim,) of the embedding, and its padding.
        first: (1, 1, dim) class token, with its position.
        places: (1, cells, dim) positions.
        blocks: of the transformer.
        norm: applied to every token.
        context: whether the mean of the tokens, normalised, goes behind every cell: what its authors sum an image up by.
    """
    import torch

    from ._dense import beside

    weight, bias, padding = patches
    cells = round(places.shape[1] ** 0.5)

    class Dense(torch.nn.Module):
        """Tokens of patches on their grid."""

        def __init__(self) -> None:
            super().__init__()
            dim, bands, side, _ = weight.shape
            self.embedding = torch.nn.Conv2d(bands, dim, side, side, padding)
            self.embedding.weight.data = weight.detach().clone(memory_format=torch.contiguous_format)
            self.embedding.bias.data = bias.detach().clone()
            self.register_buffer("first", first.detach().clone())
            self.register_buffer("places", places.detach().clone())
            self.blocks, self.norm, self.context = blocks, norm, context

        def tokens(self, x: Any) -> Any:
            """(n, bands, tile, tile) -> (n, cells, dim), not normalised."""
            y = self.embedding(x).flatten(2).transpose(1, 2) + self.places
            y = torch.cat((self.first.expand(len(y), -1, -1), y), 1)
            for block in self.blocks:
                y = block(y)
            return y[:, 1:]

        def forward(self, x: Any) -> Any:
            """(n, bands, tile, tile) -> (n, dim, rows, cols)."""
            y = self.tokens(x)
            found = on_grid(self.norm(y), cells)
            return beside(found, self.norm(y.mean(1))) if self.context else found

    return Dense()


def on_grid(tokens: Any, side: int) -> Any:
    """(n, cells, dim) of a square of *side* x *side* cells -> (n, dim, rows, cols)."""
    return tokens.transpose(1, 2).unflatten(2, (side, side)).contiguous()
