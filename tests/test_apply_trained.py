"""Maps of trained models: the same pixels wherever and however they are made, and doubts that are what they say."""

from __future__ import annotations

import csv
import json

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
import rasterio  # noqa: E402
import shapely  # noqa: E402
from iamap.contract.errors import Cancelled, IamapError  # noqa: E402
from iamap.engine import features as features_module  # noqa: E402
from iamap.engine import mapping  # noqa: E402
from iamap.engine.training import cleaning  # noqa: E402
from learning import apply, classes_of, model, train  # noqa: E402
from making import NORTH_UP, context, files, is_a_sentence, make_raster, read, texture  # noqa: E402
from rasterio.transform import Affine  # noqa: E402
from scipy.ndimage import label as patches_of  # noqa: E402
from stacks import encoded  # noqa: E402
from stripes import HEIGHT, WIDTH, all_dots, dots, numbers, stripes  # noqa: E402

METHODS = ["train_logistic", "train_knn", "train_random_forest"]
SMALL = {"train_random_forest": {"trees": 20}}


@pytest.fixture
def source(tmp_path):
    return stripes(tmp_path / "s.tif")


@pytest.fixture
def labels(tmp_path):
    return all_dots(tmp_path / "l.gpkg")


def outputs(folder, *names):
    endings = {"polygons": "gpkg", "outside": "gpkg", "table": "csv"}
    return {name: folder / f"{name}.{endings.get(name, 'tif')}" for name in names}


@pytest.mark.parametrize("job", METHODS)
def test_a_map_is_the_same_at_training_and_later_of_a_part_and_in_pieces(tmp_path, labels, monkeypatch, job):
    source = stripes(tmp_path / "s.tif")
    made = outputs(tmp_path, "doubt")
    train(source, tmp_path, labels, job, output=tmp_path / "o.tif", **made, **SMALL.get(job, {}))
    whole, doubt = read(tmp_path / "o.tif"), read(tmp_path / "doubt.tif")
    later = outputs(tmp_path, "doubt", "probabilities")
    np.testing.assert_array_equal(apply(source, tmp_path, **later), whole)
    np.testing.assert_array_equal(read(tmp_path / "doubt.tif"), doubt)
    likely = read(tmp_path / "probabilities.tif")
    # 13 columns and 21 rows from column 9 and row 11, an extent that is off the grid
    x, y = NORTH_UP * (9.4, 11.7)
    far_x, far_y = NORTH_UP * (21.5, 31.2)
    crop = apply(source, tmp_path, extent=f"{x},{far_y},{far_x},{y}", **later)
    part = np.s_[:, 11:32, 9:22]
    np.testing.assert_array_equal(crop, whole[part])
    np.testing.assert_array_equal(read(tmp_path / "doubt.tif"), doubt[part])
    np.testing.assert_array_equal(read(tmp_path / "probabilities.tif"), likely[part])
    # other blocks in the file, other pieces to read, other portions to predict
    tiled = make_raster(tmp_path / "t.tif", numbers(), nodata=np.nan, tiled=True, blockxsize=16, blockysize=16)
    monkeypatch.setattr(features_module, "_PIECE_BYTES", 4 * 5 * WIDTH * 3)
    monkeypatch.setattr(mapping, "_CELLS", 7)
    np.testing.assert_array_equal(apply(tiled, tmp_path, **later), whole)
    np.testing.assert_allclose(read(tmp_path / "doubt.tif"), doubt, atol=2e-6)
    np.testing.assert_allclose(read(tmp_path / "probabilities.tif"), likely, atol=2e-6)


def test_only_the_extent_is_mapped_at_training_but_labels_count_everywhere(tmp_path, source, labels):
    train(source, tmp_path, labels, output=tmp_path / "whole.tif")
    saved = model(tmp_path).facts
    x, y = NORTH_UP * (9.4, 11.7)
    far_x, far_y = NORTH_UP * (21.5, 31.2)
    made = {"output": tmp_path / "part.tif", "doubt": tmp_path / "doubt.tif"}
    train(source, tmp_path, labels, extent=f"{x},{far_y},{far_x},{y}", **made)
    assert model(tmp_path).facts == saved
    np.testing.assert_array_equal(read(made["output"]), read(tmp_path / "whole.tif")[:, 11:32, 9:22])
    with rasterio.open(made["doubt"]) as ds:
        assert ds.transform == NORTH_UP * Affine.translation(9, 11)


def test_without_a_check_no_class_is_ruled_out(tmp_path, source, labels):
    train(source, tmp_path, labels, validation="none")
    drawn = apply(source, tmp_path, **outputs(tmp_path, "doubt"))[0]
    assert set(read(tmp_path / "doubt.tif")[1][drawn != 255]) == {3}


@pytest.mark.parametrize("job", METHODS)
def test_classes_probabilities_confidence_sets_and_unlikeness_are_what_they_say(tmp_path, source, labels, job):
    train(source, tmp_path, labels, job, **SMALL.get(job, {}))
    drawn = apply(source, tmp_path, **outputs(tmp_path, "doubt", "probabilities"))[0]
    likely, (confidence, sets, unlike, outside) = read(tmp_path / "probabilities.tif"), read(tmp_path / "doubt.tif")
    hole = np.isnan(numbers()[0]) | np.isnan(numbers()).any(0)
    assert hole.any() and (drawn[hole] == 255).all() and set(np.unique(drawn[~hole])) == {1, 2, 3}
    for band in (*likely, confidence, sets, unlike, outside):
        np.testing.assert_array_equal(np.isnan(band), hole)
    inside = ~hole
    np.testing.assert_allclose(likely.sum(0)[inside], 1, atol=1e-5)
    assert likely[:, inside].min() >= 0
    np.testing.assert_array_equal(confidence[inside], likely.max(0)[inside])
    np.testing.assert_array_equal(drawn[inside], likely.argmax(0)[inside] + 1)
    saved = model(tmp_path).estimator
    np.testing.assert_array_equal(sets[inside], np.maximum((likely >= saved.threshold).sum(0), 1)[inside])
    assert set(np.unique(sets[inside])) <= {1, 2, 3}
    np.testing.assert_array_equal(outside[inside] == 1, unlike[inside] > saved.applicability.threshold)
    assert set(np.unique(outside[inside])) <= {0, 1} and unlike[inside].min() >= 0
    about = classes_of(tmp_path / "doubt.tif")
    assert about["bands"] == ["confidence", "classes not ruled out", "dissimilarity", "outside"]


def test_what_is_unlike_all_labels_is_outside_and_masked_where_asked_for(tmp_path, labels):
    data = numbers()
    data[:, 35:45, 30:50] += 60
    source = make_raster(tmp_path / "s.tif", data, nodata=np.nan)
    few = dots(tmp_path / "f.gpkg", [(row, col) for row in range(0, 14, 2) for col in range(0, 30, 3)],
               kind=np.array([f"k{col // 10}" for row in range(0, 14, 2) for col in range(0, 30, 3)], object))  # fmt: skip
    train(source, tmp_path, few)
    whole = apply(source, tmp_path, **outputs(tmp_path, "doubt", "outside"))[0]
    outside = read(tmp_path / "doubt.tif")[3] == 1
    strange = np.zeros_like(outside)
    strange[35:45, 30:50] = True
    assert outside[strange].all() and outside[~strange].mean() < 0.3
    masked = apply(source, tmp_path, mask=True)[0]
    np.testing.assert_array_equal(masked, np.where(outside, 255, whole))
    shapes = shapely.from_wkb(pyogrio.raw.read(tmp_path / "outside.gpkg")[2])
    assert shapely.area(shapes).sum() == pytest.approx(100 * outside.sum())
    assert {one.label for one in model(tmp_path).classes} == {"k0", "k1", "k2"}


def most_frequent(values, window):
    """What the majority filter promises, cell by cell."""
    made, reach = values.copy(), window // 2
    for row, col in np.argwhere(values != 255):
        around = values[max(0, row - reach) : row + reach + 1, max(0, col - reach) : col + reach + 1]
        votes = np.bincount(around[around != 255], minlength=256)
        if votes[values[row, col]] < votes.max():
            made[row, col] = votes.argmax()
    return made


@pytest.mark.parametrize(("window", "seed"), [(3, 0), (5, 1), (11, 2), (51, 3)])
def test_the_most_frequent_class_of_a_window_wins(window, seed):
    rng = np.random.default_rng(seed)
    values = rng.choice([1, 2, 3, 9, 254, 255], (23, 31), p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.1]).astype(np.uint8)
    found = cleaning.majority(values, 255, window)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, most_frequent(values, window))


def too_small(values, smallest):
    """Patches below the size, neighbours by their sides, in pieces of data that hold a larger one."""
    piece = patches_of(values != 255)[0]
    found, large = [], set()
    for one in np.unique(values[values != 255]):
        patch, count = patches_of(values == one)
        for number in range(1, count + 1):
            mine = patch == number
            if mine.sum() < smallest:
                found.append(piece[mine][0])
            else:
                large.add(piece[mine][0])
    return [one for one in found if one in large]


@pytest.mark.parametrize(("smallest", "seed"), [(2, 0), (5, 1), (12, 2), (2, 3), (9, 4)])
def test_no_patch_below_the_size_is_left_where_there_is_one_to_join(smallest, seed):
    rng = np.random.default_rng(seed)
    values = rng.choice([1, 2, 3, 255], (30, 40), p=[0.45, 0.3, 0.15, 0.1]).astype(np.uint8)
    assert len(too_small(values, smallest)) > 20
    found = cleaning._sieved(values, 255, smallest, context())
    np.testing.assert_array_equal(found == 255, values == 255)
    assert not too_small(found, smallest)
    np.testing.assert_array_equal(cleaning._sieved(found, 255, smallest, context()), found)


def test_a_map_is_cleaned_across_pieces_and_polygons_and_areas_are_of_the_clean_one(tmp_path, labels, monkeypatch):
    rng = np.random.default_rng(0)
    data = numbers() + rng.normal(size=(5, HEIGHT, WIDTH)).astype(np.float32) * 3
    source = make_raster(tmp_path / "s.tif", data, nodata=np.nan)
    train(source, tmp_path, labels)
    plain = apply(source, tmp_path)[0]
    smooth = most_frequent(plain, 5)
    assert (smooth != plain).any()
    monkeypatch.setattr(cleaning, "_CELLS", 1)
    np.testing.assert_array_equal(apply(source, tmp_path, smooth=5)[0], smooth)
    made = outputs(tmp_path, "polygons", "table", "doubt")
    clean = apply(source, tmp_path, smooth=5, smallest=8, **made)[0]
    np.testing.assert_array_equal(clean, cleaning._sieved(smooth, 255, 8, context()))
    assert not too_small(clean, 8)
    with open(made["table"], encoding="utf-8-sig", newline="") as file:
        assert [int(row["cells"]) for row in csv.DictReader(file)] == [(clean == one).sum() for one in (1, 2, 3)]
    about, _, raw, columns = pyogrio.raw.read(made["polygons"])
    told = dict(zip(about["fields"], columns))
    confidence, hole = read(made["doubt"])[0], clean == 255
    for shape, value, cells, mean in zip(
        shapely.from_wkb(raw), told["value"], told["cells"], told["confidence"], strict=True
    ):
        mine = rasterio.features.rasterize([(shape, 1)], clean.shape, transform=NORTH_UP).astype(bool) & ~hole
        assert (clean[mine] == value).all() and mine.sum() == cells
        assert mean == pytest.approx(confidence[mine].mean(dtype=float), abs=1e-5)
    assert told["cells"].sum() == (~hole).sum()
    assert not [name for name in files(tmp_path) if "raw" in name or "part" in name]


def test_names_of_classes_go_through_to_all_that_is_written(tmp_path, source, labels):
    train(source, tmp_path, labels)
    apply(source, tmp_path, **outputs(tmp_path, "polygons", "probabilities", "table"))
    names = ["field", "forêt", "水"]
    assert [one["label"] for one in json.loads(classes_of(tmp_path / "applied.tif")["style"])["categories"]] == names
    assert classes_of(tmp_path / "probabilities.tif")["bands"] == [f"probability of {name}" for name in names]
    assert "forêt" in (tmp_path / "table.csv").read_text(encoding="utf-8-sig")
    about, _, _, columns = pyogrio.raw.read(tmp_path / "polygons.gpkg")
    assert set(columns[list(about["fields"]).index("class")]) == set(names)


def work(job, folder, source, labels, cancelled):
    """A run that writes all it can."""
    if job == "train":
        train(source, folder, labels, ctx=context(cancelled), output=folder / "o.tif", doubt=folder / "d.tif")
    else:
        made = outputs(folder, "doubt", "probabilities", "polygons", "outside")
        apply(source, folder, ctx=context(cancelled), smooth=3, smallest=3, **made)


@pytest.mark.parametrize("job", ["train", "apply"])
def test_what_is_cancelled_or_fails_leaves_nothing(tmp_path, source, labels, monkeypatch, job):
    train(source, tmp_path, labels)
    saved, before, calls = (tmp_path / "m.iamap").read_bytes(), files(tmp_path), []
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "m.iamap").write_bytes(saved)
    work(job, tmp_path / "all", source, labels, lambda: calls.append(1))
    asked = len(calls)
    assert asked >= 4 and len(files(tmp_path / "all")) >= 3
    for share in (0, 0.3, 0.6, 0.9):
        left = [int(share * asked)]

        def later(left=left):
            left[0] -= 1
            return left[0] < 0

        with pytest.raises(Cancelled):
            work(job, tmp_path, source, labels, later)
        assert files(tmp_path) == ["all", *before] and (tmp_path / "m.iamap").read_bytes() == saved
    with monkeypatch.context() as broken:
        broken.setattr(cleaning if job == "apply" else mapping, "FeatureWriter", None)
        with pytest.raises(TypeError):
            work(job, tmp_path, source, labels, lambda: False)
    assert files(tmp_path) == ["all", *before] and (tmp_path / "m.iamap").read_bytes() == saved


def refused(source, folder, **params):
    before = files(folder)
    with pytest.raises(IamapError) as caught:
        apply(source, folder, **params)
    assert is_a_sentence(caught.value) and caught.value.hint and files(folder) == before
    return str(caught.value)


def test_another_encoder_other_weights_or_other_bands_are_refused(tmp_path, labels):
    data = numbers()
    source = encoded(tmp_path / "f.tif", data, nodata=np.nan)
    train(source, tmp_path, labels, output=tmp_path / "o.tif")
    again = encoded(tmp_path / "g.tif", data, nodata=np.nan)
    np.testing.assert_array_equal(apply(again, tmp_path), read(tmp_path / "o.tif"))
    assert "DINOv2" in refused(encoded(tmp_path / "h.tif", data, encoder="Prithvi", nodata=np.nan), tmp_path)
    refused(encoded(tmp_path / "i.tif", data, weights="cd" * 32, nodata=np.nan), tmp_path)
    refused(encoded(tmp_path / "j.tif", data[:3], nodata=np.nan), tmp_path)
    plain = stripes(tmp_path / "k.tif")
    refused(plain, tmp_path)
    for what in ({"smooth": 4}, {"more": [plain]}, {"model": tmp_path / "gone.iamap"}, {"model": plain}):
        refused(source, tmp_path, **what)


def test_a_stack_is_asked_for_again_in_its_order(tmp_path, labels):
    source = stripes(tmp_path / "s.tif")
    photo = make_raster(tmp_path / "p.tif", texture(WIDTH * 4, HEIGHT * 4), transform=NORTH_UP * Affine.scale(0.25))
    dem = make_raster(tmp_path / "d.tif", np.random.default_rng(1).normal(size=(1, HEIGHT, WIDTH)).astype(np.float32))
    train(source, tmp_path, labels, more=[photo, dem], output=tmp_path / "o.tif")
    np.testing.assert_array_equal(apply(source, tmp_path, more=[photo, dem]), read(tmp_path / "o.tif"))
    for more in (None, [photo], [dem, photo], [photo, dem, dem]):
        refused(source, tmp_path, more=more)


def test_numbers_give_no_classes_and_say_so(tmp_path, source):
    cells = [(row, col) for row in range(0, 14, 2) for col in range(0, 30, 3)]
    labels = dots(tmp_path / "l.gpkg", cells, kind=np.array([float(col) for _, col in cells]))
    train(source, tmp_path, labels, "train_ridge", task="numbers")
    for what in (
        outputs(tmp_path, "polygons"),
        outputs(tmp_path, "table"),
        outputs(tmp_path, "probabilities"),
        {"smooth": 3},
    ):
        refused(source, tmp_path, **what)
    drawn = apply(source, tmp_path, mask=True)[0]
    assert drawn.dtype == np.float32 and np.isnan(drawn[15:19, 40:50]).all()
