"""Turn a raster into features with a pre-trained encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import fields as f
from ..contract.dates import months
from ..contract.errors import BadRequest
from ..contract.job import Context, Job
from ..contract.sensors import sensor_names
from ..contract.units import unit_names
from ..encoders import default_encoder, encoders
from ..encoders.table import LISTED, help_html, in_order

#: ways from the bands of a raster to those of an encoder
FIT_BANDS = (
    "auto",
    "as given",
    "by wavelength",
    "principal components",
    "weights repeated",
    "weights averaged",
    "weights by wavelength",
)
WEIGHTS = (
    ("Weights", "*.safetensors"),
    ("Weights", "*.pth"),
    ("Weights", "*.pt"),
    ("Weights", "*.bin"),
    ("Features of MOSAIKS", "*.tif"),
)


@dataclass(init=False, repr=False, eq=False)
class Encode(Job):
    """Turn a raster into features with a pre-trained encoder.

    The encoder looks at the raster tile by tile and describes every patch of it by some hundred numbers: the features. Places
    that look alike get features that are alike, so that the result can be reduced to a picture, clustered, searched and
    classified with few labels. One band of the result is one feature; one cell of it is one patch of the raster.

    MOSAIKS needs no download and takes any bands. The others know more about the world, and download their weights once: most want
    red, green and blue, those made for satellites the bands of their sensor, or any bands with their wavelengths.
    """

    id = "encode"
    title = "Encode"
    group = "1 Encode"
    keywords = ("features", "embedding", "vision transformer", "deep learning", "foundation model", "DINO", "IAMAP")

    input: str = f.raster_in("Raster", help="The image to encode: any raster file, in any CRS.")
    bands: list[int] | None = f.bands(
        "Bands", of="input", help="In the encoder's order, usually red, green, blue. Empty: all bands but transparency."
    )
    encoder: str = f.choice(
        "Encoder", in_order, default_encoder, listed=LISTED,
        help="For photos, those made from photos, such as DINOv2. For a satellite, those with its name. For any other bands, MOSAIKS, or DOFA where wavelengths are known. Size, licence and origin of each are listed below.",
    )  # fmt: skip
    extent: str | None = f.extent(
        "Extent", of="input", help="Only this part of the raster, enlarged to whole feature cells. Empty: all of it."
    )
    sensor: str = f.choice(
        "Sensor", sensor_names, "auto", advanced=True,
        help="What took the image: it says wavelengths and units of the bands. auto: recognised from names of bands, metadata or the file's name, and told in the log.",
    )  # fmt: skip
    wavelengths: str | None = f.text(
        "Wavelengths of the bands", advanced=True,
        help="In micrometres, in the order of the bands, separated by commas, VV, VH, HH or HV for radar; for example 0.665, 0.56, 0.49. They tell any encoder which band is which; those that take any bands by their wavelength, such as DOFA, need them. Empty: as the raster's metadata tell.",
    )  # fmt: skip
    unit: str = f.choice(
        "Unit of the values", unit_names, "auto", advanced=True,
        help="What the numbers of the raster are. auto: as the sensor, the metadata and the values themselves tell; told in the log.",
    )  # fmt: skip
    months: str | None = f.text(
        "Months of the dates", advanced=True,
        help="For encoders that know the seasons, Presto and Galileo: the month of each date in the raster, such as 6, or 3, 6, 9, or 11-2. All bands of a date in the encoder's order, then those of the next. Empty: one date, in June.",
    )  # fmt: skip
    fit_bands: str = f.choice(
        "Fit bands to the encoder", FIT_BANDS, "auto", advanced=True,
        help="by wavelength: the encoder's bands are looked for among the raster's. principal components: three of the whole raster stand for red, green and blue. weights …: all bands are used, and the encoder's first weights are spread over them. auto: as given where the numbers of bands agree, else by wavelength.",
    )  # fmt: skip
    terrain: str = f.choice(
        "Elevation as", ("as it is", "slope + hillshade + local relief", "slope + position + roughness"), "as it is", advanced=True,
        help="For a raster of heights: three derivatives as red, green and blue, where encoders of photos see shapes they know.",
    )  # fmt: skip
    normalisation: str = f.choice(
        "Normalisation", ("auto", "encoder", "raster", "stretch"), "auto", advanced=True,
        help="encoder: the constants it was trained with, for 8-bit images and for the units of its sensor. raster: mean and deviation of the whole raster. stretch: the 2nd to the 98th percentile of each band as 0 to 255, as pictures are made, then the encoder's constants. auto: encoder where the values are of its kind, else raster.",
    )  # fmt: skip
    model: str | None = f.text(
        "Name of a timm model",
        advanced=True,
        help="For the encoder *timm model by name*: for example resnet50.a1_in1k.",
    )
    weights: str | None = f.path_in(
        "Own weights", WEIGHTS, advanced=True,
        help="A file (.safetensors, .pth, .pt) or a hub-style folder (config.json + weights) instead of the published ones. For MOSAIKS: features of another raster, to encode this one alike.",
    )  # fmt: skip
    download: bool = f.flag(
        "Download missing weights",
        True,
        advanced=True,
        help="Size and licence stand in the list of encoders, and are told in the log before it starts.",
    )
    tile: int | None = f.integer(
        "Tile size", None, minimum=1, maximum=4096, unit="pixels", advanced=True,
        help="Side of the square the encoder sees at once, a multiple of its patch. Empty: the encoder's own.",
    )  # fmt: skip
    overlap: float = f.number(
        "Overlap of tiles", 25.0, minimum=0, maximum=90, unit="%", advanced=True,
        help="Rounded to whole cells. More overlap: fewer seams, more time (25 %: about twice the time of 0 %).",
    )  # fmt: skip
    blending: str = f.choice(
        "Blending of overlaps", ("window", "central crop", "none"), "window", advanced=True,
        help="window: raised-cosine weights, smoothest. central crop: each cell from the tile it is most central in. none: from the first tile.",
    )  # fmt: skip
    position_bias: str = f.choice(
        "Position bias", ("auto", "keep", "remove"), "auto", advanced=True,
        help="What features tell of the place within the tile instead of the ground: it shows as stripes and grids. remove: the mean of each place over many tiles is taken off. auto: where that helps, as measured on this raster. It takes an eighth more tiles at most, up to 48, and with shifted grids 16 besides. auto changes nothing with fewer than eight tiles of data, nor for encoders without weights, such as MOSAIKS.",
    )  # fmt: skip
    enlarge: float = f.number(
        "Finer grid", 1.0, minimum=1, maximum=4, unit="times", advanced=True,
        help="A feature cell covers fewer pixels: 2 gives four times the cells in four times the time.",
    )  # fmt: skip
    finer_by: str = f.choice(
        "Finer grid by", ("enlarged image", "shifted grids"), "enlarged image", advanced=True,
        help="enlarged image: the encoder sees smaller things, and a smaller part of the land at once. shifted grids: it sees the image as it is, several times, each time shifted by a part of a patch. Whole numbers only.",
    )  # fmt: skip
    crs: str | None = f.crs(
        "Reproject to", advanced=True, help="Encode in this CRS instead of the raster's own (bilinear resampling)."
    )
    resolution: float | None = f.number(
        "Resample to pixel size",
        None,
        minimum=1e-12,
        unit="units of the CRS",
        advanced=True,
        help="Empty: the raster's own pixels.",
    )
    minimum_valid: float = f.number(
        "Least valid share of a cell", 50.0, minimum=0, maximum=100, unit="%", advanced=True,
        help="Cells with less valid data than this become nodata.",
    )  # fmt: skip
    layers: str | None = f.text(
        "Layers", advanced=True,
        help="Numbers of the blocks or stages whose features are wanted, separated by commas; -1 is the last, -2 the one before it. Several are put behind one another, on the finest of their grids. Empty: what suits the encoder.",
    )  # fmt: skip
    several_layers: str = f.choice(
        "Several layers", ("side by side", "averaged"), "side by side", advanced=True,
        help="side by side: all their features, as many times more. averaged: as many features as one layer has; for layers of the same size only.",
    )  # fmt: skip
    norm: bool = f.flag(
        "Final normalisation", True, advanced=True,
        help="Features as the network hands them to what it was trained for. Without: as the layer itself gives them, where some features may outweigh all others.",
    )  # fmt: skip
    context: bool = f.flag(
        "Add the context of the tile", False, advanced=True,
        help="Transformers sum up each tile in one token: its features are added behind those of every cell of the tile. Encoders that have no such token add the mean of the tile's features. Twice as many features.",
    )  # fmt: skip
    storage: str = f.choice(
        "Number format", ("float32", "int16", "int8"), "float32", advanced=True,
        help="int16: half the size, keeps about what float16 keeps. int8: a quarter, coarse. Both with scale and offset in the file.",
    )  # fmt: skip
    precision: str = f.choice(
        "Precision of the computation", ("float32", "bfloat16", "int8"), "float32", advanced=True,
        help="int8: three to six times faster on most laptops, calibrated on tiles of the raster, changes features a little; how much is told. bfloat16: for GPUs and recent processors.",
    )  # fmt: skip
    backend: str = f.choice(
        "Backend", ("auto", "torch", "openvino", "onnxruntime"), "auto", advanced=True,
        help="What computes. auto: OpenVINO on processors, where it is at least as fast as torch and gives the same features; else torch.",
    )  # fmt: skip
    device: str = f.choice(
        "Device", ("auto", "cpu", "cuda", "mps"), "auto", advanced=True, help="auto: a GPU if there is one."
    )
    gpu: int = f.integer("Number of the GPU", 0, minimum=0, maximum=15, advanced=True, help="Where there are several.")
    batch: int | None = f.integer(
        "Tiles at once",
        None,
        minimum=1,
        maximum=1024,
        advanced=True,
        speed_only=True,
        help="Empty: chosen by size of the encoder.",
    )
    threads: int | None = f.integer(
        "Processor threads", None, minimum=1, maximum=1024, advanced=True, speed_only=True, help="Empty: all cores."
    )
    pause: float = f.number(
        "Pause between batches", 0.0, minimum=0, maximum=3600, unit="seconds", advanced=True, speed_only=True,
        help="Lets a laptop cool down, or leaves the processor to others. Cancelling does not wait for its end.",
    )  # fmt: skip
    resume: bool = f.flag(
        "Resume", True, advanced=True, speed_only=True,
        help="Keep what is done when the run is interrupted, and go on from there when the same run is started again.",
    )  # fmt: skip
    seed: int = f.integer("Random seed", 42, minimum=0, maximum=2**31 - 1, advanced=True)
    output: str = f.raster_out("Features")
    picture: str | None = f.raster_out(
        "Picture of the features",
        None,
        wanted=True,
        help="Three bands to look at: the first three principal components as red, green, blue.",
    )
    report: str | None = f.file_out(
        "Report", (("Report", "*.html"),), None,
        help="What was recognised and done, how much features tell of the place within the tile, and whether seams show.",
    )  # fmt: skip

    def check(self) -> None:
        """Check what can be known without opening a file."""
        card = encoders()[self.encoder]
        if card.needs_model and not (self.model or self.weights):
            raise BadRequest(
                f"the encoder {self.encoder} needs the name of a timm model",
                "give model, such as vit_small_patch16_224.dino",
            )
        if self.model and not card.needs_model:
            raise BadRequest(
                f"model = {self.model} has no use with the encoder {self.encoder}",
                "choose the encoder 'timm model by name'",
            )
        if (self.layers or not self.norm) and card.hub is None and not card.needs_model:
            raise BadRequest(
                f"the encoder {self.encoder} is no network of layers",
                "leave `layers` empty and `norm` on, or choose another encoder",
            )
        dates = len(months(self.months))
        if self.months and dates > card.dates:
            takes = f"takes {card.dates} dates at most, not {dates}" if card.dates else "knows no months"
            raise BadRequest(
                f"months = {self.months}: the encoder {self.encoder} {takes}",
                "leave dates out" if card.dates else "leave `months` empty, or choose an encoder Presto or Galileo",
            )
        if self.tile and card.patch and self.tile % card.patch:
            near = max(1, round(self.tile / card.patch)) * card.patch
            raise BadRequest(
                f"tile = {self.tile} is not a multiple of the patch of {self.encoder}, {card.patch} pixels",
                f"{near} is",
            )
        if self.finer_by == "shifted grids" and self.enlarge != round(self.enlarge):
            near = max(1, round(self.enlarge))
            raise BadRequest(
                f"enlarge = {self.enlarge:g} is not a whole number, which finer_by = shifted grids needs", f"{near} is"
            )
        if self.picture and self.picture == self.output:
            raise BadRequest(f"output and picture are the same file, {self.output}", "give two names")

    @property
    def shifts(self) -> int:
        """Grids of patches in each direction that are interleaved; 1 where the image is enlarged instead."""
        return round(self.enlarge) if self.finer_by == "shifted grids" else 1

    @property
    def enlargement(self) -> float:
        """Pixels that the encoder sees per pixel of the raster."""
        return self.enlarge / self.shifts

    @classmethod
    def extra_help(cls) -> str:
        """The encoders with licence and size."""
        return help_html()

    def run(self, ctx: Context) -> dict[str, Any]:
        """See the path of one raster in docs/design.md."""
        from ..engine import encoding

        return encoding.run(self, encoders()[self.encoder]().of_dates(len(months(self.months))), ctx)
