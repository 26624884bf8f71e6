"""Words and tables that the reports of all systems share."""

import numpy as np
import pytest
from jinja2 import UndefinedError

from cyclegan_neuro.evaluation.wording import findings_table, percent, plural, tell
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


def test_templates_tell_paragraphs_and_below_the_line_how(tmp_path):
    template = tmp_path / "block.j2"
    template.write_text(
        "{% if n %}\nA {{ n|thousands }}\n b.\n\n{% endif %}\n\nC {{ x }}.\n---\nD.\n", encoding="utf-8"
    )
    assert tell(template, n=1234, x=0.10000001) == {"paragraphs": ("A 1,234 b.", "C 0.1."), "how": ("D.",)}
    assert tell(template, n=0, x=2.0)["paragraphs"] == ("C 2.",)
    with pytest.raises(UndefinedError, match="'x' is undefined"):
        tell(template, n=0)
