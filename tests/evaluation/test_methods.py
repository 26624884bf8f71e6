"""Methods sections: templates, citations and the bibliography."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from jinja2 import Environment, nodes

import cyclegan_neuro
from cyclegan_neuro import __version__
from cyclegan_neuro.errors import ConfigurationError
from cyclegan_neuro.evaluation.methods import Paragraph, bibliography, render_methods

PACKAGE = Path(cyclegan_neuro.__file__).parent
TEMPLATES = {str(path.relative_to(PACKAGE)): path for path in PACKAGE.rglob("*.j2") if path.suffixes[0] != ".html"}
REQUIRED = {
    "article": {"author", "title", "journal", "year"},
    "inproceedings": {"author", "title", "booktitle", "year"},
    "misc": {"author", "title"},
}


def fields_of(bibtex):
    """Type, key and fields of an entry whose lines are ``name = {value},``; fails on anything else."""
    first, *lines, last = bibtex.split("\n")
    kind, key = re.fullmatch(r"@(\w+)\{([\w-]+),", first).groups()
    assert last == "}"
    fields = dict(re.fullmatch(r"  (\w+) = \{(.*)\},", line).groups() for line in lines)
    assert len(fields) == len(lines)
    return kind, key, fields


def balanced(text):
    depth = 0
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    return depth == 0


@pytest.fixture
def render(tmp_path):
    """Return a function that renders the text of a template: its paragraph, and the keys that it cites."""

    def render(text, **facts):
        (tmp_path / "methods.j2").write_text(text, encoding="utf-8")
        (paragraph, _), references = render_methods([Paragraph(tmp_path / "methods.j2", facts)])
        return paragraph, [reference.key for reference in references]

    return render


@pytest.mark.parametrize("key", bibliography())
def test_entries_are_well_formed_bibtex(key):
    reference = bibliography()[key]
    kind, found, fields = fields_of(reference.bibtex)
    assert (reference.key, found) == (key, key)
    assert REQUIRED[kind] <= fields.keys()
    for value in fields.values():
        assert balanced(value)
        assert value.isascii()
        assert not re.search(r"(?<!\\)[&%$#_]", value)  # LaTeX would stumble
    assert re.fullmatch(r"\d{4}", fields.get("year", "2000"))
    assert re.fullmatch(r"10\.\d{4,}/\S+", fields.get("doi", "10.1000/x"))
    assert re.fullmatch(r"\d{4}\.\d{4,5}", fields.get("eprint", "1111.1111"))


def test_the_bibliography_holds_what_templates_cite_each_once_and_nothing_else():
    cited = set()
    for path in TEMPLATES.values():
        calls = Environment().parse(path.read_text(encoding="utf-8")).find_all(nodes.Call)
        cited |= {call.args[0].value for call in calls if getattr(call.node, "name", "") == "cite"}
    assert cited == set(bibliography())
    text = (PACKAGE / "evaluation" / "references.bib").read_text(encoding="utf-8")
    assert text.count("@") == len(bibliography())


@pytest.mark.parametrize(
    ("key", "printed", "in_text"),
    [
        ("li2021", "Li et al. 2021", "Li et al. (2021)"),
        ("kingma2015", "Kingma and Ba 2015", "Kingma and Ba (2015)"),
        ("vanrossum2001", "van Rossum 2001", "van Rossum (2001)"),
        ("tkacik2014", "Tkačik et al. 2014", "Tkačik et al. (2014)"),
        ("molanomazon2018", "Molano-Mazon et al. 2018", "Molano-Mazon et al. (2018)"),
        ("cyclegan_neuro", "cyclegan_neuro", "cyclegan_neuro"),
    ],
)
def test_citations_are_printed_by_author_and_year(render, key, printed, in_text):
    text, keys = render("As {{ cite(key, in_text=true) }} say ({{ cite(key) }}).", key=key)
    assert text == f"As {in_text} say ({printed})."
    assert keys == list(dict.fromkeys([key, "cyclegan_neuro"]))


def test_works_are_collected_in_the_order_of_first_citing(render):
    _, keys = render(
        "{{ cite('zhu2017') }}, {{ cite('li2021') }}, {{ cite('zhu2017') }} {{ cite('mao2017') if false }}"
    )
    assert keys == ["zhu2017", "li2021", "cyclegan_neuro"]


def test_unknown_works_and_facts_are_refused(render):
    for text, message in (
        ('{{ cite("nobody1999") }}', r"methods\.j2: got cite\('nobody1999'\), which no \.bib file has"),
        ("{{ seed }}", r"methods\.j2: got 'seed' is undefined, expected a template of training that cites"),
        ("{{ training.sede }}", "has no attribute 'sede'"),
        ("a\n{% if training %}", r"methods\.j2, line 2: got Unexpected end of template"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            render(text, training=Path())


def test_bibtex_of_other_programs_is_read(tmp_path):
    (tmp_path / "methods.j2").write_text("{% for key in keys %}{{ cite(key) }}; {% endfor %}", encoding="utf-8")
    (tmp_path / "own.bib").write_text(
        "@article{one,\n author = {Bryan M. Li and\n   Nina Kudryashova},\n Year = 2022,\n title = {A}}\n\n"
        'note\n@misc{two, title = {No author},\n year = "2020"\n}\n'
        '@book{three,\n author={M\\"{u}ller, A. and Gro{\\ss}, B. and {\\c{C}}elik, C. and others},\n year={1999},\n}\n'
        "@misc{four,\n  author = {{Allen Institute}},\n  year = {2019}\n}\n",
        encoding="utf-8",
    )
    paragraph = Paragraph(tmp_path / "methods.j2", {"keys": ["one", "two", "three", "four"]}, tmp_path / "own.bib")
    (text, _), references = render_methods([paragraph])
    assert text == "Li and Kudryashova 2022; two; Müller et al. 1999; Allen Institute 2019;"
    assert [reference.bibtex.count("@") for reference in references] == [1] * 5


def test_paragraphs_are_plain_text_with_numbers_as_they_are_written(render):
    text, _ = render(
        "{% if a %}\n{{ rate }} and {{ n|thousands }}\n{% endif %}\n({{ n|plural('window') }}\n{% if not a %}\nx\n"
        "{% endif %}\n, {{ share|percent }}; {{ a }}\n), {{ seed }} <b>.",
        a=True, rate=1e-5, n=1234, share=0.25, seed=4321,
    )  # fmt: skip
    assert text == "1e-05 and 1,234 (1,234 windows, 25 %; True), 4321 <b>."


def test_the_package_is_cited_as_its_citation_file_says():
    citation = yaml.safe_load(PACKAGE.parent.joinpath("CITATION.cff").read_text(encoding="utf-8"))
    _, _, fields = fields_of(bibliography()["cyclegan_neuro"].bibtex)
    plain = {name: re.sub(r"[{}\\]", "", value) for name, value in fields.items()}
    assert plain == {
        "title": citation["title"], "author": citation["authors"][0]["name"], "note": f"Version {__version__}",
    }  # fmt: skip
    assert str(citation["version"]) == __version__


def test_software_is_named_with_versions_without_loading_it():
    code = (
        "import sys; from cyclegan_neuro.evaluation.methods import render_methods;"
        "(text,), _ = render_methods([], libraries=['NumPy', 'tf-keras-vis']); print(text);"
        "sys.exit(bool({'tensorflow', 'keras'} & sys.modules.keys()))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True
    )
    versions = ", ".join(f"{name} {version(name)}" for name in ("TensorFlow", "Keras", "NumPy", "tf-keras-vis"))
    assert result.stdout == f"Software: cyclegan_neuro {__version__}, {versions}.\n"
