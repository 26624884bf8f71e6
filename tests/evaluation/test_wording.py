"""Words and tables that the reports of all systems share."""

import numpy as np
import pytest

from cyclegan_neuro.evaluation.wording import findings_table, percent, plural
from cyclegan_neuro.recordings.findings import Finding


@pytest.mark.parametrize(
    ("share", "text"), [(0.5, "50 %"), (0.004, "0 %"), (1.0, "100 %"), (0.577, "58 %"), (np.nan, "–"), (np.inf, "–")]
)
def test_percent(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(("n", "text"), [(0, "0 neurons"), (1, "1 neuron"), (2, "2 neurons"), (1200, "1,200 neurons")])
def test_plural(n, text):
    assert plural(n, "neuron") == text


def test_findings_stand_in_the_order_of_their_weight():
    findings = [
        Finding(severity, "code", f"file {n}", got="this", expected="that", fix="mend it")
        for n, severity in enumerate(("info", "warning", "critical", "warning"))
    ]
    table = findings_table(findings)
    assert table.slug == "findings"
    assert table.columns == ("severity", "where", "found", "expected", "what to do")
    assert [row[:2] for row in table.rows] == [
        ("critical", "file 2"), ("warning", "file 1"), ("warning", "file 3"), ("info", "file 0"),
    ]  # fmt: skip
    assert table.rows[0][2:] == ("this", "that", "mend it")
