"""Options with which commands read a recording of any format."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from cyclegan_neuro.cli.console import number_from
from cyclegan_neuro.recordings import readers

if TYPE_CHECKING:
    from cyclegan_neuro.configuration.sections import RecordingSection

__all__ = ["add_reader_options", "recording_section"]


def add_reader_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a file is to be read."""
    parser.add_argument(
        "--field", action="append", default=[], metavar="FIELD=NAME", type=_field,
        help="name of a field in the file, for example dff=traces/dff; licks=null leaves one out; repeat for more",
    )  # fmt: skip
    parser.add_argument("--format", default="auto", help="auto (default), " + ", ".join(readers.names()))
    parser.add_argument(
        "--frame_rate", type=number_from(0.001, float), metavar="HZ", help="frame rate, if the file does not hold it"
    )
    parser.add_argument("--transpose", action="store_true", help="the matrix in the file is (neuron, time)")
    parser.add_argument("--indicator", default="", metavar="NAME", help="for example GCaMP6f, if the file names none")
    parser.add_argument(
        "--cell_type", default="", metavar="NAME", help="excitatory, pv, sst or vip, if the file names none"
    )
    parser.add_argument(
        "--unit", choices=("fraction", "percent", "raw"),
        help="unit of ΔF/F in the file (raw: ΔF/F is computed); where it is not stated, values as large as percent are "
        "refused",
    )  # fmt: skip
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE",
        help="any other setting of data.x, for example baseline.near_zero=drop or rois=all; repeat for more",
    )  # fmt: skip


def recording_section(path: str, options: argparse.Namespace, **policies: Any) -> RecordingSection:
    """Return what a configuration would say with these options.

    Parameters
    ----------
    path : str
    options : argparse.Namespace
        With the options of :func:`add_reader_options`.
    **policies : str
        Further settings of the section, for example ``nan="interpolate"``.

    Raises
    ------
    ConfigurationError
        If ``--set`` names a setting that does not exist, or a value that it cannot have.
    """
    # Here and not above, so that --help does not wait for pydantic.
    from pydantic import ValidationError

    from cyclegan_neuro.configuration.loading import default_source
    from cyclegan_neuro.configuration.problems import explain
    from cyclegan_neuro.configuration.sections import RecordingSection

    stated = {
        "path": path,
        "format": options.format,
        "fields": dict(options.field),
        "frame_rate_hz": options.frame_rate,
        "transpose": options.transpose or None,
        "unit": options.unit,
        "indicator": options.indicator,
        "cell_type": options.cell_type,
    }
    source = default_source("", overrides=options.set)
    del source.values["system"]
    try:
        return RecordingSection.model_validate(stated | policies | source.values)
    except ValidationError as error:
        raise explain(error, RecordingSection, source.where) from None


def _field(text: str) -> tuple[str, str | None]:
    field, separator, name = text.partition("=")
    if not (field and separator and name):
        raise argparse.ArgumentTypeError(f"got '{text}', expected FIELD=NAME, for example dff=traces/dff")
    return field, None if name == "null" else name
