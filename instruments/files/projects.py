"""Projects from files."""

from __future__ import annotations

import os
from collections.abc import Iterator

from instruments.files.loading import load_model, model_from_text
from instruments.files.source import Language
from instruments.ground.located import Located
from instruments.project import Project
from instruments.variants import provenance_problems


def load_project(path: str | os.PathLike[str]) -> Project:
    """The project in a .toml or .json file, or in the `project.toml` of a folder.

    Raises:
        FileError: the file cannot be read, or is not TOML or JSON.
        InputError: a term is missing, unknown, of the wrong type or out of range, a name resolves to nothing, shares do not add up, or
            provenance does not fit the terms; one line for each problem, with file, line, path, value, what is allowed and what to do.
    """
    return load_model(path, Project, kind="project", check=_provenance)


def project_from_text(text: str, *, language: Language = "toml", file: str = "") -> Project:
    """The project in a text; `file` is what messages call it. Raises as `load_project`."""
    return model_from_text(text, Project, kind="project", language=language, file=file, check=_provenance)


def _provenance(project: Project) -> Iterator[Located]:
    for pattern, below, found in provenance_problems(project):
        yield Located(("provenance", "by_path", pattern, *below), found)
