import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # training_fakes


@pytest.fixture(scope="session")
def uninterrupted(tmp_path_factory):
    """Return a function that trains without interruption, once per configuration."""
    import training_fakes

    from cyclegan_neuro.training.run import train

    runs = {}

    def get(**training):
        key = tuple(sorted(training.items()))
        if key not in runs:
            config = training_fakes.make_config(**training)
            runs[key] = train(training_fakes.SYSTEM, config, output_dir=tmp_path_factory.mktemp("runs") / "whole")
        return runs[key]

    return get
