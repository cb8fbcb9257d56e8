"""What may be stacked, and what a model remembers of a stack: other stacks are refused in a sentence."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

import rasterio  # noqa: E402
from iamap.contract.errors import BadRaster, BadRequest, IamapError  # noqa: E402
from iamap.engine.features import open_features  # noqa: E402
from iamap.engine.training.stack import StackPlan, covering, open_stack  # noqa: E402
from making import NORTH_UP, is_a_sentence, make_raster, texture  # noqa: E402
from rasterio.transform import Affine  # noqa: E402
from stacks import cut, encoded, main_raster, others_in, photo, settings_of, whole  # noqa: E402


@pytest.fixture
def main(tmp_path):
    return main_raster(tmp_path / "main.tif")


@pytest.fixture
def others(tmp_path):
    return others_in(tmp_path)


def test_rasters_without_crs_share_coordinates_and_a_lone_one_is_refused(tmp_path, main):
    bare = main_raster(tmp_path / "bare.tif", crs=None)
    name, data = photo(tmp_path / "photo.tif", crs=None)
    with open_stack(bare, None, None, [name], False, 1, "input") as stack:
        assert np.array_equal(whole(stack)[2:, 0, 0], cut(data).mean(-1)[:, 0, 0].astype(np.float32))
    for one, two in ((main, name), (bare, photo(tmp_path / "placed.tif")[0])):
        with pytest.raises(BadRaster, match="has no CRS") as caught, open_stack(one, None, None, [two], False, 1, "input"):  # fmt: skip
            pass
        assert is_a_sentence(caught.value)


def test_rasters_on_nobody_knows_which_planet_are_refused(tmp_path, main):
    local = 'LOCAL_CS["quarry",UNIT["metre",1]]'
    other = main_raster(tmp_path / "quarry.tif", crs=local)
    with pytest.raises(BadRaster) as caught, open_stack(main, None, None, [other], False, 1, "input"):
        pass
    assert is_a_sentence(caught.value)
    with open_stack(other, None, None, [other], False, 1, "input") as stack:
        values = whole(stack)
    assert np.array_equal(values[:2], values[2:], equal_nan=True)


def test_only_rasters_that_overlap_are_taken(tmp_path, main, others):
    far = main_raster(tmp_path / "far.tif", transform=NORTH_UP * Affine.translation(100, 0))
    small = make_raster(tmp_path / "small.tif", texture(2, 2), transform=NORTH_UP * Affine.translation(5.31, 5.37) * Affine.scale(0.01))  # fmt: skip
    assert covering([far, *others, small], main) == [*others, small]
    with open_features(main, extent="500000,4999980,500020,5000000") as corner:
        assert covering([far, small, others[0]], corner) == [others[0]]
    for grid in ("input", "finest"):
        with pytest.raises(BadRaster, match="no place in common") as caught, open_stack(main, None, None, [far], False, 1, grid):  # fmt: skip
            pass
        assert is_a_sentence(caught.value)


@pytest.mark.parametrize(("window", "grid"), [(4, "input"), (0, "input"), (-3, "input"), (1, "coarsest")])
def test_settings_that_are_none_are_refused(main, window, grid):
    with pytest.raises(BadRequest) as caught, open_stack(main, None, None, [], False, window, grid):
        pass
    assert is_a_sentence(caught.value)


def test_a_plan_is_json_both_ways_and_takes_what_is_made_alike(main, others):
    for more, *rest in settings_of(others):
        with open_stack(main, None, None, more, *rest) as stack, open_stack(main, None, None, more, *rest) as again:
            back = StackPlan.of(json.loads(json.dumps(stack.plan.as_dict())))
            assert back == stack.plan
            back.expect([main, *more])
            back.check(again.plan, main)
            back.check(again.plan, [main, *more])


def refusal(plan, other, names):
    with pytest.raises(IamapError) as caught:
        plan.check(other, names)
    assert is_a_sentence(caught.value)
    return caught.value


def test_other_stacks_than_the_one_trained_with_are_refused(tmp_path, main, others):
    name, dem, turned, features = others

    def plan(*more, deviation=True, window=3, first=main):
        with open_stack(first, None, None, more, deviation, window, "input") as stack:
            return stack.plan

    trained = plan(dem, features)
    asked = "2 more rasters: dem.tif (1 band), f.tif (DINOv2, 3 bands)"
    assert asked in refusal(trained, plan(), [main]).text
    assert asked in refusal(trained, plan(dem), [main, dem]).text
    with pytest.raises(BadRequest, match="2 more rasters"):
        trained.expect([main])
    with pytest.raises(BadRequest, match="one raster alone"):
        plan().expect([main, dem])
    with pytest.raises(BadRequest, match=r"given are f\.tif, dem\.tif"):
        trained.expect([main, features, dem])
    # other files in the wrong order are known by what they hold
    moved = encoded(tmp_path / "g.tif", np.ones((3, 12, 15), np.float32), transform=NORTH_UP * Affine.scale(2))
    height = main_raster(tmp_path / "h.tif")
    with rasterio.open(height) as ds:
        height = make_raster(tmp_path / "height.tif", ds.read([1]))
    trained.check(plan(height, moved), [main, height, moved])
    wrong = refusal(trained, plan(moved, height), [main, moved, height])
    assert "another order: g.tif, height.tif" in wrong.text and wrong.hint.endswith("height.tif, g.tif")
    assert "features of DINOv2" in refusal(trained, plan(moved, moved), [main, moved, moved]).text
    assert "no features of an encoder" in refusal(trained, plan(dem, name), [main, dem, name]).text
    alien = encoded(tmp_path / "a.tif", np.ones((3, 12, 15), np.float32), weights="cd" * 32, transform=NORTH_UP)
    assert "a.tif was encoded with other weights" in refusal(trained, plan(dem, alien), [main, dem, alien]).text
    assert "turned.tif gives 2 bands, 1 are needed" in refusal(trained, plan(turned, moved), [main, turned, moved]).text
    assert "window = 3, 5" in refusal(trained, plan(dem, features, window=5), [main, dem, features]).text
    assert "deviation = True" in refusal(trained, plan(dem, features, deviation=False), main).text
    fine = make_raster(tmp_path / "fine.tif", texture(60, 60, 1), transform=NORTH_UP * Affine.scale(0.2))
    assert "smaller than a cell" in refusal(trained, plan(fine, features), [main, fine, features]).text
    assert "no features of an encoder" in refusal(plan(dem, first=features), plan(dem), [main, dem]).text
    assert "DINOv2, 3 bands" in refusal(plan(features, first=features), plan(dem, first=features), [features, dem]).text


def test_plans_of_older_models_need_no_more_than_was_told():
    plan = StackPlan.of({"contracts": [], "deviation": False, "window": 1, "grid": "input", "names": []})
    assert replace(plan, window=3).as_dict()["window"] == 3
