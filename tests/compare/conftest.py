"""Runs that all tests of comparisons share."""

import pytest
from compare_fakes import ERRORS, write_run


@pytest.fixture
def runs(tmp_path):
    """Two objectives, three seeds."""
    folder = tmp_path / "runs"
    for objective, errors in ERRORS.items():
        for seed, error in enumerate(errors, 1):
            settings = {"objective.name": objective, "training.seed": seed}
            write_run(folder / f"{objective}-{seed}", g_x=error, settings=settings)
    return folder
