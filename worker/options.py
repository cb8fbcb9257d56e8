"""The options of the command line, which the jobs declare, and what is said where they are given wrong."""

from __future__ import annotations

import argparse
import difflib
import html
import re
import shutil
import textwrap
from collections.abc import Sequence
from typing import Any, NoReturn

from .. import __version__
from ..algorithms import jobs
from ..contract.errors import BadRequest
from ..contract.fields import Field, near
from ..contract.job import Job

#: commands that are no jobs
_OTHERS = {
    "run": "run a request file, or the request in the tags of a result",
    "encoders": "list the encoders with licence and size",
    "doctor": "versions, devices, free memory and disk, cache, a timed forward pass",
    "setup": "make, check or repair the engine environment",
}
#: choices up to which the help shows them in place of the value, below the option, and not at all
_BESIDE, _BELOW = 5, 30
#: columns of a help where nobody knows those of the terminal, and the most that are easily read
_COLUMNS, _WIDEST = 80, 120


class _Parser(argparse.ArgumentParser):
    """Ends with a sentence, without the usage: that of Encode has forty lines."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"iamap: {message}. The options are listed by: {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """The options of all commands."""
    top = _Parser(prog="iamap", description="Features of geo-rasters from pre-trained encoders.")
    top.add_argument("--version", action="version", version=f"iamap {__version__}")
    top.add_argument(
        "--verbose", action="store_true", default=argparse.SUPPRESS, help="before the command: tell also what helps to find causes"
    )  # fmt: skip
    verbs = top.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    width = min(_WIDEST, shutil.get_terminal_size((_COLUMNS, 24)).columns) - 2
    for name, job in sorted(jobs().items()):
        verb = verbs.add_parser(name, help=job.title, formatter_class=argparse.RawDescriptionHelpFormatter)
        verb.description, verb.epilog = _wrapped(job.__doc__ or "", width), _plain(job.extra_help(), width)
        _add_job(verb, job)
    others = {verb: verbs.add_parser(verb, help=text) for verb, text in _OTHERS.items()}
    others["run"].add_argument("request", help="a JSON file: version, job, params")
    return top


def parsed(argv: Sequence[str]) -> dict[str, Any]:
    """Return what *argv* gives: ``verb``, and the values of its options.

    Raises:
        BadRequest: there is no such command, it has no such option, or there is a value too many.
        SystemExit: anything else that is no command; the sentence is printed.
    """
    words = joined(argv)
    verb = next((word for word in words if not word.startswith("-")), "setup")
    if verb not in (*_OTHERS, *jobs()):
        raise BadRequest(f"there is no command {verb}", near(verb, [*sorted(jobs()), *_OTHERS], "listed in docs/jobs"))
    given, rest = parser().parse_known_args(words)
    if rest and not rest[0].startswith("-"):
        raise BadRequest(f"{rest[0]} is one value too many", "put quotes round a value that has spaces in it")
    if rest:
        name = rest[0].partition("=")[0]
        alike = difflib.get_close_matches(name, _options(given.verb), 2)
        meant = f"did you mean {' or '.join(alike)}? All" if alike else "they"
        raise BadRequest(f"{given.verb} has no option {name}", f"{meant} are listed by: iamap {given.verb} --help")
    return vars(given)


def joined(argv: Sequence[str]) -> list[str]:
    """*argv* with ``--name=value`` in place of ``--name value``: all options of jobs take one value, which may begin with a minus."""
    first = next((place for place, word in enumerate(argv) if not word.startswith("-")), len(argv))
    known = _options(argv[first]) if first < len(argv) else []
    made, rest = list(argv[: first + 1]), list(argv[first + 1 :])
    while rest:
        word = rest.pop(0)
        if word == "--":
            return [*made, word, *rest]
        begun = len(word) > 2 and any(option.startswith(word) for option in known)
        if begun and rest and rest[0].partition("=")[0] not in (*known, "--", "-h", "--help"):
            word += "=" + rest.pop(0)
        made.append(word)
    return made


def _options(verb: str) -> list[str]:
    job = jobs().get(verb)
    return [_option(name) for name, spec in job.specs().items() if not spec.required] if job is not None else []


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _add_job(verb: argparse.ArgumentParser, job: type[Job]) -> None:
    for name, spec in job.specs().items():
        text = _help(spec).replace("%", "%%")
        if spec.required:
            verb.add_argument(name, help=text)
        else:
            verb.add_argument(
                _option(name), dest=name, default=argparse.SUPPRESS, metavar=_metavar(name, spec), help=text
            )


def _metavar(name: str, spec: Field) -> str:
    if spec.kind == "flag":
        return "yes|no"
    offered = spec.options() if spec.kind == "choice" else []
    return "|".join(offered) if 0 < len(offered) <= _BESIDE else name.upper()


def _help(spec: Field) -> str:
    """What one option is, what it may be, and what it is where it is not given."""
    several = "Several, with semicolons between them." if spec.kind in ("rasters_in", "vectors_in") else ""
    counted = "Numbers and ranges, such as 3,2,1 or 1-129,136-224." if spec.kind == "bands" else ""
    default = spec.default_value() if not spec.required else None
    shown = {True: "yes", False: "no"}[default] if isinstance(default, bool) else default
    standard = f"Default: {shown}." if shown is not None else ""
    parts = (
        f"{spec.label}.",
        spec.help,
        several,
        counted,
        _offered(spec),
        standard,
        f"[{spec.unit}]" if spec.unit else "",
    )
    return " ".join(part for part in parts if part)


def _offered(spec: Field) -> str:
    offered = spec.options() if spec.kind == "choice" else []
    if len(offered) > _BELOW:
        return f"One of {len(offered)}, {spec.listed}."
    return f"One of: {', '.join(offered)}." if len(offered) > _BESIDE else ""


def _wrapped(text: str, width: int) -> str:
    """The paragraphs of *text*, filled anew."""
    return "\n\n".join(textwrap.fill(" ".join(part.split()), width) for part in re.split(r"\n\s*\n", text.strip()))


def _plain(page: str, width: int) -> str:
    """The few tags of a help panel as text: headings, paragraphs and their lines."""
    text = re.sub(r"</(?:p|h\d)>", "\n\n", re.sub(r"<br ?/?>", "\n", page))
    lines = html.unescape(re.sub(r"<[^>]+>", "", text)).strip().split("\n")
    return "\n".join(textwrap.fill(line, width, subsequent_indent="  ") for line in lines)
