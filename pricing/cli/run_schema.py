"""`gpufin schema`: the bare JSON Schema of a file kind, for editors."""

from __future__ import annotations

import json
from argparse import Namespace

from curves.market import Market
from curves.scenarios.book import ScenarioFile
from instruments.deal import Deal
from instruments.files import model_schema
from instruments.ground.base import Terms
from instruments.project import Project
from instruments.web import Web

KINDS: dict[str, type[Terms]] = {"deal": Deal, "market": Market, "project": Project, "scenarios": ScenarioFile, "web": Web}


def run(arguments: Namespace) -> int:
    """Print it."""
    print(json.dumps(model_schema(KINDS[arguments.kind], arguments.kind), indent=1))
    return 0
