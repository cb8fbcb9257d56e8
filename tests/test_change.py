"""Two dates compared: what changed everywhere is taken off, what changed in places is found where it is."""

from __future__ import annotations

import json
import shutil
import tracemalloc

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
import rasterio  # noqa: E402
import shapely  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import BadRaster, BadRequest, IamapError  # noqa: E402
from iamap.engine import aligning, class_polygons, pairing  # noqa: E402
from iamap.engine.thresholds import Counts  # noqa: E402
from making import NORTH_UP, context, files, make_raster, read, tag  # noqa: E402
from sklearn.metrics import average_precision_score  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402

PLAIN = {"correction": "none", "scaling": "none"}
BANDS, HEIGHT, WIDTH = 6, 57, 71


def places(seed=0, bands=BANDS, height=HEIGHT, width=WIDTH):
    """(rows, cols) kind of each place, and (kinds, bands) what they look like."""
    rng = np.random.default_rng(seed)
    kinds = np.repeat(np.repeat(rng.integers(0, 5, (height // 6 + 1, width // 6 + 1)), 6, 0), 6, 1)[:height, :width]
    return kinds, rng.normal(size=(5, bands)) * 3 + 10 * rng.normal(size=bands)


def look(kinds, colours, seed, noise=0.3):
    """(bands, rows, cols) float32: what a date sees of the places."""
    rng = np.random.default_rng(100 + seed)
    return (colours[kinds].transpose(2, 0, 1) + noise * rng.normal(size=(colours.shape[1], *kinds.shape))).astype("f4")


def write(path, data, **about):
    return make_raster(path, data, nodata=np.nan, **about)


def compare(folder, before, after, ctx=None, **asked):
    """Run the job; return the folder's files by output, and the raster of change."""
    params = {"before": str(before), "after": str(after), "output": str(folder / "change.tif"), **asked}
    made = jobs()["change"].make(params).run(ctx or context())
    return made, read(made["output"])[0]


@pytest.fixture
def dates(tmp_path):
    """Two rasters of the same places with other noise, and as arrays."""
    kinds, colours = places()
    one, two = look(kinds, colours, 1), look(kinds, colours, 2)
    return write(tmp_path / "1.tif", one), write(tmp_path / "2.tif", two), one, two


@pytest.mark.parametrize("scaling", ["standardise", "centre", "none"])
@pytest.mark.parametrize("correction", ["none", "mean and deviation", "covariance"])
def test_the_same_cells_have_not_changed_at_all(tmp_path, dates, correction, scaling):
    copy = shutil.copy(dates[0], tmp_path / "copy.tif")
    ctx = context()
    changed = str(tmp_path / "changed.tif")
    _, found = compare(tmp_path, dates[0], copy, ctx, correction=correction, scaling=scaling, changed=changed)
    assert found.shape == (HEIGHT, WIDTH) and np.abs(found).max() < 1e-12
    assert ctx.facts["changed cells"] == 0 and not read(changed).any()


def test_the_plain_distance_is_one_minus_the_cosine(tmp_path, dates):
    _, found = compare(tmp_path, *dates[:2], **PLAIN)
    one, two = (array.astype(np.float64) for array in dates[2:])
    cosine = (one * two).sum(0) / np.sqrt((one**2).sum(0) * (two**2).sum(0))
    np.testing.assert_allclose(found, 1 - cosine, atol=1e-7)


def mixed(one, seed=5):
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(len(one), len(one)))
    return (np.einsum("bc,chw->bhw", matrix, one) + rng.normal(size=(len(one), 1, 1)) * 9).astype(np.float32)


def brighter(one):
    gain, offset = np.linspace(0.5, 2, len(one)), np.linspace(-20, 30, len(one))
    return (one * gain[:, None, None] + offset[:, None, None]).astype(np.float32)


UNDONE = {"brightness": (brighter, ("mean and deviation", "covariance")), "mixture": (mixed, ("covariance",))}


@pytest.mark.parametrize(("shift", "undo"), UNDONE.values(), ids=list(UNDONE))
@pytest.mark.parametrize("scaling", ["standardise", "centre", "none"])
def test_what_changed_everywhere_is_taken_off_by_the_corrections_that_can(tmp_path, dates, shift, undo, scaling):
    after = write(tmp_path / "after.tif", shift(dates[2]))
    medians = {}
    for correction in ("none", "mean and deviation", "covariance"):
        _, found = compare(tmp_path, dates[0], after, correction=correction, scaling=scaling)
        medians[correction] = float(np.median(found))
        if correction in undo:
            assert found.max() < 1e-6
    assert min(value for name, value in medians.items() if name not in undo) > 0.02


def planted(dates, tmp_path, light=brighter):
    """The second date with other things in 3 x 4 cells and in one, and in another light; which cells those are."""
    kinds, colours = places()
    there = np.zeros(kinds.shape, bool)
    there[20:23, 30:34] = there[45, 60] = True
    other = look((kinds + 2) % 5, colours, 3)
    two = np.where(there, other, dates[3])
    return write(tmp_path / "planted.tif", light(two)), there


@pytest.mark.parametrize("light", [brighter, mixed])
def test_planted_changes_are_found_to_the_cell(tmp_path, dates, light):
    after, there = planted(dates, tmp_path, light)
    made, found = compare(tmp_path, dates[0], after, changed=str(tmp_path / "changed.tif"))
    assert found[there].min() > 2 * found[~there].max()
    assert np.array_equal(read(made["changed"])[0] == 1, there)
    _, uncorrected = compare(tmp_path, dates[0], after, correction="none")
    assert average_precision_score(there.ravel(), uncorrected.ravel()) < 0.5


def third():
    """A third of all cells, in one piece."""
    there = np.zeros((HEIGHT, WIDTH), bool)
    there[:, : WIDTH // 3] = True
    return there


LARGE = {
    # everything there becomes one thing, one kind of place becomes another, all bands there move alike
    "flood": lambda kinds, colours, two: (third(), look(np.full(kinds.shape, 3), colours + 4, 3)),
    "harvest": lambda kinds, colours, two: (kinds == 1, look(np.full(kinds.shape, 3), colours, 3)),
    "haze": lambda kinds, colours, two: (third(), two + np.array([6, -5, 4, 0, 3, 0], "f4")[:, None, None]),
}


@pytest.mark.parametrize("what", LARGE.values(), ids=list(LARGE))
@pytest.mark.parametrize("correction", ["mean and deviation", "covariance"])
def test_a_large_change_of_one_kind_does_not_bend_the_correction(tmp_path, dates, correction, what, monkeypatch):
    there, other = what(*places(), dates[3])
    after = write(tmp_path / "after.tif", brighter(np.where(there, other, dates[3])))
    calm = write(tmp_path / "calm.tif", brighter(dates[3]))

    def rest(second):
        """Change of what did not change, in the mean."""
        found = compare(tmp_path, dates[0], second, correction=correction)[1]
        return found[~there].mean(), average_precision_score(there.ravel(), found.ravel())

    unchanged, _ = rest(calm)
    weighted, precision = rest(after)
    assert weighted < 1.1 * unchanged and precision > 0.999
    monkeypatch.setattr(aligning, "weights", lambda before, *_: np.ones(len(before)))
    bent, imprecise = rest(after)
    assert bent > 1.05 * weighted or imprecise < 0.9


def test_changed_places_become_polygons_with_their_mean_change_and_area(tmp_path, dates, monkeypatch):
    after, _ = planted(dates, tmp_path)
    monkeypatch.setattr(class_polygons, "_CELLS", 21 * WIDTH)  # the larger one is cut by a border of strips
    ctx = context()
    made, found = compare(tmp_path, dates[0], after, ctx, polygons=str(tmp_path / "p.gpkg"))
    table = pyogrio.read_dataframe(made["polygons"]).sort_values("cells")
    assert ctx.facts["polygons"] == 2 and table["cells"].tolist() == [1, 12]
    assert table["score"].tolist() == pytest.approx([found[45, 60], found[20:23, 30:34].mean()], rel=1e-6)
    # UTM: squares of 10 m, but for its scale of 0.9996
    assert table["area_m2"].tolist() == pytest.approx([100, 1200], rel=2e-3)
    assert ctx.facts["changed m²"] == pytest.approx(table["area_m2"].sum(), rel=1e-5)
    assert table.crs.to_epsg() == 32631
    assert table.geometry.iloc[1].equals(shapely.box(*(NORTH_UP * (30, 23)), *(NORTH_UP * (34, 20))))
    made, _ = compare(tmp_path, dates[0], after, polygons=str(tmp_path / "p.gpkg"), minimum_area=500)
    assert pyogrio.read_dataframe(made["polygons"])["cells"].tolist() == [12]


def test_components_are_grey_where_nothing_changed_and_differ_where_changes_differ(tmp_path, dates):
    kinds, _ = places()
    first, second = np.zeros((2, *kinds.shape), bool)
    first[10:20, 10:30] = second[30:40, 40:60] = True
    change = np.zeros((2, BANDS, 1, 1), np.float32)
    change[0, 1], change[1, 4] = 9, 7
    two = dates[3] + first * change[0] + second * change[1]
    made, _ = compare(tmp_path, dates[0], write(tmp_path / "3.tif", two), components=str(tmp_path / "k.tif"))
    scores = read(made["components"])
    style = json.loads(tag(made["components"], "style"))
    assert scores.shape == (3, HEIGHT, WIDTH) and style["bands"] == [1, 2, 3]
    assert style["minimum"] == [-value for value in style["maximum"]]
    mean = {
        name: scores[:, where].mean(1)
        for name, where in (("first", first), ("second", second), ("rest", ~(first | second)))
    }
    assert np.abs(mean["rest"]).max() < 0.1 * np.linalg.norm(mean["first"])
    cosine = mean["first"] @ mean["second"] / np.linalg.norm(mean["first"]) / np.linalg.norm(mean["second"])
    assert abs(cosine) < 0.3
    # the strongest direction explains most of what differs
    power = (scores**2).mean((1, 2))
    assert (np.diff(power) <= 1e-6).all()


def test_styles_and_origins_are_noted(tmp_path, dates):
    made, found = compare(tmp_path, *dates[:2], changed=str(tmp_path / "changed.tif"))
    style = json.loads(tag(made["output"], "style"))
    assert style["ramp"] == "Magma" and style["band"] == 1 and style["minimum"] == 0
    assert (found <= style["maximum"]).mean() == pytest.approx(0.999, abs=2e-3)
    assert json.loads(tag(made["output"], "request"))["params"]["after"] == dates[1]
    assert [one["value"] for one in json.loads(tag(made["changed"], "style"))["categories"]] == [0, 1]
    with rasterio.open(made["changed"]) as ds:
        assert ds.dtypes == ("uint8",) and ds.nodata == 255 and ds.colormap(1)[1][:3] == (0xC2, 0x25, 0x5C)


def test_cells_without_data_at_either_date_have_none(tmp_path, dates):
    one, two = dates[2].copy(), dates[3].copy()
    one[:, 3:9, 4:10] = np.nan
    two[2, 30, 30] = two[0, :, -1] = np.nan
    ctx = context()
    asked = {"changed": str(tmp_path / "changed.tif"), "components": str(tmp_path / "k.tif")}
    made, found = compare(tmp_path, write(tmp_path / "a.tif", one), write(tmp_path / "b.tif", two), ctx, **asked)
    empty = np.isnan(one).any(0) | np.isnan(two).any(0)
    assert np.array_equal(np.isnan(found), empty) and np.array_equal(read(made["changed"])[0] == 255, empty)
    assert np.array_equal(np.isnan(read(made["components"])[2]), empty)
    assert ctx.facts["cells"] == (~empty).sum()


def test_a_crop_gives_the_pixels_of_the_whole_where_nothing_is_estimated(tmp_path, dates):
    _, whole = compare(tmp_path, *dates[:2], **PLAIN)
    _, part = compare(tmp_path, *dates[:2], extent="500200,4999605,500403,4999901", **PLAIN)
    np.testing.assert_array_equal(part, whole[9:40, 20:41])


def test_neither_blocks_nor_threads_nor_layout_nor_seed_change_a_pixel(tmp_path, dates, monkeypatch):
    asked = {"components": str(tmp_path / "k.tif"), "changed": str(tmp_path / "changed.tif")}
    made, found = compare(tmp_path, *dates[:2], **asked)
    expected = [found, read(made["components"]), read(made["changed"])]
    tiled = {"tiled": True, "blockxsize": 16, "blockysize": 32}
    other = write(tmp_path / "t1.tif", dates[2], **tiled), write(tmp_path / "t2.tif", dates[3], **tiled)
    monkeypatch.setattr(pairing, "_PIECE_BYTES", 4 * BANDS * WIDTH * 7)
    with threadpool_limits(1):
        made, found = compare(tmp_path, *other, seed=7, **asked)
    for got, wanted in zip([found, read(made["components"]), read(made["changed"])], expected):
        np.testing.assert_array_equal(got, wanted)


def test_memory_does_not_grow_with_the_raster(tmp_path, monkeypatch):
    monkeypatch.setattr(pairing, "_PIECE_BYTES", 100_000)
    monkeypatch.setattr("iamap.engine.change._SAMPLE", 1000)
    monkeypatch.setattr("iamap.engine.change_places._CELLS", 4000)
    peaks = []
    for height in (600, 2400):
        kinds, colours = places(height=height, width=40)
        paths = [
            write(tmp_path / f"{height}{i}.tif", look(kinds, colours, i), tiled=True, blockxsize=16, blockysize=16)
            for i in (1, 2)
        ]
        tracemalloc.start()
        compare(tmp_path, *paths, changed=str(tmp_path / "c.tif"), components=str(tmp_path / "k.tif"))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def named(path, names=None, **tags):
    with rasterio.open(path, "r+") as ds:
        ds.update_tags(ns="IAMAP", **tags)
        if names:
            ds.descriptions = names
    return path


REFUSED = {
    "another encoder": ({"encoder": "DINO ViT-S/16", "weights_sha256": "a"}, "holds features of DINO ViT-S/16"),
    "other weights": ({"encoder": "DINOv2 ViT-S/14", "weights_sha256": "b"}, "other weights of DINOv2"),
}


@pytest.mark.parametrize(("tags", "match"), REFUSED.values(), ids=list(REFUSED))
def test_features_of_another_encoder_are_refused(tmp_path, dates, tags, match):
    named(dates[0], encoder="DINOv2 ViT-S/14", weights_sha256="a")
    named(dates[1], **tags)
    before = files(tmp_path)
    with pytest.raises(BadRaster, match=match):
        compare(tmp_path, *dates[:2])
    assert files(tmp_path) == before


def test_mosaiks_of_two_rasters_is_told_what_to_do(tmp_path, dates):
    for path, sha in zip(dates[:2], "ab"):
        named(path, encoder="MOSAIKS", weights_sha256=sha)
    with pytest.raises(BadRaster, match="own weights"):
        compare(tmp_path, *dates[:2])


def test_other_statistics_of_normalisation_are_told_not_refused(tmp_path, dates, caplog):
    for path, mean in zip(dates[:2], (1, 2)):
        named(path, encoder="X", weights_sha256="a", statistics=json.dumps({"origin": "raster", "mean": [mean]}))
    with caplog.at_level("INFO"):
        compare(tmp_path, *dates[:2])
    assert "its own mean and deviation" in caplog.text


def test_bands_in_another_order_are_refused(tmp_path, dates):
    names = tuple("abcdef")
    named(dates[0], names), named(dates[1], names[::-1])
    with pytest.raises(BadRaster, match="another order"):
        compare(tmp_path, *dates[:2])


def test_what_can_not_be_compared_gets_a_sentence(tmp_path, dates):
    one, two, data = dates[:3]
    with pytest.raises(BadRequest, match="same raster"):
        compare(tmp_path, one, one)
    with pytest.raises(BadRaster, match="no direction"):
        compare(tmp_path, one, two, bands=[1])
    empty = write(tmp_path / "empty.tif", np.full_like(data, np.nan))
    with pytest.raises(BadRaster, match="no cell with valid data at both dates"):
        compare(tmp_path, one, empty)
    with pytest.raises(BadRequest, match="needs 30 cells"):
        compare(tmp_path, one, two, extent="500000,4999950,500050,5000000")
    with pytest.raises(BadRequest, match="for polygons"):
        compare(tmp_path, one, two, minimum_area=5)
    with pytest.raises(IamapError, match="is the input too"):
        compare(tmp_path, one, two, changed=two)
    assert not (tmp_path / "change.tif").exists()


def test_a_threshold_that_is_given_is_used(tmp_path, dates):
    ctx = context()
    made, found = compare(tmp_path, *dates[:2], ctx, threshold=0.02, changed=str(tmp_path / "changed.tif"))
    assert np.array_equal(read(made["changed"])[0] == 1, found > 0.02) and 0 < (found > 0.02).mean() < 1
    assert ctx.facts["threshold"] == 0.02


def test_otsu_splits_two_heaps_between_them_in_any_order():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(0.2, 0.05, 9000), rng.normal(1.2, 0.1, 1000), [np.nan]]).clip(0, 2)
    counts, others = Counts(0, 2, 20_000), Counts(0, 2, 20_000)
    counts.add(values)
    for part in np.array_split(rng.permutation(values), 13):
        others.add(part)
    assert counts.total == 10_000 and 0.45 < counts.otsu() == others.otsu() < 0.9
    assert counts.quantile(0.5) == pytest.approx(np.nanmedian(values), abs=2e-3)
    alone = Counts(0, 2, 100)
    alone.add(np.full(5, 0.3))
    assert alone.otsu() == 2


def test_bands_that_never_change_do_no_harm(tmp_path, dates):
    after, there = planted(dates, tmp_path)
    one, two = dates[2].copy(), read(after)
    one[2], two[2], two[3] = 7, 8, 9
    paths = write(tmp_path / "a.tif", one), write(tmp_path / "b.tif", two)
    _, found = compare(tmp_path, *paths)
    assert np.isfinite(found).all() and average_precision_score(there.ravel(), found.ravel()) > 0.99


def test_few_cells_for_many_bands_do_not_hide_the_change(tmp_path, caplog):
    """A correction with more freedom than cells would make both dates equal everywhere."""
    kinds, colours = places(bands=120, height=12, width=15)
    two = look(kinds, colours, 2)
    two[:, 6, 6:9] = look((kinds + 2) % 5, colours, 3)[:, 6, 6:9]
    paths = write(tmp_path / "a.tif", look(kinds, colours, 1)), write(tmp_path / "b.tif", two)
    _, found = compare(tmp_path, *paths)
    assert sorted(np.argsort(found.ravel())[-3:]) == [6 * 15 + 6, 6 * 15 + 7, 6 * 15 + 8]
    assert "few for 120 bands" in caplog.text


def test_the_report_shows_both_dates(tmp_path, dates):
    after, _ = planted(dates, tmp_path)
    made, _ = compare(tmp_path, dates[0], after, report=str(tmp_path / "r.html"))
    with open(made["report"], encoding="utf-8") as file:
        text = file.read()
    assert text.count("data:image/png") == 3
    for words in ("changed cells", "Otsu", "Where most has changed", "What changed everywhere", "First date"):
        assert words in text
