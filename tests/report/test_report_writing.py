import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from matplotlib.figure import Figure

from cyclegan_neuro.errors import RunDirectoryError
from cyclegan_neuro.evaluation.contents import Block, Evaluation, Picture, Reference, Sentence, Table
from cyclegan_neuro.figures import drawing
from cyclegan_neuro.report import write
from cyclegan_neuro.report.files import replacing_directory, slug, unique_slugs
from cyclegan_neuro.report.page import Ending
from cyclegan_neuro.report.write import flatten, write_report, write_single_page

HOSTILE = "<script>alert(1)</script>\"'& ../../etc/passwd"


def figure():
    drawn = Figure(figsize=(1, 1))
    drawn.subplots().set_title(HOSTILE)
    return drawn


def evaluation(text="quiet", slugs=("one", "two"), counterpart="Figure 4"):
    table = Table(slugs[0], ("neuron", f"{text} (Hz)"), ((text, 0.5), ("b", None)))
    pictures = (Picture(slugs[0], text, figure(), counterpart), Picture(slugs[1], "two", figure(), ""))
    blocks = (
        Block("First", (text,), ((text, table),), pictures),
        Block("Second", ("More.",), (("again", table),)),
    )
    metrics = {"signals": {"cycle_x": {"model": {"mean": float("nan"), "n": 3}}}}
    references = (Reference("key", f"@misc{{key,\n  title = {{{text}}},\n}}"),)
    return Evaluation((f"Summary of {text}.",), blocks, metrics, (f"Methods of {text}.",), references)


def write_it(run, found=None, **changed):
    arguments = {
        "run_directory": run, "system_name": "cyclegan", "config_yaml": "system: cyclegan\n",
        "environment": {"versions": {"numpy": "2.4"}, "command": ["train.py", "--output_dir", "x"]},
        "inputs": {"x": {"source": "file", "roi_ids": list("abcdefgh")}}, "status": {"state": "finished"},
        "weights": {"asked_for": "last", "epoch": 11, "step": 55}, "timing": {"train_s": 12.5},
    }  # fmt: skip
    return write_report(found or evaluation(), **{**arguments, **changed})


class Page(HTMLParser):
    """Tags, links and visible text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.data, self.ids, self.open = [], [], "", [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.data += data


def page_of(path):
    return Page(path.read_text(encoding="utf-8"))


def test_everything_is_where_it_belongs(tmp_path):
    index = write_it(tmp_path)
    assert index == tmp_path / "report" / "index.html"
    names = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    assert names == [
        "report/figures/one.png", "report/figures/one.svg", "report/figures/two.png", "report/figures/two.svg",
        "report/index.html", "report/metrics.json", "report/tables/one-2.csv", "report/tables/one.csv",
    ]  # fmt: skip


def test_metrics_json(tmp_path):
    write_it(tmp_path)
    assert json.loads((tmp_path / "report" / "metrics.json").read_text()) == {
        "system": "cyclegan",
        "signals": {"cycle_x": {"model": {"mean": None, "n": 3}}},
        "weights": {"asked_for": "last", "epoch": 11, "step": 55},
        "timing": {"train_s": 12.5},
        "versions": {"numpy": "2.4"},
    }


def test_the_page_is_well_formed_and_tells_its_story(tmp_path):
    page = page_of(write_it(tmp_path))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    for wanted in ("Summary of quiet.", "Table 1.", "Table 2.", "Figure 2.", "system: cyclegan", "8 entries", "12.5"):
        assert wanted in page.data
    assert page.data.index("First") < page.data.index("Second") < page.data.index("how to repeat")
    assert page.data.index("Methods of quiet.") < page.data.index("@misc{key,") < page.data.rindex("how to repeat")


def test_links_lead_somewhere(tmp_path):
    index = write_it(tmp_path)
    page = page_of(index)
    links = [value for tag, name, value in page.attributes if tag == "a" and name == "href"]
    assert {link[1:] for link in links if link.startswith("#")} == {
        "summary", "s-first", "s-second", "methods", "repeat",
    } <= set(page.ids)  # fmt: skip
    files = {link for link in links if not link.startswith("#")}
    assert files == {
        "tables/one.csv", "tables/one-2.csv", "figures/one.svg", "figures/one.png", "figures/two.svg",
        "figures/two.png",
    }  # fmt: skip
    assert all((index.parent / file).is_file() for file in files)


def test_each_figure_names_its_counterpart_in_the_paper(tmp_path):
    page = page_of(write_it(tmp_path))
    captions = re.findall(r"Figure \d\. .*?paper[^.]*\.(?: \d\.)?", " ".join(page.data.split()))
    assert captions == ["Figure 1. quiet In the paper: Figure 4.", "Figure 2. two No counterpart in the paper."]


def test_the_policy_allows_this_style_and_this_script_alone(tmp_path):
    text = write_it(tmp_path).read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    for name in ("style", "script"):
        (content,) = re.findall(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules.pop(f"{name}-src") == f"'sha256-{digest}'"
    assert rules == {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", "img-src": "data:"}
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", text)  # what the policy would refuse


def test_a_report_without_methods_has_no_empty_section(tmp_path):
    page = page_of(write_it(tmp_path, Evaluation(("s",), (Block("B"),))))
    assert "methods" not in page.ids
    assert "ready to paste" not in page.data


def test_the_page_needs_nothing_but_itself(tmp_path):
    page = page_of(write_it(tmp_path))
    assert page.tags.count("script") == 1
    assert not {"link", "iframe", "object"} & set(page.tags)
    sources = [value for tag, name, value in page.attributes if name == "src"]
    assert len(sources) == 2
    assert all(source.startswith("data:image/webp;base64,") for source in sources)
    text = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"(https?:)?//[a-z]|url\(|@import", re.sub(r"base64,[^\"]+", "", text))


def test_a_single_page_is_one_file_with_open_sections_and_no_links_to_others(tmp_path):
    words = {"name": "n", "title": HOSTILE, "where": "w", "ending": Ending("Again", "So.", ("infer",), {"Facts": []})}
    path = write_single_page(evaluation(), tmp_path / "page.html", **words)
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]
    page = page_of(path)
    assert all(value.startswith("#") for _, name, value in page.attributes if name == "href")
    assert len([value for _, name, value in page.attributes if name == "src" and value.startswith("data:")]) == 2
    assert [name for tag, name, _ in page.attributes if tag == "details"].count("open") == 2
    assert HOSTILE in page.data
    assert "No counterpart" not in page.data
    with pytest.raises(RunDirectoryError, match="expected a directory that exists"):
        write_single_page(evaluation(), tmp_path / "none" / "page.html", **words)


def test_repeating_the_run_survives_odd_paths(tmp_path):
    run = tmp_path / "my runs; rm -rf"
    run.mkdir()
    page = page_of(write_it(run))
    assert f"--config '{run}/config.yaml' --output_dir '{run}_again'" in page.data


def test_hostile_names_are_text_and_stay_in_the_folder(tmp_path):
    """Row 32: HTML and paths in session and ROI names."""
    run = tmp_path / "run"
    run.mkdir()
    index = write_it(run, evaluation(HOSTILE, slugs=("../../../evil", "/etc/<b>passwd")), status={HOSTILE: HOSTILE})
    page = page_of(index)
    assert page.tags.count("script") == 1
    assert "alert(1)" not in re.search(r"<script>(.*?)</script>", index.read_text(encoding="utf-8"), re.DOTALL)[1]
    assert page.data.count(HOSTILE) >= 8
    assert sorted(p.name for p in (run / "report" / "figures").iterdir()) == [
        "etc_b_passwd.png", "etc_b_passwd.svg", "evil.png", "evil.svg",
    ]  # fmt: skip
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert [p.name for p in run.iterdir()] == ["report"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../..", "unnamed"), ("", "unnamed"), ("CON", "con_"), ("a/b\\c", "a_b_c"), ("Δ", "unnamed"),
        ("é" * 200, "e" * 80),
    ],
)  # fmt: skip
def test_slugs(text, name):
    assert slug(text) == name


def test_slugs_are_unique():
    assert unique_slugs(["a", "A", "a-2", "a"]) == ["a", "a-2", "a-2-2", "a-3"]


def test_an_interrupted_report_leaves_the_old_one(tmp_path, monkeypatch):
    write_it(tmp_path)
    before = (tmp_path / "report" / "index.html").read_bytes()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(drawing, "svg_bytes", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_it(tmp_path, evaluation("new"))
    assert (tmp_path / "report" / "index.html").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_a_new_report_replaces_the_old_one_whole(tmp_path):
    write_it(tmp_path)
    write_it(tmp_path, evaluation("new", slugs=("three", "four")))
    assert {p.stem for p in (tmp_path / "report" / "figures").iterdir()} == {"three", "four"}
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_a_report_lost_between_two_renames_comes_back(tmp_path):
    """Killed after the old report moved aside: the next evaluation, even if it fails, finds the old one again."""
    (tmp_path / ".report.old").mkdir()
    (tmp_path / ".report.old" / "index.html").write_text("old")
    with pytest.raises(ZeroDivisionError), replacing_directory(tmp_path / "report"):
        raise ZeroDivisionError
    assert (tmp_path / "report" / "index.html").read_text() == "old"


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, "write_csv", full)
    with pytest.raises(RunDirectoryError, match=r"report: got No space left on device.*make room"):
        write_it(tmp_path)


def test_a_linked_report_folder_is_replaced_and_its_target_left(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.txt").write_text("mine")
    run = tmp_path / "run"
    run.mkdir()
    (run / "report").symlink_to(elsewhere)
    write_it(run)
    assert (elsewhere / "mine.txt").read_text() == "mine"
    assert not (run / "report").is_symlink()


def test_a_run_that_is_not_there(tmp_path):
    with pytest.raises(RunDirectoryError, match="no such directory"):
        write_it(tmp_path / "nowhere")


def test_figures_are_released(tmp_path):
    found = evaluation()
    write_it(tmp_path, found)
    assert all(not picture.figure.axes for block in found.blocks for picture in block.pictures)


@pytest.mark.parametrize(("n_rows", "folded"), [(8, False), (9, True)])
def test_long_tables_are_folded(tmp_path, n_rows, folded):
    table = Table("long", ("n",), tuple((i,) for i in range(n_rows)))
    page = page_of(write_it(tmp_path, Evaluation(("s",), (Block("B", (), (("c", table),)),))))
    assert page.tags.count("details") == 2 + folded  # the block and how to repeat the run
    assert (f"{n_rows} rows" in page.data) == folded


def test_the_first_screen_has_one_figure_and_answers_that_lead_to_their_sections(tmp_path):
    """The opening figure is the first; a question is the link to its section, and a plain sentence has none."""
    told = ("Damaged.", Sentence("Did it work?", HOSTILE, "Second"), Sentence("How sure?", "Not.", "Nowhere"))
    opening = Picture("one", "What changed.", figure(), "")
    index = write_it(tmp_path, replace(evaluation(), summary=told, opening=opening))
    page = page_of(index)
    first = page.data[: page.data.index("Contents")]
    assert "Figure 1. What changed." in first
    assert "Figure 2." not in first
    for wanted in ("Damaged.", "Did it work?", HOSTILE, "How sure?", "Not."):
        assert wanted in first
    assert "Figure 2. quiet" in page.data
    links = re.findall(r'<a href="(#[^"]*)">(Did it work\?|How sure\?)</a>', index.read_text(encoding="utf-8"))
    assert links == [("#s-second", "Did it work?")]
    assert {p.name for p in (index.parent / "figures").glob("*.png")} == {"one.png", "one-2.png", "two.png"}


def test_how_it_is_computed_is_folded_away_and_what_a_section_holds_is_said(tmp_path):
    block = Block("B", ("Found.",), (("c", Table("t", ("n",), ((1,),))),), (Picture("p", "c", figure(), ""),), ("So.",))
    text = " ".join(write_it(tmp_path, Evaluation(("s",), (block,))).read_text(encoding="utf-8").split())
    assert '<details class="how"><summary>How this is computed</summary> <p>So.</p> </details>' in text
    assert '<h2>B</h2><span class="holds">1 figure, 1 table</span>' in text


def test_an_empty_table_is_no_error(tmp_path):
    write_it(tmp_path, Evaluation(("s",), (Block("B", (), (("c", Table("t", ("n", "m"), ())),)),)))


def test_facts_have_dotted_names_and_no_python_in_them():
    numerics = [{"from_step": 0, "precision": "mixed_bfloat16"}, {"from_step": 5, "precision": "float32"}]
    assert flatten({"numerics": numerics, "cores": [0, 1], "ids": list("abcde")}) == [
        ("numerics.0.from_step", "0"), ("numerics.0.precision", "mixed_bfloat16"),
        ("numerics.1.from_step", "5"), ("numerics.1.precision", "float32"),
        ("cores", "0, 1"), ("ids", "5 entries"),
    ]  # fmt: skip
