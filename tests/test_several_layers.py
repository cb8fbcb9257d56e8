"""Fields of several vector layers: how they may be given, and what is known about them."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iamap.contract import fields as f
from iamap.contract.errors import BadRequest
from iamap.contract.job import Job
from iamap.engine.outputs import Outputs
from iamap.worker.options import _add_job


@dataclass(frozen=True)
class Several(Job):
    """Read some layers.

    Nothing else.
    """

    id = "several"
    title = "Several"

    first: list[str] = f.vectors_in("Layers")
    more: list[str] | None = f.vectors_in("More layers", None, geometry="polygon", help="100 % of them.")
    count: int = f.integer("Count", 1)
    output: str = f.vector_out("Layer")


#: names that a file system takes, apart from the one character that stands between two
NAMES = st.text(st.characters(blacklist_characters=";/|\x00", blacklist_categories=("Cs", "Cc", "Z")), min_size=1)
PATHS = st.tuples(NAMES, st.one_of(st.just(""), NAMES.map("|layername={}".format))).map("".join)


@given(st.lists(PATHS, min_size=1, max_size=4))
def test_text_with_semicolons_and_a_list_are_alike_and_stay_as_they_are(paths):
    spec = Several.specs()["first"]
    assert spec.check("first", paths) == spec.check("first", ";".join(paths)) == paths
    assert spec.check("first", json.loads(json.dumps(paths))) == paths
    assert spec.check("first", " ; ".join([*paths, ""])) == paths, "blanks and empty ends are none"


@pytest.mark.parametrize("value", [5, {"a": 1}, ["a.gpkg", 5], [["a.gpkg"]], True])
def test_what_is_no_list_of_layers_is_refused_by_its_name(value):
    with pytest.raises(BadRequest, match=r"first = .* is not a list of vector layers"):
        Several.make({"first": value, "output": "o.gpkg"})


@pytest.mark.parametrize("value", [None, "", [], " ; ", [" "]])
def test_nothing_is_missing_where_it_is_asked_for(value):
    with pytest.raises(BadRequest, match=r"first is missing: first is: Layers"):
        Several.make({"first": value, "output": "o.gpkg"})
    assert Several.make({"first": "a.gpkg", "output": "o.gpkg"}).more is None


def test_paths_are_no_settings():
    job = Several.make({"first": "a.gpkg|layername=x;b.shp", "output": "o.gpkg"})
    assert job.first == ["a.gpkg|layername=x", "b.shp"]
    assert job.settings() == {"count": 1}


@pytest.mark.parametrize("field", ["first", "more"])
def test_an_output_never_is_one_of_the_layers(tmp_path, field):
    path = str(tmp_path / "ours.gpkg")
    others = {"first": str(tmp_path / "a.gpkg")}
    job = Several.make({**others, field: f"{tmp_path / 'b.gpkg'};{path}|layername=x", "output": path})
    with pytest.raises(BadRequest, match=r"ours\.gpkg is the input too"):
        Outputs(job)
    assert Outputs(Several.make({**others, "output": path})).paths == {"output": path}


def test_the_command_line_tells_how_several_are_given():
    import argparse

    parser = argparse.ArgumentParser()
    _add_job(parser, Several)
    given = vars(parser.parse_args(["a.gpkg;b.gpkg", "o.gpkg", "--more=c.gpkg|layername=été"]))
    made = Several.make(given)
    assert (made.first, made.more) == (["a.gpkg", "b.gpkg"], ["c.gpkg|layername=été"])
    told = " ".join(parser.format_help().split())
    assert told.count("Several, with semicolons between them.") == 2 and "100 %" in told
