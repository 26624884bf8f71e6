"""The compiled CycleGAN training step on a GPU, beside the paper's A100.

Where TensorFlow sees a GPU, one command:

    python benchmarks/gpu_step.py [--json FILE]

Where the machine with the GPU has JAX and no TensorFlow, two. The first needs TensorFlow and no GPU; the second needs
JAX, NumPy, the folder ``benchmarks`` and what the first wrote:

    python benchmarks/gpu_step.py export --output_dir step
    python benchmarks/gpu_step.py time step [--json FILE]

A step is all that ``CycleGAN.train_step`` does with the paper's configuration (LSGAN, dropout, both Adam updates,
logs), compiled by XLA. ``export`` writes it as XLA's HLO before any optimisation, as TensorFlow lowers it for a CPU:
it names no device, and the machine that times it compiles it for its own. Windows and variables are arguments: the
timing side draws windows from [0, 1] and every variable with the mean and standard deviation of its initial values,
feeds back what a step returns, and then looks whether the optimizers counted as many updates as there were steps.
Each program runs in a process of its own. Windows/s are pairs (one window of each day), as in the paper.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from _common import machine, measure, parser, print_table, write_json

A100_WINDOWS_PER_S = 11.1  # of the published code, 2,048 x 102
AIM = 10.0  # times that, at batch 8
PAPER_SIZE = {"window_frames": 2048, "neurons": 102, "filters": 32, "residual_blocks": 9}
PRECISIONS = ("float32", "mixed_bfloat16")
MANIFEST = "manifest.json"
NO_GPU = "no GPU: these are CPU numbers"
GIGABYTE = 1e9


# -- with TensorFlow: the step, its export, its timing ------------------------------------------------------------


def build_step(arguments: argparse.Namespace, batch_size: int, precision: str):
    """Build the trainer as a run does and return its compiled step, of two batches of windows.

    Returns
    -------
    step : tf.function
        (x, y), each float32 (batch, time, neuron, 1), to the logs; updates the variables.
    data : tuple of tf.Tensor
        Windows to call it with.
    """
    import tensorflow as tf

    from cyclegan_neuro.configuration.sections import TrainingSection, WindowsSection
    from cyclegan_neuro.recordings.recording import Recording
    from cyclegan_neuro.systems import optimizers
    from cyclegan_neuro.systems.cyclegan.config import Config, ModelSection
    from cyclegan_neuro.systems.cyclegan.model import build_cyclegan
    from cyclegan_neuro.windows.prepare import prepare_pair

    config = Config(
        windows=WindowsSection(window_frames=arguments.window_frames),
        model=ModelSection(filters=arguments.filters, residual_blocks=arguments.residual_blocks),
        training=TrainingSection(batch_size=batch_size, precision=precision),
    )
    shape = (12 * arguments.window_frames, arguments.neurons)
    days = [Recording(np.random.default_rng(day).standard_normal(shape, np.float32), 24.0) for day in (0, 1)]
    prepared = prepare_pair(*days, data=config.data, windows=config.windows, ordering=config.ordering, seed=0)
    with optimizers.precision(precision):
        model = build_cyclegan(config, prepared)
    step = tf.function(lambda x, y: model.train_step((x, y)), jit_compile=True, autograph=False)
    batch = (batch_size, arguments.window_frames, arguments.neurons, 1)
    return step, tuple(tf.random.stateless_uniform(batch, (0, day)) for day in (1, 2))


def export_program(arguments: argparse.Namespace, batch_size: int, precision: str) -> dict[str, Any]:
    """Write the step of one batch size and precision, and return what the timing side must know about it."""
    from tensorflow.compiler.xla.service import hlo_pb2
    from train_step import convolution_flops

    begin = perf_counter()
    step, data = build_step(arguments, batch_size, precision)
    concrete = step.get_concrete_function(*data)
    compiler_ir = step.experimental_get_compiler_ir(*data)
    module = hlo_pb2.HloModuleProto.FromString(compiler_ir(stage="hlo_serialized"))
    targets = {instruction.custom_call_target for part in module.computations for instruction in part.instructions}
    if targets - {""}:
        raise RuntimeError(f"the step calls functions that only TensorFlow has: {sorted(targets - {''})}")
    for part in module.computations:
        for instruction in part.instructions:
            instruction.ClearField("metadata")  # names of TensorFlow's operations: half of the file
            if instruction.opcode == "copy":  # has no counterpart in StableHLO, through which JAX reaches a GPU
                instruction.opcode = "reshape"
    path = Path(arguments.output_dir) / f"{precision}_batch_{batch_size}.hlo"
    content = module.SerializeToString()
    path.write_bytes(content)
    return {
        "file": path.name,
        "precision": precision,
        "batch_size": batch_size,
        "bytes": len(content),
        "instructions": sum(len(part.instructions) for part in module.computations),
        "convolution_flops": convolution_flops(concrete),
        "results": sorted(concrete.structured_outputs),
        "arguments": _describe_arguments(concrete, module),
        "export_s": perf_counter() - begin,
    }


def _describe_arguments(concrete, module) -> list[dict[str, Any]]:
    """Describe the two batches and then the variables, in the order of the program's parameters."""
    returned_as = {
        entry.parameter_number: int(entry.output_shape_index[0]) for entry in module.input_output_alias.entries
    }
    by_handle = {id(variable.handle): variable for variable in concrete.variables}
    variables = [by_handle[id(handle)] for handle in concrete.captured_inputs]
    described = [
        {"name": name, "shape": list(windows.shape), "dtype": windows.dtype.name, "draw": "uniform"}
        for name, windows in zip("xy", concrete.inputs[:2], strict=True)
    ]
    for variable in variables:
        value = variable.numpy()
        described.append(
            {
                "name": variable.name,
                "shape": list(value.shape),
                "dtype": value.dtype.name,
                "draw": "normal",
                "mean": float(value.mean()),
                "std": float(value.std()),
            }
        )
    shapes = [list(parameter.dimensions) for parameter in module.host_program_shape.parameters]
    if shapes != [entry["shape"] for entry in described]:
        raise RuntimeError("the program's parameters are not the two batches and the captured variables, in that order")
    return [{**entry, "returned_as": returned_as.get(number)} for number, entry in enumerate(described)]


def export(arguments: argparse.Namespace) -> None:
    """Write one program per batch size and precision, and the manifest."""
    import keras
    import tensorflow as tf

    Path(arguments.output_dir).mkdir(parents=True, exist_ok=True)
    programs = []
    for precision in arguments.precisions:
        for batch_size in arguments.batch_sizes:
            programs.append(export_program(arguments, batch_size, precision))
            keras.backend.clear_session(free_memory=True)
    manifest = {
        "program": "CycleGAN.train_step: LSGAN, both updates, float32 variables; arguments x, y, variables",
        "size": {name: getattr(arguments, name) for name in PAPER_SIZE},
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "programs": programs,
    }
    (Path(arguments.output_dir) / MANIFEST).write_text(json.dumps(manifest) + "\n", encoding="utf-8")
    print_table(
        [
            {
                "program": program["file"],
                "MB": program["bytes"] / 1e6,
                "instructions": program["instructions"],
                "variables": len(program["arguments"]) - 2,
                "convolutions GFLOP": program["convolution_flops"] / 1e9,
                "export s": program["export_s"],
            }
            for program in programs
        ]
    )
    print(f"now, where JAX sees a GPU: python benchmarks/gpu_step.py time {arguments.output_dir}")


def run(arguments: argparse.Namespace) -> None:
    """Time the step with TensorFlow; without a GPU say so and what to do instead."""
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        print("TensorFlow sees no GPU: nothing timed. Where another machine has a GPU and JAX:")
        print("    python benchmarks/gpu_step.py export --output_dir step   # here")
        print("    python benchmarks/gpu_step.py time step                  # there")
        return
    task = ((arguments, batch, precision) for precision in arguments.precisions for batch in arguments.batch_sizes)
    rows = [_alone(_run_one, *one) for one in task]
    report(rows, size={name: getattr(arguments, name) for name in PAPER_SIZE}, json_file=arguments.json)


def _run_one(arguments: argparse.Namespace, batch_size: int, precision: str) -> dict[str, Any]:
    import tensorflow as tf
    from train_step import convolution_flops

    program = {"precision": precision, "batch_size": batch_size}
    gpu = tf.config.list_physical_devices("GPU")[0]
    step, data = build_step(arguments, batch_size, precision)
    program["convolution_flops"] = convolution_flops(step.get_concrete_function(*data))
    begin = perf_counter()
    try:
        logs = step(*data)
        program["compile_s"] = perf_counter() - begin
        timing = measure(lambda: _chain(step, data, arguments.steps), arguments.repeats)
    except tf.errors.ResourceExhaustedError as error:
        return {**program, "failed": _first_line(error)}
    return {
        **program,
        **_speed(program, timing, arguments.steps),
        "finite": all(bool(tf.math.is_finite(value)) for value in logs.values()),
        "peak_bytes": tf.config.experimental.get_memory_info("GPU:0")["peak"],
        "device": tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name),
        "on_gpu": True,
    }


def _chain(step, data, n_steps: int) -> None:
    for _ in range(n_steps):
        logs = step(*data)
    for value in logs.values():
        value.numpy()


# -- with JAX alone: the timing of an exported step ---------------------------------------------------------------


class ExportedStep:
    """A program of the manifest, compiled for JAX's first device, with its variables there.

    Parameters
    ----------
    directory : Path
    program : dict
        Its entry in the manifest.

    Notes
    -----
    XLA's input-output aliases donate the buffers of updated variables, so that each may be used once: ``__call__``
    puts the returned ones in their place.
    """

    def __init__(self, directory: Path, program: dict[str, Any]):
        import jax
        from jaxlib import xla_client

        jax.config.update("jax_enable_x64", True)  # counters and seeds are 64-bit
        self.device = jax.devices()[0]
        self.program, self.calls = program, 0
        computation = xla_client.XlaComputation((directory / program["file"]).read_bytes())
        module = xla_client._xla.mlir.xla_computation_to_mlir_module(computation)  # no public name for it
        begin = perf_counter()
        self.executable = self.device.client.compile_and_load(
            module, xla_client.DeviceList((self.device,)), xla_client.CompileOptions()
        )
        self.compile_s = perf_counter() - begin
        rng = np.random.default_rng(0)
        self.values = [jax.device_put(_draw(entry, rng), self.device) for entry in program["arguments"]]

    def __call__(self) -> list[Any]:
        """Make one step and return the logs, on the device and not waited for."""
        results = self.executable.execute_sharded(self.values).disassemble_into_single_device_arrays()
        self.calls += 1
        for number, entry in enumerate(self.program["arguments"]):
            if entry["returned_as"] is not None:
                self.values[number] = results[entry["returned_as"]][0]
        return [shards[0] for shards in results[: len(self.program["results"])]]

    def chain(self, n_steps: int) -> list[Any]:
        """Make steps one after the other and wait for the last."""
        import jax

        for _ in range(n_steps):
            logs = self()
        jax.block_until_ready((logs, self.values))
        return logs

    def updates_counted(self) -> list[int]:
        """Return what the optimizers' counters of updates hold."""
        return [
            int(value)
            for value, entry in zip(self.values, self.program["arguments"], strict=True)
            if entry["name"].split(":")[0].endswith("iteration")
        ]

    def program_bytes(self) -> int:
        """Return the device memory that the program needs: arguments, results and what lies between."""
        plan = self.executable.get_compiled_memory_stats()
        both = plan.argument_size_in_bytes + plan.output_size_in_bytes - plan.alias_size_in_bytes
        return both + plan.temp_size_in_bytes


def _draw(entry: dict[str, Any], rng: np.random.Generator) -> np.ndarray:
    dtype = np.dtype(entry["dtype"])
    if entry["draw"] == "uniform":
        return rng.random(entry["shape"], dtype)
    if dtype.kind != "f" or not entry["std"]:
        return np.full(entry["shape"], entry["mean"], dtype)
    return rng.normal(entry["mean"], entry["std"], entry["shape"]).astype(dtype)


def _time_one(directory: Path, program: dict[str, Any], repeats: int, n_steps: int) -> dict[str, Any]:
    """Compile, run and time one program."""
    from jaxlib.xla_client import XlaRuntimeError

    about = {name: program[name] for name in ("precision", "batch_size", "convolution_flops")}
    try:
        step = ExportedStep(directory, program)
        timing = measure(lambda: step.chain(n_steps), repeats)
        logs = step.chain(1)
    except XlaRuntimeError as error:  # above all: out of memory
        return {**about, "failed": _first_line(error)}
    if (counted := step.updates_counted()) != [step.calls] * 2:
        raise RuntimeError(f"after {step.calls} steps the two optimizers count {counted} updates: not a whole step")
    return {
        **about,
        **_speed(program, timing, n_steps),
        "finite": all(bool(np.isfinite(value)) for value in logs),
        "compile_s": step.compile_s,
        "program_bytes": step.program_bytes(),
        "peak_bytes": (step.device.memory_stats() or {}).get("peak_bytes_in_use"),
        "device": step.device.device_kind,
        "on_gpu": step.device.platform in ("gpu", "cuda", "rocm"),
    }


def time_exported(arguments: argparse.Namespace) -> None:
    """Time every program of a folder that ``export`` wrote."""
    directory = Path(arguments.directory)
    if not (directory / MANIFEST).exists():
        sys.exit(
            f"{directory} holds no {MANIFEST}; write it with: python benchmarks/gpu_step.py export --output_dir DIR"
        )
    try:
        import jax  # noqa: F401
    except ImportError:
        sys.exit("time needs JAX: pip install 'jax[cuda12]' (or 'jax' for CPU numbers)")
    manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    rows = [
        _alone(_time_one, directory, program, arguments.repeats, arguments.steps) for program in manifest["programs"]
    ]
    report(rows, size=manifest["size"], json_file=arguments.json)


# -- both ---------------------------------------------------------------------------------------------------------


def _alone(fn: Callable[..., dict[str, Any]], *args) -> dict[str, Any]:
    """Call ``fn`` in a process of its own: its peak of memory is its own, and so is its crash."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(fn, *args).result()
        except BrokenProcessPool:
            return {"failed": f"the process of {fn.__name__} ended without an answer"}


def _speed(program: dict[str, Any], timing: dict[str, Any], n_steps: int) -> dict[str, Any]:
    step_s = timing["median_s"] / n_steps
    return {
        "step_s": step_s,
        "step_s_of_every_repeat": [seconds / n_steps for seconds in timing["seconds"]],
        "windows_per_s": program["batch_size"] / step_s,
        "convolution_flops_per_s": program["convolution_flops"] / step_s,
    }


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]


def report(rows: list[dict[str, Any]], *, size: dict[str, int], json_file: Path | None) -> None:
    """Print the table and what it says about the aim; write the numbers."""
    timed = [row for row in rows if "failed" not in row]
    on_gpu = bool(timed) and all(row["on_gpu"] for row in timed)
    comparable = on_gpu and size == PAPER_SIZE
    print(f"{size['window_frames']:,} x {size['neurons']}, filters {size['filters']}, {size['residual_blocks']} blocks")
    if timed:
        print(f"device: {timed[0]['device']}" + ("" if on_gpu else f" ({NO_GPU})"))
    for row in timed:
        row["times_a100"] = row["windows_per_s"] / A100_WINDOWS_PER_S if comparable else None
    print_table([_table_row(row) for row in timed])
    for row in rows:
        if "failed" in row:
            print(f"{row.get('precision', 'a program')}, batch {row.get('batch_size', '?')}: {row['failed']}")
    if comparable:
        best = max((row["times_a100"] for row in timed if row["batch_size"] == 8), default=0.0)
        print(f"batch 8: {best:.1f} x the A100's {A100_WINDOWS_PER_S} windows/s; the aim is {AIM:g} x")
    elif on_gpu:
        print("not the paper's size: not to be compared with its A100")
    numbers = {"benchmark": "gpu_step", "machine": machine(), "size": size, "on_gpu": on_gpu, "programs": rows}
    write_json(json_file, numbers)
    if not timed:
        sys.exit("no program could be timed")


def _table_row(row: dict[str, Any]) -> dict[str, Any]:
    def gigabytes(name: str) -> float | None:
        return None if row.get(name) is None else row[name] / GIGABYTE

    return {
        "precision": row["precision"],
        "batch": row["batch_size"],
        "step ms": 1e3 * row["step_s"],
        "windows/s": row["windows_per_s"],
        "x the A100": row["times_a100"],
        "convolutions TFLOP/s": row["convolution_flops_per_s"] / 1e12,
        "program GB": gigabytes("program_bytes"),
        "peak GB": gigabytes("peak_bytes"),
        "compile s": row["compile_s"],
        "finite": "yes" if row["finite"] else "NO",
    }


def _arguments(argv: list[str]) -> argparse.Namespace:
    verbs = {"run": run, "export": export, "time": time_exported}
    if not argv or argv[0] not in (*verbs, "-h", "--help"):
        argv = ["run", *argv]
    timing = parser("", repeats=10)
    timing.add_argument("--steps", type=int, default=5, help="steps in a row per repetition (5)")
    sizes = argparse.ArgumentParser(add_help=False)
    for name, value in PAPER_SIZE.items():
        sizes.add_argument(f"--{name}", type=int, default=value)
    sizes.add_argument("--batch_sizes", type=int, nargs="+", default=[1, 8, 16])
    sizes.add_argument("--precisions", nargs="+", default=list(PRECISIONS), choices=PRECISIONS)
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    choice = options.add_subparsers(dest="verb", required=True)
    parents = {"run": [timing, sizes], "export": [sizes], "time": [timing]}
    for verb, fn in verbs.items():
        added = choice.add_parser(verb, help=fn.__doc__, parents=parents[verb], conflict_handler="resolve")
        added.set_defaults(fn=fn)
        if verb == "export":
            added.add_argument("--output_dir", type=Path, required=True)
        elif verb == "time":
            added.add_argument("directory", type=Path, metavar="DIR", help="what export wrote")
    return options.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Do what the verb says."""
    arguments = _arguments(sys.argv[1:] if argv is None else argv)
    arguments.fn(arguments)


if __name__ == "__main__":
    main()
