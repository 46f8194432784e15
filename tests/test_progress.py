import io

from enhance.progress import Bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_file_gets_a_line_each_time() -> None:
    file = io.StringIO()
    with Bar("training", file) as bar:
        bar.show(0.25, "loss 1.0")
        bar.show(1.0, "loss 0.5")
    assert file.getvalue() == "training 25 %: loss 1.0\ntraining 100 %: loss 0.5\n"


def test_a_terminal_gets_one_bar_that_fills_up() -> None:
    terminal = Terminal()
    with Bar("training", terminal) as bar:
        bar.show(0.5, "loss 1.0")
        bar.show(1.2, "loss 0.5")  # more is done than was asked for
    shown = terminal.getvalue().split("\r")
    assert any("training  50%" in state and "loss 1.0" in state for state in shown)
    assert any("training 100%" in state and "loss 0.5" in state for state in shown)
    assert terminal.getvalue().count("\n") == 1


def test_a_bar_ends_after_an_error() -> None:
    terminal = Terminal()
    try:
        with Bar("training", terminal):
            raise KeyError
    except KeyError:
        assert terminal.getvalue().endswith("\n")
