"""Bring i18n/iamap_LANG.ts up to date with what a user reads, and compile it.

    python3 tools/make_ts.py             every language there is; prints what is not translated
    python3 tools/make_ts.py --check     change nothing; exit 1 where a file is not up to date

Texts come from the declarations of jobs, from the ready-made models and from every literal given to ``tr(…)`` or
``translate("iamap", …)`` in the QGIS side, and from what jobs tell while they run. Translations are written into the .ts file, by hand or with Qt Linguist; texts that are gone are dropped.
"""

from __future__ import annotations

import argparse
import ast
import runpy
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "i18n"
CONTEXT = "iamap"
#: methods of a running job whose words appear in QGIS's log, with the position and name of each word
SPOKEN = {"track": ((1, "unit"), (2, "stage")), "progress": ((2, "unit"), (3, "stage")), "fact": ((0, "name"),)}
#: names of facts that no module says as a literal where it tells them
FIGURES = (
    "overall accuracy", "balanced accuracy", "overall accuracy by area", "macro-F1", "R²", "RMSE", "bias", "checked by",
    "overall accuracy, random labels held out", "R², random labels held out",
    "position bias", "R² of the place within the tile", "R² of the place without the pattern",
    "differences of the same ground gone",
)  # fmt: skip


def literals(source: str) -> Iterator[str]:
    """Yield the texts that a module of the QGIS side translates."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            position = {"tr": 0, "translate": 1}.get(name)
            if position is not None and len(node.args) > position:
                word = node.args[position]
                if isinstance(word, ast.Constant) and isinstance(word.value, str):
                    yield word.value


def spoken(source: str) -> Iterator[str]:
    """Yield the units, stages and names of facts that a module of the engine or a job tells."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SPOKEN:
            for position, keyword in SPOKEN[node.func.attr]:
                words = [node.args[position]] if len(node.args) > position else []
                words += [given.value for given in node.keywords if given.arg == keyword]
                yield from _texts(words)


def passed_on(sources: list[str]) -> Iterator[str]:
    """Yield the stages that are told by way of a function with a parameter of that name, and its default."""
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    places: dict[str, int] = {}
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and node.name not in SPOKEN:
            names = [argument.arg for argument in node.args.args]
            if "stage" in names:
                places[node.name] = names.index("stage")
                defaults = dict(zip(reversed(names), reversed(node.args.defaults)))
                yield from _texts([defaults[name] for name in defaults if name == "stage"])
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in places:
            yield from _texts(node.args[places[node.func.id] :][:1])
            yield from _texts([given.value for given in node.keywords if given.arg == "stage"])


def _texts(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def returned(source: str) -> Iterator[str]:
    """Yield the names of the facts that a method returns beside its estimator: the keys of the second of two."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
            facts = node.value.elts[1]
            for key in facts.keys if isinstance(facts, ast.Dict) else []:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value


def texts() -> list[str]:
    """Return every text to translate, in a stable order, once."""
    if "iamap" not in sys.modules:
        runpy.run_path(str(ROOT / "worker" / "boot.py"))["load"]()
    from iamap.algorithms import jobs
    from iamap.qgis_side.texts import OF_MODELS, of_job

    found: list[str] = []
    for job in jobs().values():
        found += of_job(job)
    for file in sorted((ROOT / "models").glob("*.model3")):
        model = ET.parse(file)  # noqa: S314 (a file of this repository)
        found += [option.get("value", "") for option in model.iter("Option") if option.get("name") in OF_MODELS]
        found += [option.get("value", "") for option in model.findall("Option[@name='help']/Option")]
    for file in sorted([ROOT / "iamap_plugin.py", *(ROOT / "qgis_side").rglob("*.py")]):
        found += literals(file.read_text(encoding="utf-8"))
    files = [file for folder in ("algorithms", "engine", "ml") for file in sorted((ROOT / folder).rglob("*.py"))]
    sources = [file.read_text(encoding="utf-8") for file in files]
    for file, source in zip(files, sources):
        # what a backend returns beside its runner is no fact of a run
        found += [*spoken(source), *(returned(source) if file.parent.name != "backends" else ())]
    found += [*passed_on(sources), *FIGURES]
    return list(dict.fromkeys(text for text in found if any(map(str.isalpha, text))))


def translations(file: Path) -> dict[str, str]:
    """Text -> translation, of those that are finished."""
    if not file.exists():
        return {}
    known = {}
    for message in ET.parse(file).iter("message"):  # noqa: S314 (a file of this repository)
        translation = message.find("translation")
        if translation is not None and translation.get("type") is None:
            known[message.findtext("source", "")] = translation.text or ""
    return known


def document(language: str, known: dict[str, str]) -> str:
    """Return the whole .ts file."""
    top = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ET.SubElement(top, "context")
    ET.SubElement(context, "name").text = CONTEXT
    for text in texts():
        message = ET.SubElement(context, "message")
        ET.SubElement(message, "source").text = text
        translation = ET.SubElement(message, "translation")
        if known.get(text):
            translation.text = known[text]
        else:
            translation.set("type", "unfinished")
    ET.indent(top, " ")
    return '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n' + ET.tostring(top, encoding="unicode") + "\n"


def lrelease() -> str | None:
    """Qt's compiler of translations, where there is one."""
    places = ("/usr/lib/qt6/bin", "/usr/lib/qt5/bin")
    found = (shutil.which(name, path=path) for path in (None, *places) for name in ("lrelease", "pyside6-lrelease"))
    return next(filter(None, found), None)


def main() -> int:
    """Do it for every language."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing, tell whether the files are up to date")
    check = parser.parse_args().check
    compiler, stale = lrelease(), 0
    for file in sorted(FOLDER.glob(f"{CONTEXT}_*.ts")):
        known = translations(file)
        fresh = document(file.stem[len(CONTEXT) + 1 :], known)
        missing = [text for text in texts() if not known.get(text)]
        for text in missing:
            print(f"{file.name}: not translated: {text}")
        if check:
            stale += fresh != file.read_text(encoding="utf-8")
            continue
        file.write_text(fresh, encoding="utf-8")
        if compiler:
            subprocess.run([compiler, "-silent", str(file), "-qm", str(file.with_suffix(".qm"))], check=True)
        else:
            print("no lrelease here (Debian: qttools5-dev-tools): the .qm file was not made")
    if stale:
        print("not up to date: run tools/make_ts.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
