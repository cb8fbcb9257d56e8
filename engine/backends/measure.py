"""What a built network weighs: known from an earlier run, or measured."""

from __future__ import annotations

import hashlib
import json

from ...contract.networks import Measured, Network


def measured(network: Network) -> Measured:
    """What is known of *network*; it is measured where nothing is, which takes as long as one tile."""
    if network.measured is not None:
        return network.measured
    return Measured(digest(network), parameters(network), operations(network))


def parameters(network: Network) -> int:
    """Trained numbers."""
    if network.measured is not None:
        return network.measured.parameters
    return sum(one.numel() for one in network.module.parameters())


def operations(network: Network) -> float:
    """Floating-point operations of matrix products and convolutions for one tile."""
    if network.measured is not None:
        return network.measured.operations
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    count = FlopCounterMode(display=False)
    with count, torch.no_grad():
        network.module.cpu()(torch.zeros(1, network.bands, network.tile, network.tile))
    return float(count.get_total_flops())


def digest(network: Network) -> str:
    """Hex digest of all that features depend on: tensors, layers and their settings, sizes."""
    if network.measured is not None:
        return network.measured.digest
    import torch

    found = hashlib.sha256()
    module = network.module
    for kind in (module.named_parameters, module.named_buffers):
        for name, tensor in sorted(kind()):
            found.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
            found.update(memoryview(tensor.detach().cpu().contiguous().flatten().view(dtype=torch.uint8).numpy()))
    for name, part in module.named_modules():
        plain = {k: repr(v) for k, v in vars(part).items() if not k.startswith("_") and _is_plain(v)}
        found.update(f"{name} {type(part).__module__}.{type(part).__qualname__} {sorted(plain.items())}".encode())
    found.update(json.dumps([network.bands, network.tile, network.patch, network.dim]).encode())
    return found.hexdigest()


def _is_plain(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))
