"""Tables for a paper: LaTeX with booktabs, marked cells in bold."""

from __future__ import annotations

import re
from pathlib import Path

from cyclegan_neuro.evaluation.contents import Table
from cyclegan_neuro.report.tables import column_order, format_cell

__all__ = ["latex_table", "write_latex"]

_SPECIAL = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "−": r"$-$",
    "Δ": r"$\Delta$", "Φ": r"$\Phi$", "λ": r"$\lambda$", "²": r"$^2$", "≥": r"$\geq$", "≤": r"$\leq$", "|": r"$|$",
    "<": r"$<$", ">": r"$>$", "\u00a0": "~", "–": "--", "\n": " ",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}  # fmt: skip
_TO_ESCAPE = re.compile("|".join(map(re.escape, _SPECIAL)))


def latex_table(table: Table, *, caption: str) -> str:
    r"""Return a ``table`` environment; needs ``\usepackage{booktabs}``.

    Examples
    --------
    >>> print(latex_table(Table("t", ("", "error"), (("a_b", 0.5),), frozenset({(0, 1)})), caption="Errors."))
    \begin{table}
    \centering
    \caption{Errors.}
    \label{tab:t}
    \begin{tabular}{lr}
    \toprule
     & error \\
    \midrule
    a\_b & \textbf{0.500} \\
    \bottomrule
    \end{tabular}
    \end{table}
    """
    columns = [[row[index] for row in table.rows] for index in range(len(table.columns))]
    places = "".join("r" if column_order(column) == "number" else "l" for column in columns)
    lines = [
        "\\midrule\n" * (i == table.ruled)
        + " & ".join(_cell(cell, (i, j) in table.marked) for j, cell in enumerate(row))
        + r" \\"
        for i, row in enumerate(table.rows)
    ]
    return "\n".join((
        r"\begin{table}", r"\centering", rf"\caption{{{_escaped(caption)}}}", rf"\label{{tab:{table.slug}}}",
        rf"\begin{{tabular}}{{{places}}}", r"\toprule", " & ".join(map(_escaped, table.columns)) + r" \\", r"\midrule",
        *lines, r"\bottomrule", r"\end{tabular}", r"\end{table}",
    ))  # fmt: skip


def write_latex(table: Table, path: Path, *, caption: str) -> None:
    """Write :func:`latex_table` as UTF-8."""
    path.write_text(latex_table(table, caption=caption) + "\n", encoding="utf-8")


def _cell(value: object, marked: bool) -> str:
    text = _escaped(format_cell(value))
    return rf"\textbf{{{text}}}" if marked else text


def _escaped(text: str) -> str:
    return _TO_ESCAPE.sub(lambda found: _SPECIAL[found[0]], text)
