"""The engine: everything that needs numpy, rasterio or torch. Never imported by QGIS."""

import warnings

from .torchvision_shim import await_torchvision

await_torchvision()

# what rasterio says of rasters without a place on the ground, when they are read and when they are written, and of those with
# both a nodata value and transparency: jobs say what matters themselves. By text, so that rasterio is not imported for it
warnings.filterwarnings(
    "ignore",
    "Dataset has no geotransform|The given matrix is equal to Affine.identity|The dataset's nodata attribute is shadowing",
)
