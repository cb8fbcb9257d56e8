"""Suggestions of places to label: fewer labels for the same map, the same ones again, none where labels are."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import pyogrio  # noqa: E402
import rasterio  # noqa: E402
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import BadRaster, BadRequest  # noqa: E402
from iamap.engine.features import open_features  # noqa: E402
from iamap.engine.methods.estimators_trained import Trained  # noqa: E402
from iamap.engine.training.candidates import Race, look, uncertainty  # noqa: E402
from iamap.engine.training.choosing import Wish, choose, density, frame  # noqa: E402
from iamap.engine.training.suggest import TYPICAL, UNLIKE, UNSURE, _read, pick  # noqa: E402
from making import NORTH_UP, context, is_a_sentence, make_raster  # noqa: E402
from rasterio.transform import Affine  # noqa: E402
from scipy.ndimage import gaussian_filter  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from stripes import BANDS, HEIGHT, SPOTS, WIDTH, all_dots, dots, layer, numbers, stripes  # noqa: E402

#: of the classes of a raster whose truth is known: two are rare
SHARES = (0.45, 0.25, 0.15, 0.1, 0.03, 0.02)
SIDE = 60


def patches(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(bands, rows, cols) float32 features in patches of six classes that overlap, and (rows, cols) the truth."""
    rng = np.random.default_rng(seed)
    field = np.stack([gaussian_filter(rng.normal(size=(SIDE, SIDE)), 4) for _ in SHARES])
    field /= field.std((1, 2), keepdims=True)
    level = np.zeros(len(SHARES))
    for _ in range(300):
        truth = (field + level[:, None, None]).argmax(0)
        found = np.bincount(truth.ravel(), minlength=len(SHARES)) / truth.size
        level += 0.1 * np.log(np.array(SHARES) / (found + 1e-4))
    kinds = rng.normal(size=(len(SHARES), 16))
    return (kinds[truth] + rng.normal(size=(SIDE, SIDE, 16))).transpose(2, 0, 1).astype(np.float32), truth


def learn(x: np.ndarray, y: np.ndarray, classes: int) -> Trained:
    """What a training leaves behind, as far as suggestions ask for it."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300, class_weight="balanced")).fit(x, y)

    class Full:
        def predict_proba(self, cells):
            made = np.zeros((len(cells), classes))
            made[:, model.classes_] = model.predict_proba(cells)
            return made

    return Trained(Full(), classes, 0.5, None)


def balanced(trained: Trained, x: np.ndarray, y: np.ndarray) -> float:
    """Mean share of the cells of a class that are found."""
    found = trained.predict(x)[0]
    return float(np.mean([(found[y == one] == one).mean() for one in np.unique(y)]))


def rounds(path: str, truth: np.ndarray, seed: int, suggested: bool, count: int = 5) -> list[float]:
    """Accuracy after each of some rounds of ten labels, the first ten drawn at random."""
    with open_features(path) as features:
        x, y = features.read(0, SIDE).reshape(features.bands, -1).T, truth.ravel()
        order = np.random.default_rng(seed).permutation(len(x))
        chosen, reached = order[:10], []
        for one in range(1, count + 1):
            trained = learn(x[chosen], y[chosen], len(SHARES))
            if suggested:
                found = look(features, trained, np.empty((0, 2), int), seed, context())
                key = found.places @ (SIDE, 1)
                free = ~np.isin(key, chosen)
                picked = pick(found, trained, x[chosen], found.places.astype(float), free, Wish(10, 0.25, 3))
                chosen = np.append(chosen, key[picked.choice.index])
            else:
                chosen = order[: 10 + 10 * one]
            reached.append(balanced(learn(x[chosen], y[chosen], len(SHARES)), x, y))
    return reached


def test_suggested_places_teach_with_half_the_labels_what_random_ones_do(tmp_path):
    """Logistic regression on features of six classes that overlap, two of them rare."""
    random, suggested = [], []
    for seed in range(4):
        data, truth = patches(seed)
        path = make_raster(tmp_path / f"{seed}.tif", data)
        random.append(rounds(path, truth, seed, suggested=False))
        suggested.append(rounds(path, truth, seed, suggested=True))
    random, suggested = np.array(random), np.array(suggested)
    print("random", random.mean(0).round(3), "suggested", suggested.mean(0).round(3))
    # thirty labels, twenty of them suggested, beat sixty that were drawn
    assert suggested[:, 1].mean() > random[:, 4].mean() + 0.02
    assert (suggested.mean(1) > random.mean(1) + 0.03).all()


def suggest(path: str, folder: Path, **params):
    """Run the job; return the table of points, with their cells in the columns ``row`` and ``col``."""
    out = folder / "suggested.gpkg"
    values = {"input": path, "output": out, **params}
    jobs()["suggest_labels"].make({n: str(v) if isinstance(v, Path) else v for n, v in values.items()}).run(context())
    table = pyogrio.read_dataframe(out)
    with rasterio.open(path) as ds:
        col, row = ~ds.transform * (table.geometry.x.to_numpy(), table.geometry.y.to_numpy())
    return table.assign(row=np.floor(row).astype(int), col=np.floor(col).astype(int))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with a raster, its labels, and models of classes and of numbers."""
    folder = tmp_path_factory.mktemp("trained")
    path, labels = stripes(folder / "r.tif"), all_dots(folder / "labels.gpkg")
    spots = [place for some in SPOTS.values() for place in some]
    amounts = dots(folder / "amounts.gpkg", spots, height=np.arange(len(spots)) * 1.5)
    shared = {"input": path, "validation": "none"}
    jobs()["train_logistic"].make(
        {**shared, "labels": str(labels), "column": "kind", "model": str(folder / "m.iamap")}
    ).run(context())
    jobs()["train_ridge"].make(
        {**shared, "labels": str(amounts), "column": "height", "task": "numbers", "model": str(folder / "n.iamap")}
    ).run(context())
    return folder


def test_the_first_places_meet_more_classes_than_random_ones(tmp_path):
    random, suggested = [], []
    for seed in range(4):
        data, truth = patches(seed)
        found = suggest(make_raster(tmp_path / f"{seed}.tif", data), tmp_path, count=15, seed=seed)
        suggested.append(len(np.unique(truth[found.row, found.col])))
        draws = np.random.default_rng(seed).permuted(np.tile(np.arange(truth.size), (50, 1)), axis=1)[:, :15]
        random.append(np.mean([len(np.unique(truth.ravel()[draw])) for draw in draws]))
        assert set(found.why) == {TYPICAL} and found.guess.isna().all() and found["class"].isna().all()
    print("classes: random", np.mean(random), "suggested", np.mean(suggested))
    assert np.mean(suggested) > np.mean(random) + 0.5


def test_a_kind_of_place_that_nobody_has_labelled_comes_first_when_exploring(trained, tmp_path):
    two = [place for name in ("forêt", "水") for place in SPOTS[name]]
    found = suggest(trained / "r.tif", tmp_path, known=dots(tmp_path / "two.gpkg", two), count=3)
    assert ((found.col[:2] // 10) % 3 == 2).all()
    assert found.why[0] == UNLIKE


def test_points_tell_guess_doubt_and_reason_and_leave_a_column_to_fill(trained, tmp_path):
    model = trained / "m.iamap"
    found = suggest(trained / "r.tif", tmp_path, model=model, count=8)
    assert found["rank"].tolist() == list(range(1, 9))
    assert set(found.guess) <= set(SPOTS) and found.kind.isna().all()
    assert found.confidence.between(1 / 3, 1).all() and found.colour.str.fullmatch("#[0-9a-f]{6}").all()
    assert found.score.between(0, 1).all() and (np.diff(found.score) <= 0).all()
    assert set(found.why) <= {UNSURE, UNLIKE, TYPICAL} and UNSURE in set(found.why)
    # what it is told is what the map says
    jobs()["apply"].make(
        {"input": str(trained / "r.tif"), "model": str(model), "output": str(tmp_path / "map.tif")}
    ).run(context())
    with rasterio.open(tmp_path / "map.tif") as ds:
        at = ds.read(1)[found.row, found.col]
    assert [sorted(SPOTS)[value - 1] for value in at] == found.guess.tolist()


def test_the_points_once_filled_in_are_labels_to_train_with(trained, tmp_path):
    found = suggest(trained / "r.tif", tmp_path, model=trained / "m.iamap", count=5)
    found["kind"] = np.array(list(SPOTS), object)[found.col // 10 % 3]
    found.drop(columns=["row", "col"]).to_file(tmp_path / "filled.gpkg")
    again = {"input": str(trained / "r.tif"), "labels": str(trained / "labels.gpkg"), "column": "kind"}
    told = []
    ctx = context()
    ctx.fact = lambda name, value: told.append((name, value))
    more = {"more_labels": [str(tmp_path / "filled.gpkg")], "model": str(tmp_path / "m.iamap"), "validation": "none"}
    jobs()["train_logistic"].make({**again, **more}).run(ctx)
    assert ("labelled cells", 14) in told


def test_models_of_numbers_suggest_what_is_unlike_their_labels(trained, tmp_path):
    found = suggest(trained / "r.tif", tmp_path, model=trained / "n.iamap", count=6)
    assert found.guess.dtype == np.float64 and found.height.dtype == np.float64 and found.height.isna().all()
    assert found.confidence.isna().all() and "colour" not in found and UNSURE not in set(found.why)


def test_a_column_that_has_another_meaning_gives_way(trained, tmp_path, caplog):
    labels = pyogrio.read_dataframe(trained / "labels.gpkg").rename(columns={"kind": "Score"})
    labels.to_file(tmp_path / "labels.gpkg")
    jobs()["train_logistic"].make(
        {"input": str(trained / "r.tif"), "labels": str(tmp_path / "labels.gpkg"), "column": "Score",
         "model": str(tmp_path / "m.iamap"), "validation": "none"}
    ).run(context())  # fmt: skip
    found = suggest(trained / "r.tif", tmp_path, model=tmp_path / "m.iamap", count=2)
    assert found["class"].isna().all() and found.score.notna().all()
    assert "Score has another meaning" in caplog.text


@settings(max_examples=8, deadline=None)
@given(apart=st.floats(0, 200), count=st.integers(1, 25), seed=st.integers(0, 9))
def test_places_keep_apart_and_hold_data(trained, tmp_path_factory, apart, count, seed):
    folder = tmp_path_factory.mktemp("apart")
    known = trained / "labels.gpkg"
    found = suggest(trained / "r.tif", folder, known=known, apart=apart, count=count, seed=seed)
    assert np.isfinite(numbers()[:, found.row, found.col]).all()
    taken = [place for some in SPOTS.values() for place in some]
    places = np.concatenate([found[["row", "col"]].to_numpy(), taken])
    gaps = 10 * np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    gaps[-len(taken) :, -len(taken) :] = np.inf
    np.fill_diagonal(gaps, np.inf)
    assert gaps.min() >= max(apart, 10) - 1e-6


def test_the_same_places_whatever_the_layout_of_the_file(trained, tmp_path):
    # more cells than are drawn of a raster
    data = np.tile(numbers(), (1, 2, 2)) + np.random.default_rng(1).normal(size=(BANDS, 94, 122)).astype(np.float32)
    one = make_raster(tmp_path / "one.tif", data, nodata=np.nan)
    tiled = {"tiled": True, "blockxsize": 16, "blockysize": 16, "compress": "deflate"}
    other = make_raster(tmp_path / "tiled.tif", data, nodata=np.nan, **tiled)
    for params in ({}, {"model": trained / "m.iamap", "known": trained / "labels.gpkg"}):
        first, second = (suggest(path, tmp_path, **params) for path in (one, other))
        assert first.equals(second)
        assert not suggest(other, tmp_path, seed=7, **params).equals(second)


def test_an_extent_keeps_places_within_and_labels_beyond_it_count(trained, tmp_path):
    left, top = NORTH_UP * (20, 10)
    right, bottom = NORTH_UP * (40, 40)
    within = f"{left},{bottom},{right},{top}"
    found = suggest(trained / "r.tif", tmp_path, extent=within, known=trained / "labels.gpkg", count=4)
    assert found.row.between(10, 39).all() and found.col.between(20, 39).all()


def test_metres_are_metres_on_a_grid_of_degrees_and_cells_without_a_crs(tmp_path):
    degrees = Affine(1e-4, 0, 10, 0, -1e-4, 60)
    path = make_raster(tmp_path / "d.tif", numbers(), transform=degrees, crs="EPSG:4326", nodata=np.nan)
    found = suggest(path, tmp_path, count=20, apart=60)
    places = found[["col", "row"]].to_numpy() * (1e-4 * 111_320 * np.cos(np.deg2rad(60)), 1e-4 * 111_195)
    gaps = np.hypot(*(places[:, None] - places).transpose(2, 0, 1)) + 1e9 * np.eye(20)
    assert 59.5 < gaps.min() < 90
    plain = make_raster(tmp_path / "p.tif", numbers(), crs=None, nodata=np.nan)
    found = suggest(plain, tmp_path, count=20, apart=6)
    assert found.crs is None
    places = found[["col", "row"]].to_numpy()
    assert (np.hypot(*(places[:, None] - places).transpose(2, 0, 1)) + 1e9 * np.eye(20)).min() >= 6


def test_what_can_not_be_is_refused_in_a_sentence(trained, tmp_path):
    raster = trained / "r.tif"
    jobs()["cluster_kmeans"].make(
        {"input": str(raster), "output": str(tmp_path / "c.tif"), "model": str(tmp_path / "c.iamap")}
    ).run(context())
    fewer = make_raster(tmp_path / "few.tif", numbers()[:3], nodata=np.nan)
    little = make_raster(tmp_path / "little.tif", numbers()[:, :3, :4], nodata=np.nan)
    empty = make_raster(tmp_path / "empty.tif", np.full((2, 5, 5), np.nan, np.float32), nodata=np.nan)
    flat = make_raster(tmp_path / "flat.tif", np.ones((2, 5, 5), np.float32))
    everywhere = dots(tmp_path / "all.gpkg", [(row, col) for row in range(HEIGHT) for col in range(WIDTH)])
    bad = [
        ({"input": raster, "model": tmp_path / "c.iamap"}, BadRequest, "not trained from labels"),
        ({"input": raster, "model": tmp_path / "none.iamap"}, BadRequest, "not there"),
        ({"input": raster, "model": trained / "m.iamap", "more": [fewer]}, BadRequest, "one raster alone"),
        ({"input": fewer, "model": trained / "m.iamap"}, (BadRaster, BadRequest), "band"),
        ({"input": little}, BadRequest, "count = 20 is more than the 12 cells"),
        ({"input": empty}, BadRaster, "no pixel with valid data"),
        ({"input": flat}, BadRaster, "the same values"),
        ({"input": raster, "known": everywhere}, BadRequest, "of labels there are"),
    ]
    for params, kind, text in bad:
        with pytest.raises(kind, match=text) as caught:
            suggest(params.pop("input"), tmp_path, **params)
        assert is_a_sentence(caught.value)
    assert not (tmp_path / "suggested.gpkg").exists()


def test_features_of_another_encoder_are_refused(trained, tmp_path):
    other = stripes(tmp_path / "o.tif")
    with rasterio.open(other, "r+") as ds:
        ds.update_tags(ns="IAMAP", encoder="DINOv2 ViT-S/14")
    with pytest.raises(BadRaster, match="holds features of DINOv2"):
        suggest(other, tmp_path, model=trained / "m.iamap")


def test_fewer_places_than_asked_for_are_told(trained, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    found = suggest(trained / "r.tif", tmp_path, apart=250, count=20)
    assert 2 <= len(found) < 20 and f"{len(found)} of 20 places are found" in caplog.text


def test_labels_beside_the_raster_are_told_and_change_nothing(trained, tmp_path, caplog):
    beside = layer(tmp_path / "b.gpkg", [all_points()], kind=np.array(["x"], object))
    found = suggest(trained / "r.tif", tmp_path, known=beside)
    assert "lies on" in caplog.text
    assert found.equals(suggest(trained / "r.tif", tmp_path))


def all_points():
    """A point far off."""
    import shapely

    return shapely.Point(NORTH_UP * (-500, -500))


def test_labels_beyond_the_extent_are_read_as_those_within(trained):
    spots = np.array([place for some in SPOTS.values() for place in some] + [(40, 7)])
    left, top = NORTH_UP * (10, 4)
    right, bottom = NORTH_UP * (30, 42)
    for extent in (None, f"{left},{bottom},{right},{top}"):
        with open_features(str(trained / "r.tif"), None, extent) as features:
            found = look(features, None, spots, 1, context())
            assert extent is None or 3 < np.isnan(found.marked[:, 0]).sum() < 9
            true = numbers()[:, spots[:-1, 0], spots[:-1, 1]].T
            assert np.array_equal(_read(features, spots, found.marked, context()), true)


@given(st.integers(2, 6), st.integers(0, 99))
def test_doubt_is_highest_between_two_classes_and_none_where_one_is_certain(classes, seed):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(classes), 50).astype(np.float32)
    p[0], p[1] = 0, 0
    p[0, 0] = 1
    p[1, :2] = 0.5
    found = uncertainty(p)
    assert found[0] == 0 and found[1] == 1 and ((found >= 0) & (found <= 1)).all()


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31), cuts=st.lists(st.integers(1, 2999), max_size=5))
def test_a_race_is_won_by_weight_and_not_by_order(seed, cuts):
    rows, cols = np.divmod(np.arange(3000), 60)
    weight = np.where(np.arange(3000) < 1500, 1.0, 9.0)
    weight[:100] = 0

    def won(parts):
        race = Race(300, seed)
        for part in parts:
            race.add(part[:, None].astype(np.float32), rows[part], cols[part], weight[part])
        return set(race.result()[0][:, 0].astype(int).tolist())

    once = won([np.arange(3000)])
    assert len(once) == 300 and min(once) >= 100
    assert won(np.split(np.arange(3000)[::-1], sorted(set(cuts)))) == once
    # about nine of ten are of the heavy half
    assert sum(one >= 1500 for one in once) > 230


def test_a_choice_is_dense_unsure_and_unlike_what_was_chosen():
    rng = np.random.default_rng(0)
    sample = np.concatenate([rng.normal(0, 1, (400, BANDS)), rng.normal(12, 1, (100, BANDS)), [[60.0] * BANDS]])
    known = frame(sample.astype(np.float32))
    crowd = density(known.sample, known)
    assert crowd[-1] < crowd[:-1].min() and ((crowd > 0) & (crowd < 1)).all()
    xy, free = rng.uniform(0, 1000, (501, 2)), np.ones(501, bool)
    nothing = np.empty((0, known.sample.shape[1]), np.float32)
    two = choose(known.sample, xy, None, nothing, free, crowd, known.typical, Wish(2, 1, 0)).index
    assert {i < 400 for i in two.tolist()} == {True, False} and 500 not in two
    unsure = np.where(np.arange(501) % 50 == 7, 1.0, 0.0)
    ten = choose(known.sample, xy, unsure, nothing, free, crowd, known.typical, Wish(10, 0, 0)).index
    assert (ten % 50 == 7).all() and len(ten) == 10
