"""Every field explains itself; every configuration file loads."""

from pathlib import Path

import pytest

from cyclegan_neuro.configuration.describe import describe
from cyclegan_neuro.configuration.fields import Section, accepts, field_at, section_of, setting, walk_fields
from cyclegan_neuro.configuration.loading import build_config, read_source
from cyclegan_neuro.systems import base

CONFIGS = Path(__file__).parents[2] / "configs"
SYSTEMS = base.names()
FILES = sorted(set(CONFIGS.glob("*/*.yaml")) - set(CONFIGS.glob("grids/*")))
PAPER = sorted(CONFIGS.glob("cyclegan/paper_*.yaml"))
TABLE_C1 = {
    "windows": ("window_frames", "split", "n_train", "n_validation", "n_test", "scaling"),
    "ordering": ("method",),
    "model": ("generator", "filters", "kernel_size", "residual_blocks", "dropout", "initializer_std"),
    "objective": ("name", "distance", "lambda_cycle", "lambda_identity", "lambda_gp", "dragan_c", "critic_updates"),
    "training": ("epochs", "batch_size", "learning_rate_generator", "learning_rate_discriminator"),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_field_has_a_description_and_words_for_what_it_accepts(name):
    for path, field in walk_fields(base.get(name).Config):
        assert field.description, ".".join(path)
        assert field.description.endswith("."), ".".join(path)
        assert accepts(field), ".".join(path)


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_default_is_valid(name):
    base.get(name).Config()


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_table_names_every_field(name):
    text = describe(base.get(name).Config)
    keys = [path[-1] for path, field in walk_fields(base.get(name).Config) if section_of(field) is None]
    rows = [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line[2] != " "]
    assert sorted(row for row in rows if row != "key") == sorted(keys)


def test_the_table_shows_default_unit_paper_range_and_description():
    class Inner(Section):
        """Ignored, the field says it."""

        rate_hz: float | None = setting(None, "How often it happens in a while.", unit="Hz", paper=24.0, gt=0.0)

    class Config(Section):
        """The whole.

        Not shown.
        """

        kind: str = setting("a", "Sort.")
        inner: Inner = setting(Inner, "A part.")

    assert describe(Config, width=80).splitlines() == [
        "top level: The whole.",
        "  key   default  unit  paper  accepts  description",
        "  kind  a                     text     Sort.",
        "",
        "inner: A part.",
        "  key      default  unit  paper  accepts               description",
        "  rate_hz  null     Hz    24.0   a number > 0 or null  How often it happens in a while.",
    ]


def test_what_nobody_described_is_shown_all_the_same():
    class Config(Section):
        kind: str = "a"

    assert describe(Config).splitlines()[0] == "top level"
    assert describe(Config).splitlines()[2].split() == ["kind", "a", "text"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_file_in_configs_loads_strictly(path):
    source = read_source(path)
    assert source.values["system"] == path.parent.name
    build_config(source, base.get(path.parent.name).Config)


def test_the_paper_has_its_files():
    assert [path.name for path in PAPER] == ["paper_recorded.yaml", "paper_synthetic.yaml"]


@pytest.mark.parametrize("path", PAPER, ids=lambda path: path.name)
def test_paper_files_hold_the_paper_values(path):
    system = base.get("cyclegan")
    config = build_config(read_source(path), system.Config).model_dump()
    for keys, field in walk_fields(system.Config):
        paper = field.json_schema_extra["paper"]
        value = config
        for key in keys:
            value = value and value[key]
        if paper is not None and keys != ("objective", "critic_updates"):  # null: 1, 1, 5, 1 by objective
            assert value == paper, ".".join(keys)


@pytest.mark.parametrize("path", PAPER, ids=lambda path: path.name)
def test_paper_files_spell_out_table_c1(path):
    origins = read_source(path).origins
    missing = [key for section, keys in TABLE_C1.items() for key in keys if (section, key) not in origins]
    assert missing == []


def test_field_at():
    config = base.get("cyclegan").Config
    assert field_at(config, ("data", "x", "path")).description.startswith("File or folder that holds")
    assert field_at(config, ("data", "nothing")) is None
    assert field_at(config, ("training", "epochs", "more")) is None
