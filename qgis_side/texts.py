"""Every text of a declaration that a user reads: what the help panel shows is what is translated. Knows nothing of QGIS."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from html import unescape

from ..contract.job import Job

#: the texts between the tags of rich text that hold a letter
BETWEEN_TAGS = re.compile(r">([^<>]*[^\W\d_][^<>]*)<")

#: keys of a model's file whose values people read; so are all values below the key ``help``
OF_MODELS = frozenset({"model_name", "model_group", "component_description", "description"})


def paragraphs(docstring: str | None) -> list[str]:
    """Return the paragraphs of a docstring, each on one line: the unit that is translated."""
    blocks = inspect.cleandoc(docstring or "").split("\n\n")
    return [" ".join(block.split()) for block in blocks if block.strip()]


def of_job(job: type[Job]) -> Iterator[str]:
    """Yield the texts of a job, some more than once; sizes such as ``87 MB`` are left out."""
    yield from (job.title, job.group, *job.keywords, *paragraphs(job.__doc__))
    for spec in job.specs().values():
        yield from (spec.label, spec.help, spec.unit, *(what for what, _ in spec.files))
    for text in BETWEEN_TAGS.findall(re.sub("<b>.*?</b>", "", job.extra_help())):  # bold ones are names
        if not re.match(r"\W*\d+ MB", text):
            yield unescape(text)
