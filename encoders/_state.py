"""Read weights that come from anywhere: the hub, a training script, a colleague. Nothing in them is ever executed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..contract.errors import BadWeights, NoWeights

#: in a folder, the first of these is read
FILES = ("model.safetensors", "pytorch_model.bin", "model.bin", "pytorch_model.pth", "model.pth", "model.pt")
#: where training scripts put the weights inside a checkpoint; averaged ones first, and of DINO's two networks the teacher
WRAPPERS = ("state_dict_ema", "model_ema", "teacher", "state_dict", "model", "module", "backbone", "encoder", "student")
#: of several networks in one file, the one whose prefix has such a word
PREFERRED = ("ema", "teacher")
#: what only training needs (masked autoencoders)
TRAINING_ONLY = ("decoder_", "decoder.")
#: arguments that would make timm read or fetch something else
RESERVED = frozenset(
    {
        "pretrained",
        "pretrained_cfg",
        "pretrained_cfg_overlay",
        "checkpoint_path",
        "cache_dir",
        "features_only",
        "device",
        "dtype",
    }
)


@dataclass(frozen=True)
class About:
    """What stands beside the weights: ``config.json`` in a hub-style folder, or ``NAME.json`` beside ``NAME.safetensors``.

    Attributes:
        source: the JSON file, None where there is none.
        architecture: timm model name, None where the JSON does not say.
        arch: class inside ``timm.models`` by its full name, instead of an architecture.
        arguments: of the model's constructor.
        norm_layer: such as ``LayerNorm eps=1e-5``, None for the architecture's own.
        config: timm's ``pretrained_cfg`` keys, such as mean, std, input_size.
    """

    source: Path | None = None
    architecture: str | None = None
    arch: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    norm_layer: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)


def weights_file(path: str) -> Path:
    """The file that holds the tensors of *path*, a file or a hub-style folder.

    Raises:
        NoWeights: there is none.
    """
    given = Path(path).expanduser()
    if given.is_dir():
        for name in FILES:
            if (given / name).is_file():
                return given / name
        raise NoWeights(f"the folder {given} has no weights", "it needs a config.json and one of " + ", ".join(FILES))
    if not given.is_file():
        raise NoWeights(f"the weights {given} do not exist", "check the path")
    return given


def read_about(path: str) -> About:
    """Read what stands beside the weights *path*; empty where nothing does.

    Raises:
        BadWeights: the JSON can't be read, or asks for something it may not.
    """
    given = Path(path).expanduser()
    beside = given / "config.json" if given.is_dir() else given.with_suffix(".json")
    if not beside.is_file():
        return About()
    try:
        about = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadWeights(f"{beside} can't be read: {error}", "it should be JSON that names the architecture") from error
    if not isinstance(about, dict) or not (about.get("architecture") or about.get("arch")):
        # some other JSON that happens to lie there, such as a training log
        return About()
    arguments = about.get("model_args") or about.get("args") or {}
    config = about.get("pretrained_cfg") or {key: about[key] for key in ("mean", "std", "input_size") if key in about}
    if not isinstance(arguments, dict) or not isinstance(config, dict):
        raise BadWeights(
            f"model_args and pretrained_cfg of {beside} are not both objects", "see the hub's config.json files"
        )
    refused = sorted(RESERVED & set(arguments))
    if refused:
        raise BadWeights(f"{beside} gives {', '.join(refused)}", "model_args may describe the architecture only")
    return About(beside, about.get("architecture"), about.get("arch"), arguments, about.get("norm_layer"), config)


def read_tensors(path: Path) -> dict[str, Any]:
    """Read every tensor of *path* by name, on the CPU, wrappers of training scripts removed.

    Raises:
        BadWeights: truncated, corrupt, or a pickle that holds more than tensors and plain values.
    """
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    return _unwrap(content, path)


def read_nested(path: Path) -> dict[str, Any]:
    """Read every tensor of a file of several networks, on the CPU; names of dictionaries and tensors are joined by points.

    Raises:
        BadWeights: as of ``read_tensors``.
    """
    import torch

    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    found: dict[str, Any] = {}
    waiting = [("", content)]
    while waiting:
        prefix, part = waiting.pop()
        if isinstance(part, Mapping):
            waiting += [(f"{prefix}.{name}" if prefix else str(name), value) for name, value in part.items()]
        elif isinstance(part, torch.Tensor):
            found[prefix] = part
    if not found:
        raise BadWeights(f"{path.name} holds no dictionary of tensors", "save model.state_dict()")
    return found


def _read_safetensors(path: Path) -> Any:
    import safetensors.torch
    from safetensors import SafetensorError

    try:
        return safetensors.torch.load_file(path, device="cpu")
    except (SafetensorError, OSError, ValueError) as error:
        raise BadWeights(f"{path.name} is truncated or corrupt ({error})", "download or copy it again") from error


def _read_pickle(path: Path) -> Any:
    """Tensors and plain values only: ``weights_only`` refuses anything that would run code."""
    import argparse

    # for the name of its error: nothing is loaded with it
    import pickle  # nosec B403

    import torch

    try:
        # training scripts of timm, DINO and MAE keep their options in a Namespace, which is plain data
        with torch.serialization.safe_globals([argparse.Namespace]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError, AttributeError) as error:
        code = _needs_code(path, str(error))
        if code:
            raise BadWeights(
                f"{path.name} holds more than tensors ({code}) and could run any program when it is opened",
                "save only the weights: safetensors.torch.save_file(model.state_dict(), 'NAME.safetensors')",
            ) from error
        raise BadWeights(
            f"{path.name} is truncated, corrupt or no weights file", "download or copy it again"
        ) from error


def _needs_code(path: Path, message: str) -> str:
    """What a checkpoint would have to import or run, empty where that is not what is wrong with it."""
    # for the name of its error
    import pickle  # nosec B403
    import struct

    import torch

    if "TorchScript" in message:
        return "a TorchScript program"
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except (
        RuntimeError,
        ValueError,
        EOFError,
        OSError,
        LookupError,
        AttributeError,
        struct.error,
        pickle.UnpicklingError,
    ):
        names = []  # not even the list of what it asks for can be read: the caller says that it is corrupt
    if names:
        return ", ".join(sorted(names)[:3])
    match = re.search(r"(?:GLOBAL|class) ([\w.]+)", message)
    return match.group(1) if match and "Unsupported" in message else ""


def _unwrap(content: Any, path: Path) -> dict[str, Any]:
    """The tensors of a checkpoint, out of the dictionaries that training scripts wrap them in."""
    import torch

    for _ in range(4):
        if not isinstance(content, Mapping):
            break
        tensors = {str(name): value for name, value in content.items() if isinstance(value, torch.Tensor)}
        inner = next((name for name in WRAPPERS if isinstance(content.get(name), Mapping)), None)
        if inner is None:
            if tensors:
                return tensors
            break
        content = content[inner]
    raise BadWeights(f"{path.name} holds no dictionary of tensors", "save model.state_dict()")


def fit_names(tensors: Mapping[str, Any], wanted: Iterable[str], heads: Iterable[str] = ()) -> dict[str, Any]:
    """The part of *tensors* that belongs to one network, under that network's own names.

    Finds the prefix (``module.``, ``backbone.``, ``teacher.backbone.``, ``encoder.`` …) under which most of *wanted* are found.

    Args:
        wanted: names of the network's tensors.
        heads: names of what the network would have as a classifier; left out.
    """
    wanted = list(wanted)
    probes = wanted[:: max(1, len(wanted) // 8)]
    endings = {name[: -len(probe)] for probe in probes for name in tensors if name.endswith(probe)}
    prefixes = sorted({p for p in endings if p == "" or p.endswith(".")} | {""})
    prefixes.sort(key=lambda prefix: not any(word in prefix for word in PREFERRED))
    # sorted is stable, so of equally good ones: no prefix, then a preferred one, then the first by name
    best = max(prefixes, key=lambda prefix: (sum(prefix + name in tensors for name in wanted), prefix == ""))
    inside = {name[len(best) :]: value for name, value in tensors.items() if name.startswith(best)}
    known, left_out = set(wanted), set(heads)
    if not known & set(inside):
        # another layout altogether: timm's own filters may know it, they want everything untouched
        return dict(tensors)
    return {
        name: value
        for name, value in inside.items()
        if name in known or not (name in left_out or name.startswith(TRAINING_ONLY))
    }


_SHAPE = re.compile(
    r"size mismatch for (\S+): copying a param with shape torch\.Size\(\[(.*?)\]\).*?torch\.Size\(\[(.*?)\]\)"
)


def misfit(error: Exception, what: str, path: Path, tensors: Mapping[str, Any], wanted: Iterable[str]) -> BadWeights:
    """Say which tensors of *path* don't fit *what*.

    Args:
        error: of a strict ``load_state_dict``, or of a filter that stumbled before that.
        tensors, wanted: names in the file and in the network, for where the error says nothing of names.
    """
    text = str(error)
    parts = []
    for verb, pattern in (
        ("lacks", r"Missing key\(s\) in state_dict: (.*?)\. ?(?:\n|$)"),
        ("has besides", r"Unexpected key\(s\) in state_dict: (.*?)\. ?(?:\n|$)"),
    ):
        found = re.search(pattern, text, re.DOTALL)
        names = re.findall(r'"([^"]+)"', found.group(1)) if found else []
        if names:
            parts.append(f"it {verb} {_some(names)}")
    shapes = [f"{name} is {_sides(there)}, not {_sides(here)}" for name, there, here in _SHAPE.findall(text)]
    if shapes:
        parts.append(_some(shapes))
    if not parts:
        lacking = [name for name in wanted if name not in tensors]
        parts.append(f"it lacks {_some(lacking)}" if lacking else " ".join(text.split())[:200] or type(error).__name__)
    return BadWeights(
        f"{path.name} does not fit {what}: " + "; ".join(parts), "choose the encoder that the weights are of"
    )


def _sides(shape: str) -> str:
    return " x ".join(shape.split(", ")) or "one number"


def _some(names: Sequence[str]) -> str:
    more = len(names) - 5
    return ", ".join(names[:5]) + (f" and {more} more" if more > 0 else "")
