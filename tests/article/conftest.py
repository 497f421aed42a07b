"""The article study, computed once for each worker."""

from __future__ import annotations

import pytest

from examples.article.claims import Claim, Inputs, all_claims, load_inputs

GATE_PATHS = 512


@pytest.fixture(scope="session")
def inputs() -> Inputs:
    return load_inputs(paths=GATE_PATHS)


@pytest.fixture(scope="session")
def found(inputs: Inputs) -> dict[str, Claim]:
    return {claim.id: claim for claim in all_claims(inputs)}
