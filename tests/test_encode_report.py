"""The report of an encode: what was recognised and done, how features look, bias, seams, warnings; written with the features or not at all."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import re

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.contract.errors import BadRequest, Cancelled, IamapError  # noqa: E402
from iamap.engine import feature_raster  # noqa: E402
from iamap.engine.features_thumbnail import SIDE, Thumbnail  # noqa: E402
from iamap.engine.picture import make_look  # noqa: E402
from iamap.engine.plan import make_plan  # noqa: E402
from iamap.engine.rasters import open_source  # noqa: E402
from iamap.engine.reports import encode as story  # noqa: E402
from iamap.engine.seams import borders, measure, pixel_means  # noqa: E402
from iamap.worker.context import RunContext  # noqa: E402
from making import Averager, context, encode, files, make_raster, read, texture  # noqa: E402


def told(path):
    """The report as words, tags left out."""
    return " ".join(re.sub(r"<[^>]*>", " ", path.read_text("utf-8")).split())


@pytest.fixture(scope="module", name="made")
def made_fixture(tmp_path_factory):
    """A folder with features, picture and report of a raster whose lower third holds no data; and the facts of the run."""
    folder = tmp_path_factory.mktemp("report")
    data = texture(220, 300)
    data[:, 200:] = 0
    source = make_raster(folder / "land & sea.tif", data, nodata=0, crs=None)
    ctx = context()
    encode(source, folder / "f.tif", Averager(), ctx, picture=str(folder / "p.tif"), report=str(folder / "r.html"))
    return folder, ctx.facts


def test_the_report_tells_what_was_done(made):
    folder, facts = made
    text = told(folder / "r.html")
    for part in ("land &amp; sea.tif", "MOSAIKS", "none needed", "Position bias not measured", "float32", "Seams"):
        assert part in text
    features = read(folder / "f.tif")
    assert f"columns and rows {features.shape[2]} × {features.shape[1]}" in text
    assert f"cells without data {np.isnan(features[0]).mean():.1%}" in text
    assert f"tiles {facts['tiles']} " in text
    assert (folder / "r.html").read_text("utf-8").count('src="data:image/png;base64,') == 1
    assert not re.search(r"https?://", (folder / "r.html").read_text("utf-8"))


def test_the_report_repeats_warnings(made):
    text = told(made[0] / "r.html")
    assert "has no CRS: neither will the features." in text and "There were none." not in text


def test_nobody_listens_after_the_run(made):
    before = list(logging.getLogger("iamap").handlers)
    encode(str(made[0] / "land & sea.tif"), made[0] / "again.tif", Averager())
    assert logging.getLogger("iamap").handlers == before


def test_pictures_show_the_raster_and_its_holes(made):
    shown = story.stretched(np.array([[[[0.0, 5, 10, 7]]]]), np.array([[[True, True, True, False]]]), False)[0]
    assert shown[0, 0].max() < shown[0, 1].min() < shown[0, 2].min()
    assert (shown[0, 3] == 235).all()


@pytest.mark.parametrize(("dtype", "reach"), [("uint8", 20), ("uint16", 255)])
def test_a_photo_keeps_its_colours_and_other_values_are_stretched(tmp_path, monkeypatch, dtype, reach):
    kept, real = [], story.raster_picture
    monkeypatch.setattr(story, "raster_picture", lambda *asked: kept.append(real(*asked)) or kept[-1])
    data = (100 + texture(70, 90) % 21).astype(dtype)
    source = make_raster(tmp_path / "s.tif", data)
    encode(source, tmp_path / "f.tif", Averager(), report=str(tmp_path / "r.html"))
    assert np.ptp(kept[0].astype(int)) == reach


def test_a_report_without_a_picture_shows_features(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(100, 90))
    encode(
        source, tmp_path / "f.tif", Averager(), report=str(tmp_path / "r.html"), extent="500100,4999500,500700,4999900"
    )
    text = told(tmp_path / "r.html")
    assert "Left: bands 1, 2, 3 of the raster" in text and "Right: the first three principal components" in text
    assert files(tmp_path) == ["f.tif", "r.html", "s.tif"]


class Wider(Averager):
    """The same features six times, each a little different: components are not features."""

    def module(self):
        """Means of patches, and mixtures of them."""
        mix = torch.nn.Conv2d(3, 6, 1, bias=False)
        torch.nn.init.normal_(mix.weight, generator=torch.Generator().manual_seed(0))
        return torch.nn.Sequential(super().module(), mix).eval()

    def build(self, order):
        """Six features."""
        return dataclasses.replace(super().build(order), dim=6)


@pytest.fixture(name="shown")
def shown_fixture(monkeypatch):
    """Pictures of the features that reports were given."""
    kept, real = [], story.features_picture
    monkeypatch.setattr(story, "features_picture", lambda thumbnail: kept.append(real(thumbnail)) or kept[-1])
    return kept


@pytest.mark.parametrize("storage", ["float32", "int16"])
@pytest.mark.parametrize("interrupted", [False, True])
def test_the_report_shows_what_the_picture_shows_even_where_there_is_none(
    tmp_path, monkeypatch, shown, storage, interrupted
):
    monkeypatch.setattr(feature_raster, "block_shape", lambda *_: (16, 64))
    data = texture(150, 1300)
    data[:, 400:450] = 0
    source = make_raster(tmp_path / "s.tif", data, nodata=0)
    encode(source, tmp_path / "f.tif", Wider(), picture=str(tmp_path / "p.tif"))
    stops = 0

    def listen(done, total, unit, stage, left):
        nonlocal stops
        stops += stage == "encode" and done > 0.6 * total
        if interrupted and stops == 1:
            raise Cancelled("cancelled")

    with contextlib.nullcontext() if not interrupted else pytest.raises(Cancelled):
        encode(
            source, tmp_path / "g.tif", Wider(), RunContext(listen, interval=0), report=str(tmp_path / "r.html"),
            storage=storage,
        )  # fmt: skip
    if interrupted:
        ctx = context()
        encode(source, tmp_path / "g.tif", Wider(), ctx, report=str(tmp_path / "r.html"), storage=storage)
        assert ctx.facts["tiles computed"] < ctx.facts["tiles"]
    picture = np.moveaxis(read(tmp_path / "p.tif"), 0, -1)
    grey = (picture == 0).all(-1)
    assert len(shown) == 1 and 0 < grey.mean() < 1
    assert (shown[0][grey] == 235).all()
    # features that were read back from scaled integers are rounded
    assert np.abs(shown[0][~grey].astype(int) - picture[~grey]).max() <= (1 if storage == "int16" else 0)


def test_a_thumbnail_of_a_large_raster_is_small_and_needs_each_row_once():
    random = np.random.default_rng(0)
    features = random.normal(size=(5, 1000, 90)).astype(np.float32)
    features[:, 300:400] = np.nan
    look = make_look(random.normal(size=(500, 5)))
    whole, parts = (Thumbnail(look, 1000, 90) for _ in range(2))
    whole.add(0, features)
    for first in range(0, 1000, 7):
        parts.add(first, features[:, first : first + 7])
    assert whole.colours.shape == (3, SIDE, 32) and np.array_equal(whole.colours, parts.colours)
    assert (whole.colours == 0).mean() == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(
    ("unit", "several"),
    [("metre", "metres"), ("US survey foot", "US survey feet"), ("unknown", "units"), ("degrees", "degrees")],
)
def test_units_have_a_plural(unit, several):
    assert story._several(unit) == several


@pytest.mark.parametrize("failing", ["_encode_all", "report"])
def test_a_failed_run_leaves_no_report(tmp_path, monkeypatch, failing):
    source = make_raster(tmp_path / "s.tif", texture(200, 200))

    def fail(*_args, **_names):
        raise BadRequest("it does not work", "try again")

    if failing == "report":
        monkeypatch.setattr(story, "measure", fail)
    else:
        monkeypatch.setattr("iamap.engine.passage.Passage._encode_all", fail)
    with pytest.raises(IamapError):
        encode(source, tmp_path / "f.tif", Averager(), report=str(tmp_path / "r.html"), picture=str(tmp_path / "p.tif"))
    assert files(tmp_path) == ["s.tif"]


def test_a_resumed_run_has_a_report_too(tmp_path, monkeypatch):
    monkeypatch.setattr(feature_raster, "block_shape", lambda *_: (16, 64))
    source = make_raster(tmp_path / "s.tif", texture(150, 1300))
    request = {"report": str(tmp_path / "r.html"), "picture": str(tmp_path / "p.tif")}

    def listen(done, total, unit, stage, left):
        if stage == "encode" and done > 0.6 * total:
            raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        encode(source, tmp_path / "f.tif", Averager(), RunContext(listen, interval=0), **request)
    assert not (tmp_path / "r.html").exists() and "f.tif.part.json" in files(tmp_path)
    ctx = context()
    encode(source, tmp_path / "f.tif", Averager(), ctx, **request)
    assert ctx.facts["tiles computed"] < ctx.facts["tiles"]
    assert f"tiles computed in this run {ctx.facts['tiles computed']} " in told(tmp_path / "r.html")
    assert files(tmp_path) == ["f.tif", "p.tif", "r.html", "s.tif"]


# seams


@pytest.mark.parametrize("extra", [0.0, 1.0, 3.0])
def test_seams_are_measured_where_tiles_meet(tmp_path, extra):
    rng = np.random.default_rng(0)
    data = rng.normal(size=(3, 160, 240)).astype(np.float32)
    source = make_raster(tmp_path / "s.tif", data)
    plan = make_plan(240, 160, tile=32, patch=4, overlap=0, blending="none")
    features = rng.normal(size=(5, 40, 60))
    tiles = rng.normal(size=(5, 5, 8)) * extra
    features += tiles.repeat(8, 1).repeat(8, 2)[:, :40, :60]
    make_raster(tmp_path / "f.tif", features.astype(np.float32), nodata=np.nan)
    with open_source(source) as opened:
        found = measure(str(tmp_path / "f.tif"), plan, opened)
    # steps of noise have the variance 2, those of tiles add 2 * extra ** 2
    assert found.features == pytest.approx(1 + extra**2, rel=0.25)
    assert found.pixels == pytest.approx(1, abs=0.1)
    assert found.borders == 60 * len(borders(plan.rows)) + 40 * len(borders(plan.cols))


def test_one_tile_has_no_seams(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(60, 60))
    ctx = context()
    encode(source, tmp_path / "f.tif", Averager(), ctx, report=str(tmp_path / "r.html"))
    assert "No seams can be measured" in told(tmp_path / "r.html") and "seams of the features" not in ctx.facts


@pytest.mark.parametrize("cell", [1, 2.5, 7])
def test_pixel_means_are_those_of_the_cells(tmp_path, cell):
    data = np.broadcast_to(np.arange(70, dtype=np.float32), (1, 50, 70)).copy()
    data[:, :10, :10] = np.nan
    source = make_raster(tmp_path / "s.tif", data)
    plan = make_plan(70, 50, tile=int(cell * 10), patch=int(cell * 2), enlarge=2)
    with open_source(source) as opened:
        means = pixel_means(opened, plan, (0, plan.out_height, 0, plan.out_width))
    assert means.shape == (1, plan.out_height, plan.out_width)
    middle = (np.arange(plan.out_width) + 0.5) * plan.cell - 0.5
    np.testing.assert_allclose(means[0, -2, :-1], middle[:-1], atol=0.6)
    with rasterio.open(source) as ds:
        assert np.isnan(means[0, 0, 0]) and ds.nodata is None
