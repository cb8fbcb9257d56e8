"""Tables of sensors: bands, wavelengths, other names for them, names of files. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SensorBand:
    """One band of a sensor.

    Attributes:
        name: as the maker of the data calls it, such as ``B8A``.
        micrometres: centre wavelength in µm; of radar as in ``networks.RADAR``; None where it has none (elevation).
        aliases: other names that files use for it.
    """

    name: str
    micrometres: float | None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sensor:
    """A sensor, or a product of one whose bands and values are alike.

    Attributes:
        name: what the user chooses and scripts save, for ever.
        bands: in the order in which files usually hold them; empty for those whose bands only metadata tell.
        unit: of the values as they are distributed, one of ``units``; empty: products differ.
        metres: usual side of a pixel, None where there is none.
        files: patterns of the names of its files.
        layouts: numbers of bands in files that are named after it, and which bands these are then.
        units: others that its values are met in, the likeliest first.
        about: for docs/sensors.md, with the source of the numbers.
    """

    name: str
    bands: tuple[SensorBand, ...]
    unit: str
    metres: float | None = None
    files: tuple[str, ...] = ()
    layouts: tuple[tuple[str, ...], ...] = ()
    units: tuple[str, ...] = ()
    about: str = ""


#: centre wavelengths in micrometres: ESA, Sentinel-2 User Handbook, table 1, as https://gdal.org/en/stable/drivers/raster/sentinel2.html
#: repeats it
_SENTINEL2 = (
    SensorBand("B1", 0.443, ("band1", "coastal", "coastalaerosol", "aerosol", "aerosols", "ultrablue")),
    SensorBand("B2", 0.49, ("band2", "blue")),
    SensorBand("B3", 0.56, ("band3", "green")),
    SensorBand("B4", 0.665, ("band4", "red")),
    SensorBand("B5", 0.705, ("band5", "rededge", "rededge1", "re1", "vegetationrededge1")),
    SensorBand("B6", 0.74, ("band6", "rededge2", "re2", "vegetationrededge2")),
    SensorBand("B7", 0.783, ("band7", "rededge3", "re3", "vegetationrededge3")),
    SensorBand("B8", 0.842, ("band8", "nir", "nearinfrared", "nirbroad", "broadnir")),
    SensorBand("B8A", 0.865, ("band8a", "nir08", "nirnarrow", "narrownir", "nir2", "rededge4", "re4", "nira")),
    SensorBand("B9", 0.945, ("band9", "nir09", "watervapor", "watervapour")),
    SensorBand("B10", 1.375, ("band10", "cirrus", "swircirrus")),
    SensorBand("B11", 1.61, ("band11", "swir1", "swir16")),
    SensorBand("B12", 2.19, ("band12", "swir2", "swir22")),
)  # fmt: skip
_ALL = tuple(band.name for band in _SENTINEL2)
_NO_CIRRUS = tuple(name for name in _ALL if name != "B10")
_TEN = tuple(name for name in _NO_CIRRUS if name not in ("B1", "B9"))
_REFLECTANCES = ("reflectance x 10000", "reflectance x 10000 + 1000", "reflectance")


def _numbered(name: str, wave: float) -> tuple[str, ...]:
    number, product = name[1:].split()[0], "st" if wave > 8 else "sr"
    return (f"band{number}", f"{product}b{number}", f"{product}band{number}", f"toab{number}", f"toaband{number}")


def _landsat(*bands: tuple[str, float, tuple[str, ...]]) -> tuple[SensorBand, ...]:
    return tuple(SensorBand(name, wave, (*_numbered(name, wave), *words)) for name, wave, words in bands)


#: from the ranges of the handbooks of the USGS: https://www.usgs.gov/faqs/what-are-band-designations-landsat-satellites
_TM = _landsat(
    ("B1", 0.485, ("blue",)), ("B2", 0.56, ("green",)), ("B3", 0.66, ("red",)), ("B4", 0.83, ("nir", "nearinfrared", "nir08")),
    ("B5", 1.65, ("swir1", "swir16", "mir")), ("B6", 11.45, ("tir", "thermal", "lwir")), ("B7", 2.215, ("swir2", "swir22")),
)  # fmt: skip
_ETM = (
    *_landsat(
        ("B1", 0.485, ("blue",)), ("B2", 0.56, ("green",)), ("B3", 0.66, ("red",)), ("B4", 0.835, ("nir", "nearinfrared", "nir08")),
        ("B5", 1.65, ("swir1", "swir16", "mir")),
    ),
    SensorBand("B6 low gain", 11.45, ("b6vcid1", "b61", "stb6", "b6", "band6", "band61", "tir", "thermal", "lwir")),
    SensorBand("B6 high gain", 11.45, ("b6vcid2", "b62", "band62")),
    *_landsat(("B7", 2.22, ("swir2", "swir22"))),
    SensorBand("B8 panchromatic", 0.71, ("b8", "band8", "pan", "panchromatic")),
)  # fmt: skip
_OLI_TIRS = (
    *_landsat(
        ("B1", 0.443, ("coastal", "coastalaerosol", "aerosol", "ultrablue")), ("B2", 0.482, ("blue",)), ("B3", 0.5615, ("green",)),
        ("B4", 0.6545, ("red",)), ("B5", 0.865, ("nir", "nearinfrared", "nir08")), ("B6", 1.6085, ("swir1", "swir16")),
        ("B7", 2.2005, ("swir2", "swir22")),
    ),
    SensorBand("B8 panchromatic", 0.59, ("b8", "band8", "pan", "panchromatic")),
    SensorBand("B9 cirrus", 1.3735, ("b9", "band9", "cirrus")),
    *_landsat(("B10", 10.895, ("tirs1", "lwir11", "thermal1", "tir1", "lwir")), ("B11", 12.005, ("tirs2", "lwir12", "thermal2", "tir2"))),
)  # fmt: skip
_LANDSATS = ("Landsat Collection 2 Level 2", "reflectance x 10000", "reflectance")

#: middles of the ranges: https://support.planet.com/hc/en-us/articles/35928274738333
_PLANET8 = (
    SensorBand("coastal_blue", 0.4415, ("coastal", "coastalaerosol")), SensorBand("blue", 0.49), SensorBand("green_i", 0.531, ("green1",)),
    SensorBand("green", 0.565, ("greenii", "green2")), SensorBand("yellow", 0.61), SensorBand("red", 0.665),
    SensorBand("rededge", 0.705, ("rededge1",)), SensorBand("nir", 0.865, ("nearinfrared",)),
)  # fmt: skip
#: middles of the ranges of PS2: Planet Imagery Product Specifications, February 2021, table 1-B
_PLANET4 = (
    SensorBand("blue", 0.485), SensorBand("green", 0.545), SensorBand("red", 0.63), SensorBand("nir", 0.82, ("nearinfrared",)),
)  # fmt: skip

#: cameras differ, and their pictures rarely tell: the wavelengths that encoders for photos and DOFA are told of them
RED, GREEN, BLUE, NIR = (
    SensorBand("red", 0.665, ("r", "rouge")), SensorBand("green", 0.56, ("g", "vert")), SensorBand("blue", 0.49, ("b", "bleu")),
    SensorBand("nir", 0.842, ("n", "ir", "nearinfrared", "infrared", "nir1", "pir")),
)  # fmt: skip
#: what bands of any sensor are called, where their names don't tell it
COLOURS = (
    SensorBand("coastal", 0.443, ("coastalaerosol", "coastalblue", "aerosol", "ultrablue")), BLUE, GREEN,
    SensorBand("yellow", 0.6), RED, SensorBand("rededge", 0.705, ("rededge1", "re1")), SensorBand("rededge2", 0.74, ("re2",)),
    SensorBand("rededge3", 0.783, ("re3",)), NIR, SensorBand("nir08", 0.865, ("narrownir", "nirnarrow", "rededge4", "nir2")),
    SensorBand("nir09", 0.945, ("watervapour", "watervapor")), SensorBand("cirrus", 1.375),
    SensorBand("swir1", 1.61, ("swir16", "swir", "mir")), SensorBand("swir2", 2.2, ("swir22",)),
    SensorBand("thermal", 10.9, ("tir", "lwir", "lwir11")),
)  # fmt: skip

#: MODIS Surface Reflectance User's Guide, table of bands: https://modis.gsfc.nasa.gov/about/specifications.php; the factor 0.0001 is
#: noted in its files, such as MOD09GA
_MODIS = tuple(
    SensorBand(f"sur_refl_b0{number}", wave, (f"b{number}", f"band{number}", f"nadirreflectanceband{number}", word))
    for number, wave, word in (
        (1, 0.645, "red"), (2, 0.8585, "nir"), (3, 0.469, "blue"), (4, 0.555, "green"), (5, 1.24, "nir12"), (6, 1.64, "swir1"),
        (7, 2.13, "swir2"),
    )
)  # fmt: skip

_RADAR = tuple(
    SensorBand(
        name.upper(), wave, tuple(f"{what}{name}" for what in ("sigma0", "gamma0", "beta0", "amplitude", "intensity"))
    )
    for name, wave in (("vv", -1.0), ("vh", -2.0), ("hh", -3.0), ("hv", -4.0))
)
_HEIGHT = SensorBand("elevation", None, (
    "elev", "dem", "dsm", "dtm", "dgm", "dom", "chm", "ndsm", "srtm", "height", "altitude", "alt", "heightaboveground", "hag",
))  # fmt: skip

#: all that are known, the more specific first where patterns of names could meet
SENSORS: tuple[Sensor, ...] = (
    Sensor(
        "Sentinel-2 L2A",
        _SENTINEL2,
        "",
        10.0,
        (
            r"S2[A-D]_MSIL2A_",
            r"S2MSI2A",
            r"SENTINEL2_L2A",
            r"sentinel[-_ ]?2.*L2A",
            r"L2A_T\d\d[A-Z]{3}_",
            r"(?<![A-Za-z0-9])S2_SR(_HARMONIZED)?(?![A-Za-z0-9])",
            r"S2[A-D]_\d\d[A-Z]{3}_\d{8}_\d_L2A",
        ),
        (_ALL, _NO_CIRRUS, _TEN),
        _REFLECTANCES,
        "Level 2A: surface reflectance. ESA, Sentinel-2 User Handbook.",
    ),
    Sensor(
        "Sentinel-2 L1C",
        _SENTINEL2,
        "",
        10.0,
        (r"S2[A-D]_MSIL1C_", r"S2MSI1C", r"SENTINEL2_L1C", r"sentinel[-_ ]?2.*L1C", r"L1C_T\d\d[A-Z]{3}_"),
        (_ALL, _NO_CIRRUS, _TEN),
        _REFLECTANCES,
        "Level 1C: reflectance at the top of the atmosphere. ESA, Sentinel-2 User Handbook.",
    ),
    Sensor(
        "Sentinel-2",
        _SENTINEL2,
        "",
        10.0,
        (
            r"sentinel[-_ ]?2",
            r"(?<![A-Za-z0-9])S2[A-D]_",
            r"(?<![A-Za-z0-9])T\d\d[C-X][A-Z]{2}_\d{8}T\d{6}_",
            r"HLS[._]S30",
        ),
        (_ALL, _NO_CIRRUS, _TEN),
        _REFLECTANCES,
        "Where the level is not known.",
    ),
    Sensor(
        "Sentinel-1",
        _RADAR,
        "",
        10.0,
        (
            r"(?<![A-Za-z0-9])S1[A-D]_(IW|EW|S[1-6]|WV)_",
            r"sentinel[-_ ]?1(?!\d)",
            r"(?<![A-Za-z0-9])S1[A-D]?[-_].*(?<![A-Za-z])(VV|VH|HH|HV)(?![A-Za-z])",
        ),
        (("VV", "VH"),),
        ("dB", "linear power"),
        "GRD or terrain corrected: decibels below zero, power above it.",
    ),
    Sensor(
        "Landsat 8-9 OLI/TIRS",
        _OLI_TIRS,
        "",
        30.0,
        (r"(?<![A-Za-z0-9])L[COT]0[89]_", r"(?<![A-Za-z0-9])L[CO]8\d{13}", r"landsat[-_ ]?[89]", r"HLS[._]L30"),
        (
            tuple(band.name for band in _OLI_TIRS),
            ("B1", "B2", "B3", "B4", "B5", "B6", "B7"),
            ("B2", "B3", "B4", "B5", "B6", "B7"),
        ),
        _LANDSATS,
        "USGS, Landsat 8-9 handbooks.",
    ),
    Sensor(
        "Landsat 7 ETM+",
        _ETM,
        "",
        30.0,
        (r"(?<![A-Za-z0-9])LE(07_|7\d{13})", r"(?<![A-Za-z0-9])L7_?ETM", r"landsat[-_ ]?7"),
        (tuple(band.name for band in _ETM), ("B1", "B2", "B3", "B4", "B5", "B7")),
        _LANDSATS,
        "USGS, Landsat 7 handbook.",
    ),
    Sensor(
        "Landsat 4-5 TM",
        _TM,
        "",
        30.0,
        (r"(?<![A-Za-z0-9])LT(0[45]_|[45]\d{13})", r"(?<![A-Za-z0-9])L[45]_?TM", r"landsat[-_ ]?[45](?!\d)"),
        (tuple(band.name for band in _TM), ("B1", "B2", "B3", "B4", "B5", "B7")),
        _LANDSATS,
        "USGS, Landsat 4-5 handbooks.",
    ),
    Sensor(
        "PlanetScope 8 bands",
        _PLANET8,
        "",
        3.0,
        (r"AnalyticMS_(SR_)?8b", r"psscene8b", r'IMAGEDESCRIPTION=\{"atmospheric_correction"'),
        (tuple(band.name for band in _PLANET8),),
        ("reflectance x 10000", "reflectance"),
        "PSB.SD, 2020 on.",
    ),
    Sensor(
        "PlanetScope 4 bands",
        _PLANET4,
        "",
        3.0,
        (r"AnalyticMS(?!_(SR_)?8b)", r"psscene4", r"planetscope", r'IMAGEDESCRIPTION=\{"atmospheric_correction"'),
        (("blue", "green", "red", "nir"),),
        ("reflectance x 10000", "reflectance"),
        "PS2 and PS2.SD.",
    ),
    Sensor(
        "NAIP",
        (RED, GREEN, BLUE, NIR),
        "8-bit",
        0.6,
        (r"(?<![A-Za-z0-9])m_\d{7}_[ns][ew]_\d+_", r"(?<![A-Za-z])naip(?![A-Za-z])", r"National Agriculture Imagery"),
        (("red", "green", "blue", "nir"), ("red", "green", "blue")),
        ("8-bit",),
        "Aerial photos of the USDA: red, green, blue, near infrared.",
    ),
    Sensor(
        "MODIS",
        _MODIS,
        "reflectance x 10000",
        500.0,
        (r"(?<![A-Za-z0-9])(MOD|MYD)09", r"(?<![A-Za-z0-9])MCD43A4", r"sur_refl_b0"),
        (tuple(band.name for band in _MODIS),),
        ("reflectance x 10000", "reflectance"),
        "Surface reflectance (MOD09, MCD43A4).",
    ),
    Sensor(
        "EnMAP",
        (),
        "reflectance x 10000",
        30.0,
        (r"enmap",),
        (),
        ("reflectance x 10000", "reflectance"),
        "Wavelengths from its metadata. L2A, the gain of its METADATA.XML: https://www.enmap.org/data_access/",
    ),
    Sensor(
        "PRISMA",
        (),
        "",
        30.0,
        (r"(?<![A-Za-z0-9])PRS_L(1|2[BCD])", r"(?<![A-Za-z])prisma(?![A-Za-z])"),
        (),
        ("reflectance x 10000", "reflectance"),
        "Wavelengths from its metadata. Its own files hold 0 to 65535 between L2ScaleMin and L2ScaleMax, converted ones reflectance.",
    ),
    Sensor(
        "DESIS",
        (),
        "reflectance x 10000",
        30.0,
        (r"(?<![A-Za-z])DESIS(?![A-Za-z])",),
        (),
        ("reflectance x 10000", "reflectance"),
        "Wavelengths from its metadata. L2A.",
    ),
    Sensor(
        "IRC",
        (NIR, RED, GREEN),
        "8-bit",
        None,
        (r"(?<![A-Za-z])(irc|cir|irrg)(?![A-Za-z])",),
        (("nir", "red", "green"),),
        ("8-bit",),
        "Aerial photos in false colours: near infrared, red, green.",
    ),
    Sensor(
        "RGB", (RED, GREEN, BLUE), "8-bit", None, (), (("red", "green", "blue"),), ("8-bit",), "Photos of any kind."
    ),
    Sensor(
        "Elevation",
        (_HEIGHT,),
        "metres",
        None,
        (
            r"(?<![A-Za-z])(dems?|dsms?|dtms?|ndsm|chm|hag|srtm\w*|aster_?gdem\w*|glo[-_]?30)(?![A-Za-z])",
            # French and German too
            r"(?<![A-Za-z])(elev(ation)?|altitude|height|mnt|mns|mne|mnh|rge_?alti|dgm\d*|dom\d*)(?![A-Za-z])",
        ),
        (("elevation",),),
        ("metres",),
        "Heights: terrain, surface, above ground.",
    ),
)
