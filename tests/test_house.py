"""The house rules, checked on the source: who may import whom, what loads when, and that declarations are complete."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from iamap.algorithms import jobs
from iamap.contract.fields import _CHECKS
from iamap.encoders import encoders

ROOT = Path(__file__).resolve().parents[1]

#: room -> rooms it may import from, itself apart. Downstairs only, and nobody on the same floor; but what a method fits with
#: (axes, neighbours, votes) is the engine's, so ml stands half a floor above it.
MAY = {
    "contract": set(),
    "environment": {"contract"},
    "engine": {"contract"},
    "encoders": {"contract"},
    "ml": {"contract", "engine"},
    "algorithms": {"contract", "environment", "engine", "encoders", "ml"},
    "worker": {"contract", "environment", "engine", "encoders", "ml", "algorithms"},
    "qgis_side": {"contract", "environment", "encoders", "ml", "algorithms"},
}
#: these run in every QGIS: Python 3.9, standard library
LIGHT = sorted(set(MAY) - {"engine"})
HEAVY = frozenset(
    "numpy rasterio torch torchvision torchgeo timm sklearn scipy umap hdbscan openvino skops safetensors huggingface_hub pandas shapely".split()
)


def sources() -> list[Path]:
    """Every Python file that git knows or would, as seen from the root."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    # a plugin installed from the zip has no git
    names = listed.stdout.split() if listed.returncode == 0 else [str(p.relative_to(ROOT)) for p in ROOT.rglob("*.py")]
    return sorted(Path(name) for name in names if (ROOT / name).is_file())


SOURCES = sources()
SHIPPED = [path for path in SOURCES if path.parts[0] not in ("tests", "tools", "docs")]
IN_ROOMS = [path for path in SOURCES if path.parts[0] in MAY]


def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text("utf-8"), str(path))


def imports(path: Path, nodes: Iterator[ast.AST]) -> Iterator[tuple[str, bool]]:
    """Yield (dotted name, whether in-house) of every import among *nodes*; in-house ones from the root on."""
    for node in nodes:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = list(path.parts[:-1])
            base = base[: len(base) - (node.level - 1)]
            stem = [*base, *(node.module.split(".") if node.module else [])]
            for alias in node.names:
                yield ".".join([*stem, alias.name]), True
            continue
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield (name[len("iamap.") :], True) if name.startswith("iamap.") else (name, False)


def at_import(module: ast.Module) -> Iterator[ast.AST]:
    """Walk what runs when the module is imported: not the bodies of functions."""
    return running(module, functions=False)


def running(module: ast.Module, functions: bool = True) -> Iterator[ast.AST]:
    """Walk what ever runs: not what only a type checker reads."""
    waiting: list[ast.AST] = list(module.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not functions and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        waiting += list(ast.iter_child_nodes(node))


def by_name(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=str)


@by_name(IN_ROOMS)
def test_rooms_import_only_downstairs(path):
    room = path.parts[0]
    names = [name for name, ours in imports(path, running(tree(path))) if ours]
    rooms = {name.split(".")[0] for name in names} & set(MAY)
    assert rooms - MAY[room] - {room} == set()


@by_name([path for path in IN_ROOMS if path != Path("worker/boot.py")])
def test_in_house_imports_are_relative(path):
    absolute = [node.module for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom) and not node.level]
    absolute += [a.name for node in ast.walk(tree(path)) if isinstance(node, ast.Import) for a in node.names]
    ours = {"iamap", *MAY}
    assert [name for name in absolute if name and name.split(".")[0] in ours] == []


@by_name([path for path in SHIPPED if path.parts[0] != "engine"])
def test_heavy_libraries_load_at_module_level_only_in_the_engine(path):
    names = {name.split(".")[0] for name, ours in imports(path, at_import(tree(path))) if not ours}
    assert names & HEAVY == set()


@by_name([path for path in SHIPPED if path.parts[0] != "qgis_side" and path != Path("iamap_plugin.py")])
def test_qgis_is_imported_only_on_its_side(path):
    names = {name.split(".")[0] for name, ours in imports(path, ast.walk(tree(path))) if not ours}
    assert names & {"qgis", "processing", "PyQt5", "PyQt6", "osgeo"} == set()


@by_name([path for path in SHIPPED if path.parts[0] in ("qgis_side", "iamap_plugin.py")])
def test_the_side_of_qgis_never_loads_heavy_libraries(path):
    names = {name.split(".")[0] for name, ours in imports(path, ast.walk(tree(path))) if not ours}
    assert names & HEAVY == set()
    assert "PyQt5" not in names and "PyQt6" not in names


@by_name([path for path in SHIPPED if path.parts[0] != "engine"])
def test_light_rooms_are_python_39(path):
    text = (ROOT / path).read_text("utf-8")
    module = ast.parse(text, str(path), feature_version=(3, 9))
    future = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in module.body)
    code = [node for node in module.body if not isinstance(node, ast.Expr)]
    assert future or not code, "from __future__ import annotations keeps new annotations out of Python 3.9's way"
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "dataclass":
            assert {word.arg for word in node.keywords} & {"slots", "kw_only"} == set()


def test_declarations_load_nothing_heavy():
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'tests')!r}); import conftest;"
        "from iamap.algorithms import jobs; from iamap.encoders import encoders;"
        "[(job.specs(), job.extra_help()) for job in jobs().values()]; encoders();"
        "print(' '.join(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(told.stdout.split()) & (HEAVY | {"qgis"}) == set()


@pytest.mark.parametrize("job", jobs().values(), ids=lambda job: job.id)
def test_every_job_is_completely_declared(job):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", job.id)
    assert job.title[0].isupper() and not job.title.endswith(".")
    assert job.group and job.keywords
    summary, _, rest = (job.__doc__ or "").strip().partition("\n\n")
    assert summary.endswith(".") and rest.strip().endswith(".")
    assert job.run.__doc__
    for name, spec in job.specs().items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert spec.kind in _CHECKS
        assert spec.label[0].isupper() and not spec.label.endswith(".") and len(spec.label) <= 40
        assert not spec.help or (spec.help[-1] in ".?)" and not spec.help[0].isspace())
        parents = {"column": ("vector_in", "vectors_in")}.get(spec.kind, ("raster_in",))
        assert not spec.parent or job.specs()[spec.parent].kind in parents
        if spec.kind == "choice":
            assert spec.options() and len(set(spec.options())) == len(spec.options())
            assert spec.default_value() in spec.options()
        if not spec.required:
            spec.check(name, spec.default_value())


@pytest.mark.parametrize("job", jobs().values(), ids=lambda job: job.id)
def test_every_job_explains_what_is_not_plain(job):
    plain = {"seed"}
    silent = [n for n, s in job.specs().items() if not s.help and n not in plain and not s.is_output]
    assert silent == []


@pytest.mark.parametrize("card", encoders().values(), ids=lambda card: card.id)
def test_every_encoder_is_completely_declared(card):
    assert (card.__doc__ or "").strip().endswith(".")
    assert card.source.startswith("https://") and card.trained_on
    if card.needs_model:
        return
    assert card.patch > 0 and card.dim > 0 and card.tile % card.patch == 0
    for band in card.bands:
        assert band.name and band.std > 0
        assert band.micrometres is None or 0.3 < band.micrometres < 15
    if card.hub:
        assert card.parameters > 0
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", card.hub.repo)
        assert card.hub.licence and card.hub.megabytes > 0
        assert card.hub.revision is None or re.fullmatch(r"[0-9a-f]{40}", card.hub.revision)
        assert card.hub.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", card.hub.sha256)


def tracked() -> list[Path]:
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("needs a git checkout to know which files are the project's")
    return [Path(name) for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_package_host_and_no_path_of_a_machine_is_in_the_tree():
    # in pieces, so that this file does not hold them
    hosts = ["py" + "pi.org", "python" + "hosted.org", "download.py" + "torch.org", "deb." + "debian.org"]
    places = ["/o" + "pt/", "/wo" + "rk/", "/tmp" + "/w/", "/ro" + "ot/"]
    found = []
    for path in tracked():
        text = (ROOT / path).read_bytes().decode("utf-8", "replace")
        for forbidden in hosts + places:
            # a folder of that name inside the project is fine, such as network/ in docs/network/x
            if re.search(r"(?<![\w.}-])" + re.escape(forbidden), text):
                found.append(f"{path}: {forbidden}")
    assert found == []


def test_no_file_is_large():
    # drawn, or written by a tool
    free = {".svg", ".ts", ".qm", ".model3"}
    large = [
        f"{path}: {(ROOT / path).stat().st_size} bytes"
        for path in tracked()
        if (ROOT / path).stat().st_size > 20_000
        and path.suffix not in free
        and path.name != "LICENSE"
        and not (path.suffix == ".png" and path.parts[0] == "docs")
    ]
    assert large == []


@by_name([path for path in SOURCES if path.parts[0] != "tests"])
def test_files_and_functions_stay_short(path):
    text = (ROOT / path).read_text("utf-8")
    assert text.count("\n") <= 350
    functions = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    long = {f.name: f.end_lineno - f.lineno + 1 for f in functions if f.end_lineno - f.lineno + 1 > 60}
    assert long == {}


@by_name([path for path in SHIPPED if path.name != "__init__.py"])
def test_every_shipped_module_says_what_it_is_for(path):
    assert (ast.get_docstring(tree(path)) or "").strip()
