"""``python -m cyclegan_neuro.cli.systems``."""

from cyclegan_neuro.cli.systems import list_systems, main


def test_every_system_with_title_and_paper(capsys):
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert shown == list_systems() + "\n"
    name, title = shown.splitlines()[0].split(maxsplit=1)  # titles are aligned behind the longest name
    assert (name, title) == ("cyclegan", "CycleGAN between the activity before and after learning")
    assert "(2021)" in shown.splitlines()[1]
