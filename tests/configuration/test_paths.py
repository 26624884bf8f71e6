"""Paths as users write them."""

from pathlib import Path

import pytest

from cyclegan_neuro.configuration.paths import expanded
from cyclegan_neuro.errors import ConfigurationError


def test_home_and_variables(monkeypatch, tmp_path):
    monkeypatch.setenv("RUNS", str(tmp_path))
    assert expanded("${RUNS}/a") == expanded("$RUNS/a") == tmp_path / "a"
    assert expanded(Path("~/a")) == Path.home() / "a"


def test_a_variable_that_is_not_set_makes_no_folder_of_its_name(monkeypatch):
    monkeypatch.delenv("RUNS", raising=False)
    for written in ("$RUNS/a", "${RUNS}/a"):
        with pytest.raises(ConfigurationError, match=r"got \$.*RUNS.*, which is not set.*Fix: export RUNS=\.\.\."):
            expanded(written)


def test_a_file_may_have_a_dollar_in_its_name(tmp_path):
    (tmp_path / "cost_$a.h5").touch()
    assert expanded(tmp_path / "cost_$a.h5") == tmp_path / "cost_$a.h5"


def test_a_user_that_does_not_exist():
    with pytest.raises(ConfigurationError, match=r"got '~nobody_of_this_name/a'"):
        expanded("~nobody_of_this_name/a")
