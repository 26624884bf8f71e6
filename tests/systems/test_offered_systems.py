"""Systems that other packages offer: what cannot be used is told, by name, and stops nobody else."""

import re
import sys
from typing import Literal

import pytest

import cyclegan_neuro as cn
from cyclegan_neuro.cli import systems, train
from cyclegan_neuro.configuration.fields import Section
from cyclegan_neuro.configuration.sections import (
    DataSection,
    EvaluationSection,
    OrderingSection,
    ReportSection,
    TrainingSection,
    WindowsSection,
)
from cyclegan_neuro.errors import ConfigurationError, UserError
from cyclegan_neuro.systems import base
from cyclegan_neuro.systems.days import DaysSystem

WHOLE = "expected a `System` with name, title, citation, Config. Fix: mend, reinstall or uninstall the package stranger"
DAYS = "data, evaluation, ordering, report, system, training, windows"


class Config(Section):
    system: Literal["offered"] = "offered"
    data: DataSection = DataSection()
    windows: WindowsSection = WindowsSection()
    ordering: OrderingSection = OrderingSection()
    training: TrainingSection = TrainingSection()
    evaluation: EvaluationSection = EvaluationSection()
    report: ReportSection = ReportSection()


class WithoutReport(Section):
    system: Literal["offered"] = "offered"
    data: DataSection = DataSection()
    training: TrainingSection = TrainingSection()
    evaluation: EvaluationSection = EvaluationSection()


class OfAnother(Config):
    system: Literal["another"] = "another"


class Offered(DaysSystem):
    name, title, citation = "offered", "A system", "Nobody (2026)."
    Config = Config

    def build(self, config, prepared):
        raise NotImplementedError

    def training_paragraph(self, config, prepared, *, updates):
        raise NotImplementedError


def system(**attributes):
    return type("Changed", (Offered,), attributes)()


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """Lay out a package as pip leaves it: one module, one entry point."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def lay_out(source, *, name="offered", package="stranger", **values):
        module = f"{package}_module"
        (tmp_path / f"{module}.py").write_text(source)
        metadata = tmp_path / f"{package}-0.1.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 0.1\n")
        (metadata / "entry_points.txt").write_text(f"[cyclegan_neuro.systems]\n{name} = {module}:SYSTEM\n")
        monkeypatch.delitem(sys.modules, module, raising=False)
        monkeypatch.setattr(sys.modules[__name__], "SYSTEM", values.get("value"), raising=False)

    return lay_out


def offer_value(offer, value, **where):
    offer(f"import sys\nSYSTEM = sys.modules[{__name__!r}].SYSTEM\n", value=value, **where)


@pytest.mark.parametrize(
    ("source", "got"),
    [
        ("import no_such_module\n", "got ModuleNotFoundError (No module named 'no_such_module')"),
        ("", "got AttributeError (module 'stranger_module' has no attribute 'SYSTEM')"),
        ("raise RuntimeError('two\\nlines')\n", "got RuntimeError (two lines)"),
        ("SYSTEM = 3\n", "got 3"),
        (
            "from cyclegan_neuro.systems.base import System\nclass Mine(System): pass\nSYSTEM = Mine()\n",
            "got TypeError (Can't instantiate abstract class Mine",
        ),
    ],
)
def test_what_does_not_load_is_told_and_listed_beside_the_others(offer, capsys, source, got):
    offer(source)
    with pytest.raises(ConfigurationError) as refused:
        base.get("offered")
    message = str(refused.value)
    assert message.startswith(f"system 'offered', entry point stranger_module:SYSTEM: {got}")
    assert message.endswith(WHOLE)
    assert systems.main([]) == 0
    listed = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert ["offered", f"cannot be used: {message}"] in listed
    assert any(words[0] == "spike_gan" and words[1].startswith("Spike-GAN") for words in listed)
    assert train.main(["--list_systems"]) == 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"title": None, "Config": dict}, f"got one without title, Config, {WHOLE}"),
        ({"name": "else"}, "got a system called 'else', expected the name of the entry point, 'offered'"),
        ({"Config": WithoutReport}, f"got a Config without ordering, report, windows, expected the fields {DAYS}"),
        ({"Config": OfAnother}, "got another `system` in its Config, expected system: Literal['offered']"),
    ],
)
def test_what_would_fail_after_a_training_is_refused_before_it(offer, changed, message):
    offer_value(offer, system(**changed))
    with pytest.raises(ConfigurationError) as refused:
        base.get("offered")
    assert message in str(refused.value)


def test_what_is_whole_is_found(offer):
    offer_value(offer, system())
    assert base.get("offered").title == "A system"
    assert ["offered", "A system"] in [line.split(maxsplit=1) for line in systems.list_systems().splitlines()]


def test_a_name_that_the_package_has_itself_is_refused(offer):
    offer_value(offer, system(name="cyclegan"), name="cyclegan")
    with pytest.raises(
        ConfigurationError, match="got 2 packages that offer it: cyclegan_neuro, stranger, expected one"
    ):
        base.get("cyclegan")
    assert re.search(
        r"^cyclegan +cannot be used: system 'cyclegan': got 2 packages", systems.list_systems(), re.MULTILINE
    )


def test_a_name_that_two_packages_offer_is_refused(offer):
    for package in ("first", "second"):
        offer_value(offer, system(), package=package)
    with pytest.raises(ConfigurationError, match=r"2 packages that offer it: (first, second|second, first), expected"):
        base.get("offered")


def test_the_package_of_a_run_may_be_gone():
    with pytest.raises(ConfigurationError, match="choose one of these names, or install the package that offers it"):
        base.get("linear_days")


def test_the_front_door_knows_names_before_files(tmp_path):
    with pytest.raises(UserError, match=r"system: got 'cyclgan', .* did you mean 'cyclegan'"):
        cn.train("cyclgan", output_dir=tmp_path / "run")


def test_a_system_without_a_shipped_configuration_starts_from_its_defaults(offer, tmp_path, monkeypatch):
    offer_value(offer, system())
    given = []
    monkeypatch.setattr("cyclegan_neuro.training.run.train", lambda *given_, **_: given.extend(given_))
    monkeypatch.setattr("cyclegan_neuro.api.load_run", lambda output_dir: None)
    cn.train("offered", "x.h5", "y.h5", output_dir=tmp_path / "run", settings={"training.epochs": 7})
    config = given[1]
    assert (config.system, config.training.epochs, config.data.source) == ("offered", 7, "files")
    with pytest.raises(UserError, match=r"--set training\.epochz=7, training\.epochz: got the unknown key"):
        cn.train("offered", output_dir=tmp_path / "run", settings={"training.epochz": 7})
