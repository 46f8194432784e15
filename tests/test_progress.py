import io

from enhance.progress import Bar, silenced


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_file_gets_a_line_each_time() -> None:
    file = io.StringIO()
    with Bar("training", file) as bar:
        bar.show(0.25, "loss 1.0")
        bar.show(1.0, "loss 0.5")
    assert file.getvalue() == "training 25 %: loss 1.0\ntraining 100 %: loss 0.5\n"


def test_nobody_gets_any_where_it_is_silenced() -> None:
    file, terminal = io.StringIO(), Terminal()
    with silenced():
        for one in (file, terminal):
            with Bar("training", one) as bar, bar.aside():
                bar.show(0.5, "loss 1.0")
    assert file.getvalue() == terminal.getvalue() == ""


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


def test_what_took_no_time_says_nothing_of_the_rest() -> None:
    terminal = Terminal()
    with Bar("photos", terminal) as bar:
        bar.show(0.9, "9 of 10", free=0.9)
        assert bar.bar is not None
        assert "?" in str(bar.bar)
        bar.bar.start_t -= 10
        bar.show(0.95, "19 of 20", free=0.9)
        assert "00:10 left" in str(bar.bar)


def test_other_lines_stand_above_the_bar() -> None:
    terminal = Terminal()
    with Bar("photos", terminal) as bar:
        bar.show(0.5, "")
        with bar.aside():
            terminal.write("a.jpg: done\n")
    assert "\ra.jpg: done\n" in terminal.getvalue()
