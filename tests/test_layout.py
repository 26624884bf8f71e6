"""Imports go one way, and the rooms that need no TensorFlow never load it."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

from cyclegan_neuro.systems import base

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "cyclegan_neuro"

#: Room → rooms it may import from, besides itself.
GROUND = {"errors", "quiet", "invocation", "configuration", "figures"}
MAY_IMPORT = {
    "errors": set(),
    "quiet": {"errors"},
    "invocation": set(),
    "configuration": {"errors"},
    "figures": {"errors"},
    "recordings": GROUND,
    "spikes": GROUND | {"recordings"},
    "networks": GROUND,
    "windows": GROUND | {"recordings", "spikes", "networks"},
    "populations": GROUND | {"recordings", "windows"},
    "interpret": GROUND | {"recordings", "spikes", "windows", "networks"},
    "evaluation": GROUND | {"recordings", "populations", "spikes", "windows", "networks", "interpret"},
}
for room, below in (
    ("systems", "evaluation"),
    ("training", "systems"),
    ("report", "training"),
    ("grid", "report"),
    ("compare", "grid"),
    ("api", "compare"),
    ("cli", "api"),
):
    MAY_IMPORT[room] = MAY_IMPORT[below] | {below}

#: Modules of the shared rooms that know systems only through these.
DOORS = {
    "training": {f"{PACKAGE}.systems", *(f"{PACKAGE}.systems.{name}" for name in ("base", "optimizers", "trainer"))},
    "report": {f"{PACKAGE}.systems"},
    "compare": set(),
}

HEAVY = {"tensorflow", "keras"}
SLOW = {"elephant", "neo", "quantities", "sklearn"}  # over a second to import: only inside functions
WITH_TENSORFLOW = (
    f"{PACKAGE}.windows.pipeline",
    f"{PACKAGE}.windows.streams",
    f"{PACKAGE}.windows.ordering.autoencoder",
    f"{PACKAGE}.populations.streams",
    f"{PACKAGE}.spikes.inference",
    f"{PACKAGE}.interpret.centres",
    f"{PACKAGE}.interpret.passes",
    f"{PACKAGE}.interpret.views",
    f"{PACKAGE}.evaluation.days.evaluation",
    f"{PACKAGE}.evaluation.days.interpretation.measure",
    f"{PACKAGE}.evaluation.days.interpretation.views",
)
LIGHT_ROOMS = (
    "errors", "quiet", "invocation", "configuration", "figures", "recordings", "populations", "spikes", "windows",
    "interpret", "evaluation", "report", "grid", "compare", "api", "cli",
)  # fmt: skip


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str | None:
    """The room of a module of the package, None for the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None


def is_light(module: str) -> bool:
    """Whether a module must load without TensorFlow; a package in WITH_TENSORFLOW stands for all its modules."""
    return room_of(module) in LIGHT_ROOMS and not f"{module}.".startswith(tuple(f"{name}." for name in WITH_TENSORFLOW))


MODULES = {module_name(path): path for path in sorted((ROOT / PACKAGE).rglob("*.py"))}


def imported_names(node: ast.AST, module: str, path: Path) -> list[str]:
    """Absolute names that an import statement loads (``from a import b`` counts as a.b where that is a module)."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
        base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
    names = [f"{base}.{alias.name}" for alias in node.names]
    return [name if name in MODULES else base for name in names]


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def all_imports(module: str) -> set[str]:
    """Every import of a module, those inside functions too."""
    return {name for node in ast.walk(tree_of(module)) for name in imported_names(node, module, MODULES[module])}


def imports_at_load(module: str) -> set[str]:
    """Imports that run when the module is imported: not in functions, not under TYPE_CHECKING."""
    found, waiting = set(), [tree_of(module)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
            continue
        found.update(imported_names(node, module, MODULES[module]))
        waiting.extend(ast.iter_child_nodes(node))
    return found


def backward_imports(module: str, imports: set[str]) -> set[str]:
    """Imports that go against the order of the rooms, or around a door."""
    room = room_of(module)
    own = {name for name in imports if name.split(".")[0] == PACKAGE and room_of(name) not in (None, room)}
    backward = {name for name in own if room_of(name) not in MAY_IMPORT[room]}
    if room in DOORS:
        backward |= {name for name in own if room_of(name) == "systems" and name not in DOORS[room]}
    return backward


def test_every_room_has_its_place():
    assert {room_of(module) for module in MODULES} - {None} == set(MAY_IMPORT)


def heavy(imports: set[str]) -> set[str]:
    return {name for name in imports if name.split(".")[0] in HEAVY}


def offenders(modules, wrong) -> dict[str, set[str]]:
    """The modules that import what they must not, and what; ``wrong(module)`` returns it."""
    return {module: found for module in modules if (found := wrong(module))}


def test_imports_go_one_way():
    modules = [module for module in MODULES if room_of(module)]
    assert offenders(modules, lambda module: backward_imports(module, all_imports(module))) == {}


def test_a_backward_import_is_noticed():
    assert backward_imports(f"{PACKAGE}.recordings.recording", {f"{PACKAGE}.windows.prepare", "numpy"})
    assert backward_imports(f"{PACKAGE}.training.loop", {f"{PACKAGE}.systems.cyclegan.model"})
    assert backward_imports(f"{PACKAGE}.spikes.counts", {f"{PACKAGE}.windows.prepare"})
    assert not backward_imports(f"{PACKAGE}.windows.prepare", {f"{PACKAGE}.recordings.recording", f"{PACKAGE}.errors"})
    assert not backward_imports(f"{PACKAGE}.windows.prepare", {f"{PACKAGE}.spikes.counts"})


def test_spikes_are_light_but_for_inference():
    assert is_light(f"{PACKAGE}.spikes.counts")
    assert not is_light(f"{PACKAGE}.spikes.inference")
    assert not is_light(f"{PACKAGE}.spikes.inference.rates")


def test_the_ground_never_names_tensorflow():
    ground = [m for m in MODULES if is_light(m) and room_of(m) in {*GROUND, "recordings", "spikes"}]
    assert offenders(ground, lambda module: heavy(all_imports(module))) == {}


def test_light_modules_load_no_tensorflow_themselves():
    assert offenders(filter(is_light, MODULES), lambda module: heavy(imports_at_load(module))) == {}


def test_importing_all_light_modules_leaves_tensorflow_and_slow_packages_out():
    light = [module for module in MODULES if is_light(module)]
    systems = [name for system in base.names() for name in (system, f"{system}.config")]
    light += [f"{PACKAGE}.systems.{name}" for name in ("base", *systems)]
    code = (
        "import importlib, sys\n"
        f"for module in {light!r}:\n"
        "    importlib.import_module(module)\n"
        f"    loaded = {HEAVY | SLOW!r} & sys.modules.keys()\n"
        "    assert not loaded, f'{module} loads {loaded}'\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
