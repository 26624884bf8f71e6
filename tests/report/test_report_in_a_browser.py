"""The page in headless Chromium, where there is one: what the script adds, narrow screens, print."""

import pytest
from matplotlib.figure import Figure

from cyclegan_neuro.evaluation.contents import Block, Evaluation, Picture, Reference, Sentence, Table
from cyclegan_neuro.report.write import write_report

ROWS = (
    ("b", 2.0, "0.5 ± 0.1"),
    ("a", None, "0.2 ± 0.9"),
    ("d", 10.0, None),
    ("c", -1.0, "10.0 ± 0.1"),
    ("e", 2.0, "0"),
)


SOON = "new Promise(done => setTimeout(() => done({}), 300))"


def picture(name):
    drawn = Figure(figsize=(11, 3))
    drawn.subplots().plot([0, 1])
    return Picture(name, f"Caption of {name}.", drawn, "")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    table = Table("t", ("name", "value", "mean ± sd"), ROWS)
    wide = Table("wide", tuple(f"a long heading {i}" for i in range(24)), ((1.5,) * 24,) * 25)
    blocks = (Block("First", ("Text.",), (("c", table), ("w", wide)), (picture("one"), picture("two"))),)
    blocks += (Block("Second", ("More.",), (), (), ("How.",)),)
    summary = ("Summary.", Sentence("Did it work?", "In part.", "Second"))
    evaluation = Evaluation(summary, blocks, {}, ("The methods.",), (Reference("k", "@misc{k,\n}"),))
    return write_report(
        evaluation, run_directory=tmp_path_factory.mktemp("run"), system_name="s", config_yaml="a: 1\n",
        environment={}, inputs={"x": {"sha256": "0123456789abcdef" * 8}}, status={}, weights={}, timing={},
    )  # fmt: skip


@pytest.fixture
def page(tab, index):
    """A fresh page; nothing may reach the console, least of all a refusal by the policy."""
    tab.problems.clear()
    tab.open("about:blank")
    tab.open(index.as_uri() + "#s-first")
    yield tab
    assert tab.problems == []


def names(page):
    return page.run("[...document.querySelector('tbody').rows].map(row => row.cells[0].textContent).join('')")


def aria_sort(page):
    return page.run("[...document.querySelectorAll('table')[0].tHead.rows[0].cells].map(c => c.ariaSort)")


def test_sorting_by_mouse_and_keyboard(page):
    assert names(page) == "badce"
    press = "document.querySelectorAll('table')[0].querySelectorAll('th button')[{}].click()"
    page.run(press.format(1))
    assert names(page) == "cbeda"  # equal values stay in their order; the dash is last
    assert aria_sort(page) == [None, "ascending", None]
    page.run(press.format(1))
    assert names(page) == "dbeca"  # and last again
    page.run(press.format(2))
    assert names(page) == "eabcd"  # by the mean: 0, 0.2, 0.5, 10
    assert aria_sort(page) == [None, None, "ascending"]
    page.run("document.querySelector('th button').focus()")
    page.press("Enter")
    assert names(page) == "abcde"
    page.press(" ")
    assert names(page) == "edcba"
    page.press("Enter")
    assert names(page) == "badce"  # as given
    assert aria_sort(page) == [None, None, None]


def test_figures_enlarge_and_escape_leaves(page):
    shown = "document.querySelector('dialog').open && document.querySelector('dialog p').textContent"
    page.run("document.querySelector('a.enlarge').focus()")
    page.press("Enter")
    assert "Caption of one." in page.run(shown)
    box = page.run("JSON.parse(JSON.stringify(document.querySelector('dialog').getBoundingClientRect()))")
    assert (box["width"], box["height"]) == (1280, 900)
    page.press("ArrowRight")
    assert "Caption of two." in page.run(shown)
    page.press("Escape")
    assert page.run(shown) is False
    assert page.run(SOON.format("document.activeElement.getAttribute('href')")) == "figures/two.svg"
    assert page.run("location.href").endswith("index.html#s-first")


def test_text_is_copied_or_at_least_selected(page):
    page.run("document.querySelector('#methods').closest('details').open = true")
    page.run("document.querySelector('button.copy').click()")
    answer = page.run(SOON.format("document.querySelector('button.copy').textContent"))
    assert answer == "Copied" or (answer.startswith("Selected") and "The methods." in page.run("getSelection() + ''"))


@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_never_scrolls_sideways(tab, index, width):
    tab.open(index.as_uri(), width=width)
    assert tab.run("document.documentElement.scrollWidth") == width
    assert tab.run("document.querySelectorAll('details').forEach(part => part.open = true)") is None
    assert tab.run("document.documentElement.scrollWidth") == width
    wide = "document.querySelectorAll('.table .wide')[1]"
    assert tab.run(f"{wide}.scrollWidth > {wide}.clientWidth") is True
    contents, main = (
        tab.run(f"document.querySelector('{name}').getBoundingClientRect().right") for name in ("nav", "h1")
    )
    assert (contents < main) is (width == 1280)


OPEN = "[...document.querySelectorAll('details.part')].map(part => part.open)"


def test_sections_open_when_the_address_or_a_link_names_them(tab, index):
    tab.open("about:blank")
    tab.open(index.as_uri())
    assert tab.run(OPEN) == [False] * 4
    assert tab.run("document.documentElement.scrollHeight") <= 900  # the first screen is a screen
    tab.run("[...document.querySelectorAll('.summary a')].at(-1).click()")
    assert tab.run(SOON.format(OPEN)) == [False, True, False, False]
    tab.run("document.querySelectorAll('details.part')[1].open = false")
    tab.run("document.querySelector('nav a[href=\"#s-second\"]').click()")  # the address does not change
    assert tab.run(SOON.format(OPEN)) == [False, True, False, False]
    tab.open("about:blank")
    tab.open(index.as_uri() + "#methods-text")  # within a section
    assert tab.run(SOON.format(OPEN)) == [False, False, True, False]


def test_all_sections_open_and_close_by_one_button(page):
    press = "[...document.querySelectorAll('nav button')].at(-1).click()"
    for state in (True, False):
        page.run(press)
        assert page.run(SOON.format(OPEN)) == [state] * 4


def test_print_unfolds_and_leaves_navigation_out(page):
    page.send("Emulation.setEmulatedMedia", media="print")
    visible = "document.querySelector('{}').checkVisibility({{contentVisibilityAuto: true}})"
    names = ("nav", "details details table", ".how p", "button.copy", "h1")
    seen = {name: page.run(visible.format(name)) for name in names}
    page.send("Emulation.setEmulatedMedia", media="")
    assert seen == {"nav": False, "details details table": True, ".how p": True, "button.copy": False, "h1": True}
    assert page.run(visible.format("details details table")) is False
