"""What is typed on the command line reaches the job as it was meant, and help and sentences tell what may be typed."""

from __future__ import annotations

import itertools
import runpy
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

from iamap.algorithms import jobs  # noqa: E402
from iamap.contract.errors import BadRequest  # noqa: E402
from iamap.encoders import encoders  # noqa: E402
from iamap.engine import weights  # noqa: E402
from iamap.engine.position_bias import PositionBias  # noqa: E402
from iamap.engine.position_figures import Figures  # noqa: E402
from iamap.worker.cli import main  # noqa: E402
from iamap.worker.options import joined, parsed, parser  # noqa: E402
from iamap.worker.request import build  # noqa: E402
from making import make_raster, texture  # noqa: E402
from stripes import dots  # noqa: E402

PARSER = parser()
ENCODE = jobs()["encode"].specs()
OPTIONAL = [name for name, spec in ENCODE.items() if not spec.required]
#: what a shell may hand over; no option of Encode, nor what begins with two minuses, is among it
VALUES = st.one_of(
    st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=12).filter(lambda text: text[:1] != "-"),
    st.lists(st.integers(-300, 300), min_size=1, max_size=4).map(lambda some: ",".join(map(str, some))),
    st.lists(st.floats(-180, 180).map(lambda one: f"{one:.2f}"), min_size=4, max_size=4).map(",".join),
    st.sampled_from(["-", "-x", "-a.tif"]),
)


def said(capsys) -> str:
    """What stands on both streams, as one line."""
    return " ".join("".join(capsys.readouterr()).split())


# values


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(OPTIONAL), st.tuples(VALUES, st.booleans()), max_size=5), st.integers(0, 2))
def test_any_value_may_follow_its_option_also_one_that_begins_with_a_minus(values, place):
    words = [["a.tif"], ["b.tif"]]
    for name, (value, apart) in values.items():
        option = "--" + name.replace("_", "-")
        words.insert(place, [option, value] if apart else [f"{option}={value}"])
    found = vars(PARSER.parse_args(joined(["encode", *itertools.chain(*words)])))
    wanted = {name: value for name, (value, _) in values.items()}
    assert found == {"verb": "encode", "input": "a.tif", "output": "b.tif", **wanted}


def test_a_begun_option_takes_its_value_and_one_that_was_forgotten_is_missed(capsys):
    assert parsed(["encode", "a", "b", "--lay", "-1,-2"])["layers"] == "-1,-2"
    for words in (["--layers"], ["--layers", "--extent=1,2,3,4"], ["--layers", "--extent", "-1,2,3,4"]):
        with pytest.raises(SystemExit) as caught:
            parsed(["encode", "a", "b", *words])
        told = capsys.readouterr().err
        assert caught.value.code == 2 and "--layers: expected one argument" in told and told.count("\n") == 1


def test_what_is_no_job_is_left_as_it_is():
    for words in (["run", "--layers", "-1"], ["--version"], [], ["encode", "a", "--", "--layers", "-1"]):
        assert joined(words) == words


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["encod", "a", "b"], "there is no command encod. Did you mean"),
        (["zzz"], "listed in docs/jobs"),
        (["encode", "a", "b", "--extend", "1"], "encode has no option --extend. Did you mean --extent"),
        (["encode", "a", "b", "--zzz=1"], "They are listed by: iamap encode --help"),
        (["encode", "my", "image.tif", "b"], "b is one value too many. Put quotes round"),
        (["encode", "a.tif", "b.tif", "--encoder", "DINO ViT-S/17"], "did you mean DINO ViT-S/16 or"),
        (["encode", "a.tif", "b.tif", "--encoder", "qqq"], "by the command: iamap encoders"),
    ],
)
def test_what_is_unknown_is_told_in_one_line_with_what_was_meant(words, told, capsys):
    assert main(words) == 2
    found = capsys.readouterr().err
    assert told.lower() in found.lower() and found.count("\n") == 1


# bands


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(1, 300)), min_size=1, max_size=5), st.sampled_from(",; "))
def test_ranges_of_bands_go_up_and_down(ranges, between):
    text = between.join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)
    each = [[*range(a, b + 1)] if a <= b else [*range(a, b - 1, -1)] for a, b in ranges]
    wanted = [*itertools.chain(*each)]
    assert ENCODE["bands"].check("bands", text) == wanted
    assert ENCODE["bands"].check("bands", text.replace("-", " – ")) == wanted
    assert ENCODE["bands"].check("bands", wanted) == wanted


@pytest.mark.parametrize("text", ["1-", "-", "1-2-3", "a-b", "1-9999999999", "1.5", "3,x"])
def test_what_is_no_range_is_refused_with_an_example_of_one(text):
    with pytest.raises(BadRequest, match=r"numbers and ranges such as 3,2,1 or 1-129,136-224"):
        ENCODE["bands"].check("bands", text)


@pytest.mark.parametrize("value", ["0-3", "3-0", "-1", [0], ["-2"]])
def test_bands_below_one_are_refused(value):
    with pytest.raises(BadRequest, match="counted from 1"):
        ENCODE["bands"].check("bands", value)


def test_a_list_holds_numbers_only():
    with pytest.raises(BadRequest):
        ENCODE["bands"].check("bands", ["1-3"])


# help


@pytest.mark.parametrize("verb", ["encode", "compare_precisions", "compare_encoders", "similarity"])
def test_the_help_shows_every_choice_or_where_it_is_listed(verb, capsys):
    with pytest.raises(SystemExit):
        main([verb, "-h"])
    told = said(capsys)
    for name, spec in jobs()[verb].specs().items():
        options = spec.options() if spec.kind == "choice" else []
        if name == "encoder":
            assert "by the command: iamap encoders" in told
        else:
            assert all(option in told for option in options), name
    if verb == "encode":  # whose help says "listed below"
        below = told.partition(" Encoders ")[2]
        assert all(name in below for name in encoders()) and "343 MB" in below and "NO COMMERCIAL USE" in below
        assert "<" not in below and "&" not in below


# what a run tells


def test_a_run_tells_one_fact_a_line(tmp_path, capsys):
    source = make_raster(tmp_path / "s.tif", texture(96, 64))
    words = ["--encoder", "mosaiks", "--bands", "3-1", "--extent", "-1e6,-1e7,1e7,1e7", "--tile", "64"]
    assert main(["encode", source, str(tmp_path / "f.tif"), *words]) == 0
    lines = capsys.readouterr().err.splitlines()
    facts = dict(line.split(": ", 1) for line in lines[next(i for i, one in enumerate(lines) if one[:6] == "tiles:") :])
    assert {"tiles", "seconds", "columns", "rows", "megabytes", "position bias"} <= set(facts)
    assert not any("," in name or "_" in name for name in facts)


def test_facts_about_the_place_in_the_tile_have_names_that_are_translated():
    facts = PositionBias("kept", figures=Figures(*[0.5] * len(fields(Figures)))).told_facts()
    known = runpy.run_path(str(Path(__file__).parents[1] / "tools" / "make_ts.py"))["FIGURES"]
    assert len(facts) == 4 and set(facts) <= set(known) and not any("," in name for name in facts)


def test_where_a_column_is_missing_those_of_the_layer_are_listed(tmp_path):
    layer = str(dots(tmp_path / "l.gpkg", [(4, 3), (9, 8)], kind=["a", "b"], height=[1.0, 2.0]))
    raster = make_raster(tmp_path / "s.tif", texture(64, 64))
    for verb, values in {
        "compare_precisions": {"input": raster, "labels": layer, "report": "p.html"},
        "train_logistic": {"input": raster, "labels": layer, "output": "m.tif", "model": "m.iamap"},
    }.items():
        with pytest.raises(BadRequest) as caught:
            build(verb, values)
        assert caught.value.marked[0] == "`column` is missing" and caught.value.hint.endswith(": one of kind, height")
    with pytest.raises(BadRequest) as caught:
        build("compare_precisions", {"input": raster, "labels": raster, "report": "p.html"})
    assert caught.value.hint == "choose the column of the labels that holds the classes"


@pytest.mark.parametrize(("before", "told"), [([], False), (["--verbose"], True)])
def test_why_a_hub_is_not_reached_is_told_to_whoever_asks(tmp_path, caplog, capsys, monkeypatch, before, told):
    class ConnectError(Exception):
        """As httpx has one."""

    ConnectError.__module__ = "httpx"

    def fail(*_):
        raise ConnectError("[Errno -2] Name or service not known")

    monkeypatch.setenv("IAMAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "_fetch", fail)
    source = make_raster(tmp_path / "s.tif", texture(64, 64))
    assert main([*before, "encode", source, str(tmp_path / "f.tif"), "--encoder", "DINO ViT-S/16"]) == 2
    assert "the model hub can't be reached. Give the file as own weights" in capsys.readouterr().err
    assert ("Name or service not known" in caplog.text) == told
