"""What is wrong with a recording, or worth knowing, before a network sees it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from cyclegan_neuro.errors import RecordingError
from cyclegan_neuro.recordings.checks import behaviour, indicator, outliers, quantity, stretches, time, units, values
from cyclegan_neuro.recordings.findings import Finding
from cyclegan_neuro.recordings.recording import Recording

__all__ = ["CHECKS", "check", "require", "require_fraction"]

#: Every check, in the order in which findings are listed.
CHECKS: tuple[Callable[[Recording, str], Iterator[Finding]], ...] = (
    time.transposed,
    time.frame_rate,
    values.not_a_number,
    values.infinite,
    values.constant,
    values.whole_numbers,
    outliers.outlying,
    behaviour.infinite_behaviour,
    behaviour.position,
    behaviour.position_unit,
    quantity.quantity,
    stretches.blanked,
    stretches.bleached,
    time.gaps,
    indicator.indicator,
    indicator.decay,
    units.negative,
    units.noise,
)

_RANK = {"critical": 0, "warning": 1, "info": 2}


def check(recording: Recording, *, where: str | None = None, unit_stated: bool = False) -> list[Finding]:
    """Look at a recording from all sides.

    Parameters
    ----------
    recording : Recording
    where : str, optional
        How findings call it, usually the path of its file.
    unit_stated : bool
        Whether the user said in which unit ΔF/F is, so that values as large as percent are believed, with a warning.

    Returns
    -------
    list of Finding
        Critical ones first.

    Examples
    --------
    >>> import numpy as np
    >>> [f.code for f in check(Recording(np.zeros((9, 20), np.float32), frame_rate_hz=24.0))][:2]
    ['transposed', 'constant']
    """
    label = where or recording.label
    findings = [finding for one_check in CHECKS for finding in one_check(recording, label)]
    findings = [quantity.as_stated(finding) for finding in findings] if unit_stated else findings
    return sorted(findings, key=lambda finding: _RANK[finding.severity])


def require_fraction(
    recording: Recording, *, where: str, also: Collection[str] = (), like: Recording | None = None
) -> None:
    """Refuse what no use of a recording can make good: values that cannot be ΔF/F, or an impossible rate.

    NaN passes: whoever calls this leaves those frames out. What a recording ``like`` it shows too was accepted with
    that one. ``also`` and errors as for :func:`require`.
    """
    checks = (time.frame_rate, values.infinite, values.whole_numbers, quantity.quantity)
    accepted = set() if like is None else {f.code for one_check in checks for f in one_check(like, where)}
    found = (finding for one_check in checks for finding in one_check(recording, where))
    require((finding for finding in found if finding.code not in accepted), also=also)


def require(findings: Iterable[Finding], *, also: Collection[str] = ()) -> None:
    """Raise the first critical finding as an error that names the others.

    Parameters
    ----------
    findings : iterable of Finding
    also : collection of str
        Codes of findings that are critical here, whatever their severity.

    Raises
    ------
    RecordingError
        If there is a critical finding.
    """
    critical = [finding for finding in findings if finding.severity == "critical" or finding.code in also]
    if not critical:
        return
    first, others = critical[0], critical[1:]
    also = "; ".join(f"{finding.where}: {finding.got}" for finding in others)
    fix = f"{first.fix}. Also critical: {also}" if also else first.fix
    raise RecordingError(first.where, got=first.got, expected=first.expected, fix=fix)
