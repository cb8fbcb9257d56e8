"""What went wrong in the plugin that IAMAP replaces must not come back: its defects in encoding, one test each.

Many of these properties have whole test files of their own; here each is shown once, in the setting in which it failed.
"""

from __future__ import annotations

import json
import logging
import re
import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
torch = pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import Cancelled, NoSpace  # noqa: E402
from iamap.contract.partial import part_path  # noqa: E402
from iamap.encoders import encoders  # noqa: E402
from iamap.engine import feature_raster  # noqa: E402
from iamap.engine.plan import make_plan  # noqa: E402
from iamap.worker import context as worker_context  # noqa: E402
from iamap.worker.context import RunContext  # noqa: E402
from iamap.worker.request import build  # noqa: E402
from making import (  # noqa: E402
    NORTH_UP,
    Averager,
    Encode,
    context,
    coordinates,
    encode,
    files,
    make_raster,
    read,
    tag,
    texture,
)
from rasterio.transform import Affine  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]


class TileMean(torch.nn.Module):
    """Every cell of a tile gets the mean of the whole tile: what differs between tiles shows."""

    def forward(self, images):
        return images.mean((2, 3), keepdim=True).expand(-1, -1, images.shape[2] // 16, images.shape[3] // 16)


class Bordered(torch.nn.Module):
    """0 inside a tile and 1 along its border, as if tokens there lacked context."""

    def forward(self, images):
        cells = torch.nn.functional.avg_pool2d(images, 16) * 0 + 1
        cells[:, :, 1:-1, 1:-1] = 0
        return cells


def card(network):
    """A card of patch 16 and tile 64 around *network*."""

    class Card(Averager):
        def module(self):
            return network()

    return Card()


def features(folder, data, name="features.tif", network=None, transform=NORTH_UP, crs="EPSG:32631", **params):
    """Encode (bands, rows, cols) by the mean of each patch and return what the file holds."""
    source = make_raster(folder / "source.tif", data, transform=transform, crs=crs)
    return read(encode(source, folder / name, card(network) if network else Averager(), **params))


def test_E1_last_row_and_column_of_tiles_lie_on_the_same_grid(tmp_path):
    found = features(tmp_path, coordinates(250, 250), overlap=0, normalisation="raster", minimum_valid=0)
    statistics = json.loads(tag(tmp_path / "features.tif", "statistics"))
    x = found[0] * statistics["std"][0] + statistics["mean"][0]
    assert np.abs(x[:, :15] - (np.arange(15) * 16 + 8)).max() < 0.16


def test_E2_no_row_of_zeros_and_no_lost_edge(tmp_path):
    found = features(tmp_path, texture(968, 379, 1))
    assert found.shape == (1, 24, 61), "rounded up: every pixel lies in a cell"
    assert np.isfinite(found).all() and (found.std(2) > 0).all() and (found.std(1) > 0).all()


def test_E3_nodata_counts_nowhere(tmp_path):
    data = np.random.default_rng(0).normal(119, 50, (1, 160, 160)).astype(np.float32)
    data[:, :, :48] = -9999
    source = make_raster(tmp_path / "collar.tif", data, nodata=-9999)
    output = encode(source, tmp_path / "f.tif", Averager())
    statistics = json.loads(tag(output, "statistics"))
    assert statistics["mean"][0] == pytest.approx(data[:, :, 48:].mean(), rel=1e-5)
    assert statistics["std"][0] == pytest.approx(data[:, :, 48:].std(), rel=1e-5)
    found = read(output)[0]
    assert np.isnan(found[:, :3]).all() and np.isfinite(found[:, 3:]).all()
    with rasterio.open(output) as ds:
        assert np.isnan(ds.nodata)


def test_E4_a_hole_of_nine_nan_pixels_costs_no_cell(tmp_path):
    data = texture(500, 500).astype(np.float32)
    whole = features(tmp_path, data, "whole.tif")
    data[:, 250:253, 250:253] = np.nan
    holed = features(tmp_path, data, "holed.tif")
    assert np.isfinite(holed).all()
    changed = np.abs(holed - whole).max(0) > 0.05
    assert changed.sum() <= 1


@pytest.mark.parametrize("kind", ["constant", "zero", "mask"])
def test_E5_bands_that_hardly_vary_give_numbers(tmp_path, kind):
    data = texture(130, 130)
    data[1] = {"constant": 77, "zero": 0, "mask": data[1] > 128}[kind]
    for normalisation in ("auto", "raster"):
        found = features(tmp_path, data, normalisation=normalisation)
        assert np.isfinite(found).all()
    if kind != "mask":
        assert (found[1] == 0).all()


def test_E6_statistics_are_exact_and_stay_what_they_are_when_gdal_keeps_others(tmp_path):
    data = np.random.default_rng(1).lognormal(5, 1.5, (4, 130, 130)).astype(np.float32)
    source = make_raster(tmp_path / "s.tif", data)
    first = encode(source, tmp_path / "1.tif", Averager())
    about = json.loads(tag(first, "statistics"))
    assert about["mean"] == pytest.approx(data.mean((1, 2)).tolist(), rel=1e-5)
    assert about["std"] == pytest.approx(data.std((1, 2)).tolist(), rel=1e-4)
    with rasterio.open(source, "r+") as ds:
        ds.update_tags(1, STATISTICS_MEAN="0", STATISTICS_STDDEV="1")
    text = "<PAMDataset><PAMRasterBand band='2'><Metadata><MDI key='STATISTICS_MEAN'>9</MDI><MDI key='STATISTICS_STDDEV'>9</MDI></Metadata></PAMRasterBand></PAMDataset>"
    (tmp_path / "s.tif.aux.xml").write_text(text)
    assert np.array_equal(read(first), read(encode(source, tmp_path / "2.tif", Averager())))


@pytest.mark.parametrize("blending", ["window", "central crop", "none"])
def test_E7_an_overlap_is_a_weighted_mean_of_its_tiles(tmp_path, blending):
    data = texture(200, 170, 1)
    found = features(tmp_path, data, network=TileMean, overlap=60, blending=blending)[0]
    about = json.loads(tag(tmp_path / "features.tif", "statistics"))
    image = (data[0] - about["mean"][0]) / about["std"][0]
    plan = make_plan(200, 170, tile=64, patch=16, overlap=0.6, blending=blending)
    wanted = np.zeros((plan.rows.total, plan.cols.total))
    padded = np.pad(image, ((0, 64), (0, 64)), mode="reflect")
    for tile in plan.tiles:
        mean = padded[tile.row * 16 : tile.row * 16 + 64, tile.col * 16 : tile.col * 16 + 64].mean()
        wanted[tile.row : tile.row + 4, tile.col : tile.col + 4] += mean * plan.weight(tile)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_E8_zero_is_a_value(tmp_path):
    found = features(tmp_path, np.full((1, 130, 130), 5, np.uint8), overlap=50)
    assert (found == 0).all()
    with rasterio.open(tmp_path / "features.tif") as ds:
        assert ds.read_masks(1).all()


def test_E9_saving_in_between_changes_nothing(tmp_path, monkeypatch):
    data = texture(640, 700)
    plain = features(tmp_path, data, "plain.tif")
    monkeypatch.setattr(feature_raster, "_CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr(feature_raster, "block_shape", lambda *_: (16, 48))
    assert np.array_equal(plain, features(tmp_path, data, "often.tif"))


def test_E10_no_tile_is_ever_a_file(tmp_path):
    source = make_raster(tmp_path / "source.tif", texture(300, 300))
    folder, seen = tmp_path / "out", set()
    folder.mkdir()
    encode(source, folder / "f.tif", Averager(), RunContext(lambda *_: seen.update(files(folder)), interval=0))
    assert seen <= {"f.tif.part.tif", "f.tif.part.json", "f.tif.part.json.new"} and files(folder) == ["f.tif"]


def test_E11_files_of_the_same_name_in_other_folders_are_left_alone(tmp_path):
    data = texture(200, 200)
    alone = features(tmp_path, data, "alone.tif")
    (tmp_path / "old").mkdir()
    make_raster(tmp_path / "old" / "source.tif", texture(200, 200, seed=9))
    assert np.array_equal(alone, features(tmp_path, data, "beside.tif"))


@pytest.mark.parametrize("name", ["a [1].tif", "b{x,y}.tif", "c é ü 地.tif", "d'e.tif"])
def test_E12_brackets_and_accents_in_names_mean_themselves(tmp_path, name):
    source = make_raster(tmp_path / name, texture(70, 70))
    assert read(encode(source, tmp_path / ("features " + name), Averager())).shape == (3, 5, 5)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2263", None])
def test_E13_degrees_feet_and_no_crs_at_all_are_encoded_as_they_are(tmp_path, crs):
    transform = Affine(0.001, 0, 12, 0, -0.001, 50) if crs == "EPSG:4326" else NORTH_UP
    found = features(tmp_path, texture(100, 90), crs=crs, transform=transform)
    assert found.shape == (3, 6, 7) and np.isfinite(found).all()
    with rasterio.open(tmp_path / "features.tif") as ds:
        assert (ds.crs.to_string() if ds.crs else None) == crs
        assert tuple(ds.transform)[:6] == pytest.approx(tuple(transform * Affine.scale(16))[:6])


def test_E14_a_request_is_plain_json_whatever_was_given():
    job = Encode.make({"input": "a.tif", "output": "b.tif", "extent": "1,2,3,4 [EPSG:32631]", "crs": "EPSG:4326"})
    again = build("encode", json.loads(json.dumps(job.values())))
    assert again == job


def test_E15_what_is_not_given_takes_its_default():
    job = Encode.make({"input": "a.tif", "output": "b.tif", "encoder": "MOSAIKS"})
    everything = {name: None for name in Encode.specs()} | {"input": "a.tif", "output": "b.tif", "encoder": "MOSAIKS"}
    assert Encode.make(everything) == job


def test_E16_the_request_a_result_holds_resumes_and_repeats_it(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(100, 100))
    output = encode(source, tmp_path / "f.tif", overlap=30, seed=3)
    first = read(output)
    request = json.loads(tag(output, "request"))
    assert request["version"] == 1
    build(request["job"], request["params"]).run(context())
    assert np.array_equal(first, read(output))


def test_E17_new_content_under_an_old_name_is_encoded(tmp_path):
    before = features(tmp_path, texture(300, 300, seed=1))
    after = features(tmp_path, texture(300, 300, seed=2))
    assert not np.array_equal(before, after)
    assert np.array_equal(after, features(tmp_path, texture(300, 300, seed=2), "anew.tif"))


SIZES = {"T": "tiny", "S": "small", "B": "base", "L": "large", "H": "huge", "g": "giant"}


def test_E18_names_of_encoders_say_what_is_loaded():
    cards = {name: one for name, one in encoders().items() if getattr(one, "model", None)}
    assert len(cards) >= 18
    for name, one in cards.items():
        said = re.search(r"ViT-([TSBLHg])\+?/(\d+)", name)
        if said is None:  # no patches: ResNet-50 is resnet50, ConvNeXt-T is convnext_tiny
            plain, bare = re.sub("[- ]", "", name.lower()), one.model.split(".")[0].replace("_", "")
            assert bare.replace("tiny", "t").replace("100", "") in plain, name
            continue
        assert f"patch{said[2]}" in one.model and SIZES[said[1]] in one.model, name
        assert one.patch == int(said[2]), name


@pytest.mark.parametrize(
    "model, prefix",
    [("vit_base_patch16_siglip_224", 0), ("vit_small_patch16_224.dino", 1), ("vit_small_patch14_reg4_dinov2", 5), ("vit_small_patch16_dinov3", 5)],
)  # fmt: skip
def test_E19_tokens_that_are_no_patches_are_left_out_and_inputs_need_not_be_square(model, prefix):
    import timm
    from iamap.encoders._dense import dense

    torch.manual_seed(0)
    network = timm.create_model(model, num_classes=0, depth=1, embed_dim=32, num_heads=2, dynamic_img_size=True).eval()
    side = network.patch_embed.patch_size[0]
    image = torch.randn(1, 3, 4 * side, 6 * side)
    with torch.inference_mode():
        tokens, found = network.forward_features(image), dense(network)(image)
    assert tokens.shape[1] == prefix + 24 and found.shape == (1, 32, 4, 6)
    torch.testing.assert_close(found.flatten(2).mT, tokens[:, prefix:])


def test_E20_each_axis_keeps_its_own_pixel_size_and_its_direction(tmp_path):
    for transform in (
        Affine(10, 0, 5e5, 0, -20, 5e6),
        Affine(10, 0, 5e5, 0, 10, 5e6),
        NORTH_UP * Affine.rotation(20),
    ):
        found = features(tmp_path, texture(100, 64), transform=transform)
        assert found.shape == (3, 4, 7)
        with rasterio.open(tmp_path / "features.tif") as ds:
            assert tuple(ds.transform)[:6] == pytest.approx(tuple(transform * Affine.scale(16))[:6])


def test_E21_overlap_takes_seams_away_and_is_on_by_default(tmp_path):
    def inside(**params):
        return features(tmp_path, texture(512, 512, 1), network=Bordered, tile=128, **params)[0][4:-4, 4:-4]

    assert inside(overlap=0).max() == 1
    assert inside(overlap=50).max() < 0.1 and inside(overlap=50, blending="central crop").max() == 0
    assert Encode.specs()["overlap"].default > 0


def test_E22_a_cancelled_run_raises_and_leaves_nothing_that_looks_like_a_result(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(700, 700))
    asked = iter(range(10_000))
    with pytest.raises(Cancelled):
        encode(source, tmp_path / "f.tif", Averager(), context(lambda: next(asked) > 60), resume=False)
    assert files(tmp_path) == ["s.tif"]


def test_E22_a_full_disk_raises_and_leaves_nothing_that_looks_like_a_result(tmp_path, monkeypatch):
    source = make_raster(tmp_path / "s.tif", texture(200, 200))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100))
    with pytest.raises(NoSpace, match="MB are free"):
        encode(source, tmp_path / "f.tif", Averager())
    assert files(tmp_path) == ["s.tif"]


def test_E23_time_left_after_resuming_counts_what_this_run_did(monkeypatch):
    clock, told = [100.0], []
    monkeypatch.setattr(worker_context.time, "monotonic", lambda: clock[0])
    ctx = RunContext(lambda done, total, unit, stage, left: told.append(left), interval=0)
    ctx.progress(80, 100, "tiles", "encode")
    clock[0] += 10
    ctx.progress(90, 100, "tiles", "encode")
    assert told == [None, pytest.approx(10)]


# what it offered, and could not be stopped in


def test_pauses_between_batches_leave_the_computer_alone_and_change_no_pixel(tmp_path, monkeypatch):
    source = make_raster(tmp_path / "s.tif", texture(300, 300))
    plain = read(encode(source, tmp_path / "1.tif", Averager(), batch=8))
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(slept))
    paused = read(encode(source, tmp_path / "2.tif", Averager(), batch=8, pause=0.25))
    assert np.array_equal(plain, paused)
    # 36 tiles in rows of 6: some batches for the sample, then one a row; a pause between any two
    pauses = sum(slept) / 0.25
    assert pauses == pytest.approx(round(pauses)) and 6 <= pauses <= 12
    assert max(slept) <= 0.1, "whoever cancels waits no longer"
    assert Encode.specs()["pause"].default == 0 and Encode.specs()["pause"].speed_only


def test_a_pause_can_be_cancelled_at_once(tmp_path):
    source = make_raster(tmp_path / "s.tif", texture(300, 300))
    stopped = threading.Event()
    timer = threading.Timer(1, stopped.set)
    timer.start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        encode(source, tmp_path / "f.tif", Averager(), context(stopped.is_set), batch=1, pause=3600)
    assert 1 <= time.monotonic() - began < 2
    assert files(tmp_path) == ["s.tif"]


# what ailed its packaging, as far as it can be seen without QGIS (tests/qgis has the rest)


def shipped():
    """(path, text) of every Python file that users get."""
    for path in ROOT.rglob("*.py"):
        if path.relative_to(ROOT).parts[0] not in ("tests", "tools", "docs", "build", "dist"):
            yield path, path.read_text("utf-8")


def test_the_provider_is_declared_so_that_qgis_process_and_models_find_it():
    text = (ROOT / "metadata.txt").read_text("utf-8")
    assert re.search(r"^hasProcessingProvider\s*=\s*(yes|true)\s*$", text, re.MULTILINE | re.IGNORECASE)
    assert re.search(r"^qgisMinimumVersion\s*=\s*3\.\d+", text, re.MULTILINE)


def test_outputs_are_declared_rasters():
    specs = Encode.specs()
    assert [name for name, spec in specs.items() if spec.is_output] == ["output", "picture", "report"]


def test_the_root_logger_is_left_as_it_was(tmp_path):
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    features(tmp_path, texture(70, 70))
    assert (root.level, list(root.handlers)) == before


@pytest.mark.parametrize(
    "word",
    [
        "lspci",
        "wmic",
        "joblib",
        "gdown",
        "hydra",
        "pickle.load",
        '"--target"',
        "estimate_utm",
        "num_workers",
        "processes=",
    ],
)
def test_nothing_that_failed_there_is_used_here(word):
    assert [str(path) for path, text in shipped() if word in text] == []


def test_torch_loads_numbers_only():
    calls = [call for _, text in shipped() for call in re.findall(r"torch\.load\([^)]*\)", text)]
    assert all("weights_only=True" in call for call in calls)


def test_sentences_for_people_can_be_translated():
    # a text that is put together before it is looked up is never found
    assert [str(path) for path, text in shipped() if re.search(r"\btr\(\s*f[\"']", text)] == []
    assert list((ROOT / "i18n").glob("*.ts"))


def test_no_result_of_any_job_is_a_folder_or_undeclared():
    for job in jobs().values():
        kinds = {spec.kind for spec in job.specs().values() if spec.is_output}
        assert kinds and kinds <= {"raster_out", "vector_out", "file_out"}, job.id


def test_every_result_has_a_style_and_names_its_bands(tmp_path):
    features(tmp_path, texture(100, 100))
    with rasterio.open(tmp_path / "features.tif") as ds:
        assert ds.descriptions == ("MOSAIKS 1", "MOSAIKS 2", "MOSAIKS 3")
        assert {"request", "style", "weights_sha256", "source_sha256", "versions"} <= set(ds.tags(ns="IAMAP"))
    assert not Path(part_path(str(tmp_path / "features.tif"))).exists()
