"""The command line: every job with every parameter, the pixels of the library, exit codes and sentences."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="needs the engine environment")
pytest.importorskip("torch", reason="needs the engine environment")

from iamap import __version__  # noqa: E402
from iamap.algorithms import jobs  # noqa: E402
from iamap.encoders import encoders  # noqa: E402
from iamap.worker.cli import main  # noqa: E402
from iamap.worker.options import parser  # noqa: E402
from making import encode, files, make_raster, read, tag, texture  # noqa: E402

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals are POSIX")


def odd(*words, **about):
    """Start the command line with the odd job in it."""
    command = [sys.executable, "-I", "-X", "utf8", "-u", str(HERE / "odd_worker.py"), *map(str, words)]
    return subprocess.Popen(command, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **about})


def ended(process, seconds=60):
    """Its exit code and both streams."""
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


# the same as elsewhere


def test_the_folder_started_with_any_python_gives_the_pixels_of_the_library(tmp_path):
    source = make_raster(tmp_path / "été du [nord].tif", texture(300, 220))
    done = subprocess.run(
        [sys.executable, str(ROOT), "encode", "été du [nord].tif", "c é.tif", "--encoder", "mosaiks", "--overlap=40", "--seed", "3"],
        cwd=tmp_path, capture_output=True, text=True, timeout=110,
        env={**os.environ, "IAMAP_PYTHON": sys.executable, "PROJ_LIB": "/nowhere", "GDAL_DATA": "/nowhere"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "output: c é.tif\n"
    assert "tiles" in done.stderr and "Traceback" not in done.stderr and "\r" not in done.stderr
    here = read(encode(source, tmp_path / "l.tif", overlap=40, seed=3))
    np.testing.assert_allclose(read(tmp_path / "c é.tif"), here, atol=1e-5)
    assert files(tmp_path) == ["c é.tif", "l.tif", "été du [nord].tif"]


def test_a_request_file_and_the_tags_of_a_result_repeat_it(tmp_path, capsys):
    source = make_raster(tmp_path / "s.tif", texture(100, 90))
    output = tmp_path / "f.tif"
    assert (
        main(["encode", source, str(output), "--encoder", "MOSAIKS", "--seed", "5", "--bands", "3,1", "--tile", "64"])
        == 0
    )
    first = read(output)
    (tmp_path / "again.json").write_text(tag(output, "request"))
    output.unlink()
    assert main(["run", str(tmp_path / "again.json")]) == 0
    assert np.array_equal(first, read(output))
    output.rename(tmp_path / "kept.tif")
    assert main(["run", str(tmp_path / "kept.tif")]) == 0, "what it holds is a request, whatever it is called now"
    assert np.array_equal(first, read(output))


@pytest.mark.parametrize("job", jobs().values(), ids=lambda job: job.id)
def test_every_parameter_of_every_job_can_be_given(job):
    words, wanted = [job.id], {}
    for name, spec in job.specs().items():
        value = example(spec)
        wanted[name] = spec.check(name, value)
        words += [value] if spec.required else [f"--{name.replace('_', '-')}={value}"]
    given = vars(parser().parse_args(words))
    assert given.pop("verb") == job.id
    assert {name: job.specs()[name].check(name, value) for name, value in given.items()} == wanted


def example(spec):
    """A value of the kind, as somebody would type it, and not the default."""
    low = spec.minimum if spec.minimum is not None else 1
    number = low + 1 if spec.maximum is None or low + 1 <= spec.maximum else low
    kinds = {
        "integer": f"{number:g}", "number": f"{number:g}", "flag": "no" if spec.default_value() else "yes", "bands": "3,1",
        "extent": "1,2,3.5,4 [EPSG:4326]", "crs": "EPSG:4326", "raster_in": "a b.tif", "rasters_in": "a.tif;b c.tif",
    }  # fmt: skip
    if spec.kind == "choice":
        return spec.options()[-1]
    return kinds.get(spec.kind) or "é [1]" + (spec.endings[0] if spec.endings else "")


def test_what_is_not_given_takes_the_default_of_the_declaration():
    job = jobs()["encode"]
    given = vars(parser().parse_args(["encode", "a.tif", "b.tif"]))
    given.pop("verb")
    assert given == {"input": "a.tif", "output": "b.tif"}
    made = job.make(given)
    assert all(getattr(made, name) == spec.default_value() for name, spec in job.specs().items() if not spec.required)


@pytest.mark.parametrize("job", jobs().values(), ids=lambda job: job.id)
def test_the_help_of_every_job_tells_of_every_parameter(job, capsys):
    with pytest.raises(SystemExit) as caught:
        main([job.id, "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert caught.value.code == 0
    for name, spec in job.specs().items():
        assert spec.label in told
        assert spec.required or "--" + name.replace("_", "-") in told


# what else it can do


def test_encoders_are_listed_with_licence_and_size(capsys):
    assert main(["encoders"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(encoders()) + 1
    assert any("343 MB" in line and "NO COMMERCIAL USE" in line for line in lines)


def test_the_doctor_tells_versions_devices_room_and_speed(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("IAMAP_CACHE", str(tmp_path / "my cache"))
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    for words in (
        "torch ",
        "rasterio ",
        "cpu (",
        "free memory: ",
        "free disk at ",
        str(tmp_path / "my cache"),
        " ms a tile",
    ):
        assert words in told
    assert sys.prefix in told and "missing" not in told


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.strip() == f"iamap {__version__}"


# exit codes and sentences


def sentence(capsys):
    """The last line of what was said, of which only what the log told may come before."""
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "r.json can't be read: No such file or directory. Check the path."),
        ("{", "r.json is no JSON"),
        ("[]", "r.json is no request. It looks like"),
        ('{"job": "encode", "version": 9}', "is a request of version 9, this is version 1. Update IAMAP."),
        ('{"job": "dance"}', "there is no job 'dance'. Jobs are "),
        ('{"job": "encode", "params": {"input": "a.tif", "output": "f.tif", "overlp": 3}}', "encode has no parameter overlp"),
        ('{"job": "encode", "params": {"input": "a.tif", "output": "f.tif", "overlap": 95}}', "overlap = 95 is out of range"),
    ],
)  # fmt: skip
def test_a_request_that_is_none_is_refused(tmp_path, capsys, content, said):
    if content is not None:
        (tmp_path / "r.json").write_text(content)
    assert main(["run", str(tmp_path / "r.json")]) == 2
    assert said in sentence(capsys)


def test_a_raster_that_holds_no_request_is_refused(tmp_path, capsys):
    source = make_raster(tmp_path / "s.tif", texture(64, 64))
    assert main(["run", source]) == 2
    assert sentence(capsys) == f"iamap: {source} holds no request. Only results of IAMAP do."
    assert main(["run", str(tmp_path / "no.tif")]) == 2
    assert "no.tif can't be opened" in sentence(capsys)


def test_an_unknown_option_is_refused_before_anything_is_read(capsys):
    assert main(["encode", "a.tif", "b.tif", "--overlp", "3"]) == 2
    assert sentence(capsys).startswith("iamap: encode has no option --overlp. Did you mean --overlap")


@pytest.mark.parametrize(
    ("what", "code", "last"),
    [
        ("work", 0, "things: 5"),
        ("refuse", 2, "iamap: the encoder takes 3 bands, 16 given. Choose bands in its order."),
        ("eat memory", 2, "iamap: memory ran out. Use a smaller encoder, smaller tiles or fewer tiles at once, or close other programs."),
        ("stumble", 3, "iamap: IAMAP failed: KeyError('our fault'). Please report this."),
    ],
)  # fmt: skip
def test_the_exit_code_says_whose_it_is(tmp_path, what, code, last):
    found, out, err = ended(odd("odd", what, tmp_path / "out.tif"))
    assert (found, err.strip().splitlines()[-1]) == (code, last)
    assert ("Traceback" in err) == (code == 3)
    assert out == (f"output: {tmp_path / 'out.tif'}\n" if code == 0 else "")


@posix
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("what", ["have children", "swallow", "twist"])
def test_ctrl_c_ends_it_at_once_with_one_line_and_130(tmp_path, blow, what):
    process = odd("odd", what, tmp_path / "out.tif", start_new_session=True)
    if what == "have children":
        assert process.stderr.readline().startswith("child ")
    else:
        time.sleep(0.6)
    began = time.monotonic()
    os.killpg(process.pid, blow)
    code, _, err = ended(process, 10)
    assert time.monotonic() - began < 2
    assert code == 130 and err.strip().splitlines()[-1].startswith("iamap: cancelled after ")
    assert "Traceback" not in err
    assert files(tmp_path) == []


@posix
def test_progress_is_drawn_on_a_terminal_and_nowhere_else(tmp_path):
    import pty

    ours, theirs = pty.openpty()
    process = odd("odd", "work", tmp_path / "out.tif", stderr=theirs)
    os.close(theirs)
    assert ended(process)[0] == 0
    drawn = os.read(ours, 65536).decode()
    os.close(ours)
    assert "\rodd work: 0 of 5 things" in drawn and "\rodd work: 5 of 5 things" in drawn
    assert "\r" not in ended(odd("odd", "work", tmp_path / "out.tif"))[2]


def test_a_job_is_one_class_for_all_doors():
    """What the command line offers are the jobs that the toolbox shows, which are frozen declarations."""
    verbs = next(action for action in parser()._actions if action.dest == "verb").choices
    assert set(verbs) - {"run", "encoders", "doctor", "setup"} == set(jobs())
    assert all(dataclasses.is_dataclass(job) for job in jobs().values())
    assert json.loads(json.dumps({job: list(one.specs()) for job, one in jobs().items()}))
