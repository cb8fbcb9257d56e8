"""The help panel of a job: what it is good for, what each field means, what can be chosen."""

from __future__ import annotations

import re
from html import escape, unescape

from ..contract.fields import Field
from ..contract.job import Job
from .texts import BETWEEN_TAGS, paragraphs
from .words import tr


def html(job: type[Job]) -> str:
    """Return the rich text of the panel, on one line: QGIS makes a paragraph of every line."""
    about = "".join(f"<p>{_emphasised(tr(text))}</p>" for text in paragraphs(job.__doc__))
    specs = job.specs().values()
    basic = _fields([spec for spec in specs if not spec.advanced])
    advanced = _fields([spec for spec in specs if spec.advanced])
    parts = [about, f"<h3>{escape(tr('Parameters'))}</h3>{basic}" if basic else ""]
    extra = job.extra_help()
    parts.append(translated(extra) if extra else "")
    parts.append(f"<h3>{escape(tr('Advanced parameters'))}</h3>{advanced}" if advanced else "")
    return " ".join("".join(parts).split())


def first_sentence(job: type[Job]) -> str:
    """Return what the job does in one line: the tooltip of the toolbox."""
    return tr(paragraphs(job.__doc__)[0]) if job.__doc__ else ""


def page(job: type[Job]) -> str:
    """Return where the docs tell of the job, as seen from the folder docs."""
    heading = "".join(c for c in job.title.lower().replace(" ", "-") if c.isalnum() or c in "-_")
    return f"jobs/{job.family()}.md#{heading}"


def translated(rich: str) -> str:
    """Return *rich* with the texts between its tags translated where a translation is known."""
    return BETWEEN_TAGS.sub(lambda found: ">" + escape(tr(unescape(found.group(1))), quote=False) + "<", rich)


def _fields(specs: list[Field]) -> str:
    told = [f"<b>{escape(tr(spec.label))}</b>: {_emphasised(tr(spec.help))}" for spec in specs if spec.help]
    return "".join(f"<p>{text}</p>" for text in told)


def _emphasised(text: str) -> str:
    """Text of a declaration as rich text: ``*words*`` are set in italics."""
    return re.sub(r"\*([^*]+)\*", r"<i>\1</i>", escape(text, quote=False))
