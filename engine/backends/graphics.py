"""What graphics processors ask for: their half precision, transfers from locked memory, as many tiles as fit."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch

log = logging.getLogger(__name__)

#: share of the free memory that is used: a display, and other programs, want some too
_SHARE = 0.7
#: tiles that are tried, to learn what one needs
_TRIED = 2


def half(device: torch.device) -> torch.dtype:
    """The half precision that *device* is quick with: bfloat16 where it has it, for it holds any number that float32 holds."""
    if device.type == "cuda":
        # from compute capability 8 on, 2020; before, bfloat16 is emulated and slower than float32
        return torch.bfloat16 if torch.cuda.get_device_capability(device) >= (8, 0) else torch.float16
    # Apple's first processors have no bfloat16
    return torch.float16 if device.type == "mps" else torch.bfloat16


def carry(images: torch.Tensor, device: torch.device) -> torch.Tensor:
    """*images* on *device*; to CUDA from locked memory, which it reads by itself while we go on."""
    if device.type == "cuda":
        return images.pin_memory().to(device, non_blocking=True)
    return images.to(device)


def give_back(device: torch.device) -> None:
    """Give memory that torch keeps for later back to *device*."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def free(device: torch.device) -> int:
    """Bytes that are free on *device*, or that torch keeps there for later."""
    if device.type == "cuda":
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + int(kept)
    return int(torch.mps.recommended_max_memory()) - int(torch.mps.current_allocated_memory())


def fitting(device: torch.device, most: int, fits: Callable[[int], bool]) -> int:
    """Tiles at once that fit the free memory of *device*: *most*, or half of it, a quarter and so on.

    Halves only, so that the number is the same in two runs unless memory is short in one of them.

    Args:
        fits: encodes so many empty tiles; False where memory ran out.
    """
    before = _held(device)
    if most <= _TRIED or not fits(_TRIED):
        give_back(device)
        return 1 if most > _TRIED else most
    tile = max(1, _peak(device) - before) / _TRIED
    give_back(device)
    room = _SHARE * free(device)
    batch = most
    while batch > 1 and batch * tile > room:
        batch //= 2
    log.debug("%.0f MB a tile, %.0f MB free: %d tiles at once", tile / 1e6, free(device) / 1e6, batch)
    return batch


def _held(device: torch.device) -> int:
    """Bytes that torch holds before the trial; counting of the peak begins."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return int(torch.cuda.memory_allocated(device))
    return int(torch.mps.driver_allocated_memory())


def _peak(device: torch.device) -> int:
    """The most bytes that torch held since."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    # its allocator keeps what was needed at the peak
    return int(torch.mps.driver_allocated_memory())
