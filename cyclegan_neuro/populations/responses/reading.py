"""From a file to responses: counts, or spike times with a table of presentations."""

from __future__ import annotations

from pathlib import Path

from cyclegan_neuro.populations.fields import Fields
from cyclegan_neuro.populations.reading import read_origin
from cyclegan_neuro.populations.responses.arrays import responses_from_arrays
from cyclegan_neuro.populations.responses.presentations import require_bin_or_stimulus, responses_from_presentations
from cyclegan_neuro.populations.responses.responses import Responses
from cyclegan_neuro.populations.responses.sections import DEFAULT_FIELDS, ResponsesSection
from cyclegan_neuro.populations.spike_tables import count_in_rows
from cyclegan_neuro.recordings import readers

__all__ = ["read_responses"]


def read_responses(section: ResponsesSection) -> Responses:
    """Read the file of source ``counts`` or ``spike_times``.

    Raises
    ------
    RecordingError
        If it cannot be read, a field is missing or has another shape, or a check finds something critical.
    """
    file, kind = section.file, section.source
    with readers.open_source(Path(file.path)) as source:
        known = {"defaults": DEFAULT_FIELDS[kind], "axes": {"counts": 3, "movie": 3}, "text": ("stimulus",)}
        fields = Fields(source, file, "data.file", **known)
        about = {"source": fields.label, "names": fields.short, "data_origin": read_origin(source)}
        if kind == "counts":
            counts, movie = fields.need("counts", "counts"), fields.get("movie")
            return responses_from_arrays(
                counts, bin_s=fields.bin_s(), movie=movie, max_missing=file.max_missing, **about
            )
        table = count_in_rows(fields, file.bin_s)
        stimulus = table.column("stimulus")
        require_bin_or_stimulus(
            file.bin_s, stimulus, fields.label, fix="set data.file.bin_s, or data.file.fields: {stimulus: ...}"
        )
        about["names"] = fields.short | {"counts": fields.short["spike_times"]}
        return responses_from_presentations(
            table.counts, stimulus, bin_s=table.bin_s, movie=fields.get("movie"), notes=table.notes, **about
        )
