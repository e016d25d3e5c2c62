"""Bugs in names that are written as text: keys of calls, variables of the environment, options, attributes by name."""

from __future__ import annotations

from tests.traps.trap import Trap

STRINGS = (
    Trap(
        "circus",
        "a keyword has another name, and its caller has the old one in a dict",
        """
        # file: shows.py
        GALA = {"seats": 300, "price": 20}

        def show(*, seats=100, price=10):
            return seats * price

        def gala():
            return show(**GALA)
        """,
        (
            (
                "def show(*, seats=100, price=10):\n    return seats * price",
                "def show(*, chairs=100, price=10):\n    return chairs * price",
            ),
        ),
        """
        from circus.shows import gala, show

        def test_show():
            assert show(seats=5) == 50

        def test_gala():
            assert gala() == 6000
        """,
        change=(('"seats": 300', '"chairs": 300'),),
    ),
    Trap(
        "choir",
        "a keyword has another name, and a partial call has the old one",
        """
        # file: songs.py
        from functools import partial

        def sing(song, voices=1):
            return [song] * voices

        duet = partial(sing, voices=2)
        """,
        (
            (
                "def sing(song, voices=1):\n    return [song] * voices",
                "def sing(song, singers=1):\n    return [song] * singers",
            ),
        ),
        """
        from choir.songs import duet, sing

        def test_sing():
            assert sing("la", voices=3) == ["la", "la", "la"]

        def test_duet():
            assert duet("la") == ["la", "la"]
        """,
        change=(("partial(sing, voices=2)", "partial(sing, singers=2)"),),
    ),
    Trap(
        "sauna",
        "a keyword has another name and another meaning, which its caller shows",
        """
        # file: heat.py
        LOG = []

        def heat(oven, minutes=30):
            LOG.append(minutes * 60)
            return oven

        def evening():
            return heat("large", minutes=45)
        """,
        (
            (
                "def heat(oven, minutes=30):\n    LOG.append(minutes * 60)",
                "def heat(oven, seconds=1800):\n    LOG.append(seconds)",
            ),
            ('heat("large", minutes=45)', 'heat("large", seconds=2700)'),
        ),
        """
        from sauna.heat import LOG, evening, heat

        def test_heat():
            assert heat("small", minutes=20) == "small"
            assert LOG

        def test_evening():
            assert evening() == "large"
        """,
    ),
    Trap(
        "embassy",
        "a variable of the environment has another name for one of its two readers",
        """
        # file: visas.py
        import os

        def country():
            return os.environ.get("EMBASSY_COUNTRY", "nowhere")
        # file: flags.py
        import os

        def flag():
            return f"flag of {os.environ.get('EMBASSY_COUNTRY', 'nowhere')}"
        """,
        (('os.environ.get("EMBASSY_COUNTRY", "nowhere")', 'os.environ.get("EMBASSY_STATE", "nowhere")'),),
        """
        from embassy.flags import flag
        from embassy.visas import country

        def test_country(monkeypatch):
            monkeypatch.setenv("EMBASSY_COUNTRY", "Peru")
            assert country() == "Peru"

        def test_both(monkeypatch):
            monkeypatch.setenv("EMBASSY_COUNTRY", "Chile")
            assert (country(), flag()) == ("Chile", "flag of Chile")
        """,
        change=(("os.environ.get('EMBASSY_COUNTRY', 'nowhere')", "os.environ.get('EMBASSY_STATE', 'nowhere')"),),
        is_followed=False,
    ),
    Trap(
        "tower",
        "a variable of the environment is asked for that its own caller does not set",
        """
        # file: bells.py
        import os
        import subprocess
        import sys

        def hour() -> int:
            return int(os.environ["TOWER_HOUR"])

        def strike(at: int) -> str:
            environ = {**os.environ, "TOWER_HOUR": str(at)}
            code = "from tower.bells import hour; print('ding ' * hour())"
            path = os.pathsep.join(sys.path)
            done = subprocess.run(
                [sys.executable, "-c", code], env={**environ, "PYTHONPATH": path}, capture_output=True, text=True
            )
            return done.stdout.strip()
        """,
        (('int(os.environ["TOWER_HOUR"])', 'int(os.environ["TOWER_TIME"])'),),
        """
        from tower.bells import hour, strike

        def test_hour(monkeypatch):
            monkeypatch.setenv("TOWER_HOUR", "3")
            assert hour() == 3

        def test_strike():
            assert strike(2) == "ding ding"
        """,
        change=(('"TOWER_HOUR": str(at)', '"TOWER_TIME": str(at)'),),
        is_followed=False,
    ),
    Trap(
        "depot",
        "an attribute of the arguments is read that no option gives",
        """
        # file: trams.py
        import argparse

        def parser():
            made = argparse.ArgumentParser()
            made.add_argument("--line", type=int, default=1)
            made.add_argument("--night", action="store_true")
            return made

        def plan(args):
            return f"{args.line}{'N' if args.night else ''}"

        def main(words):
            return plan(parser().parse_args(words))
        """,
        (("'N' if args.night", "'N' if args.nightly"),),
        """
        import argparse

        from depot.trams import main, plan

        def test_plan():
            assert plan(argparse.Namespace(line=4, night=True)) == "4N"

        def test_day():
            assert plan(argparse.Namespace(line=4, night=False)) == "4"

        def test_main():
            assert main(["--line", "7", "--night"]) == "7N"
        """,
        change=(('"--night", action', '"--nightly", action'),),
        is_followed=False,
    ),
    Trap(
        "casino",
        "a further attribute of the arguments is read that no option gives",
        """
        # file: tables.py
        import argparse

        def parser():
            made = argparse.ArgumentParser()
            made.add_argument("--stake", type=int, default=5)
            return made

        def play(args):
            return f"stake {args.stake}"

        def main(words):
            return play(parser().parse_args(words))
        """,
        (('f"stake {args.stake}"', 'f"stake {args.stake}{args.suffix}"'),),
        """
        import argparse

        from casino.tables import main, play

        def test_play():
            assert play(argparse.Namespace(stake=9)) == "stake 9"

        def test_main():
            assert main([]) == "stake 5"
        """,
        change=(
            (
                'made.add_argument("--stake", type=int, default=5)',
                'made.add_argument("--stake", type=int, default=5)\n    made.add_argument("--suffix", default="")',
            ),
        ),
        is_followed=False,
    ),
    Trap(
        "robots",
        "a method has another name, and is called by the old one with getattr",
        """
        # file: arms.py
        class Arm:
            def __init__(self):
                self.angle = 0

            def raise_by(self, degrees):
                self.angle = min(90, self.angle + degrees)
                return self.angle

        def command(arm, word, number):
            return getattr(arm, {"up": "raise_by"}[word])(number)
        """,
        (("def raise_by", "def lift_by"),),
        """
        from robots.arms import Arm, command

        def test_raise():
            assert Arm().raise_by(30) == 30

        def test_command():
            assert command(Arm(), "up", 100) == 90
        """,
        change=(('{"up": "raise_by"}', '{"up": "lift_by"}'),),
        is_followed=False,
    ),
    Trap(
        "mill",
        "a function has moved, and the table of plugins has its old place",
        """
        # file: grains.py
        def flour(kilos):
            sieved = [kilo * 9 // 10 for kilo in range(kilos)]
            return sum(sieved) + kilos
        # file: plugins.py
        from importlib import import_module

        PLUGINS = {"flour": "mill.grains:flour"}

        def make(name, kilos):
            module, _, function = PLUGINS[name].partition(":")
            return getattr(import_module(module), function)(kilos)
        """,
        (("# file: grains.py", "# file: stones.py"),),
        """
        from mill.grains import flour
        from mill.plugins import make

        def test_flour():
            assert flour(3) == 4

        def test_make():
            assert make("flour", 3) == 4
        """,
        change=(('"mill.grains:flour"', '"mill.stones:flour"'),),
        is_followed=False,
    ),
    Trap(
        "opera",
        "a patched name is gone from its module, which still calls it",
        """
        # file: tickets.py
        from opera.seats import free

        def ticket(row):
            return f"row {row}, {free(row)} free"
        # file: seats.py
        def free(row):
            return 10 - row
        """,
        (("from opera.seats import free\n", "from opera import seats\n"),),
        """
        from unittest.mock import patch

        from opera.tickets import ticket

        def test_ticket():
            with patch("opera.tickets.free", return_value=3):
                assert ticket(1) == "row 1, 3 free"

        def test_unpatched():
            assert ticket(2) == "row 2, 8 free"
        """,
        change=(("{free(row)} free", "{seats.free(row)} free"),),
    ),
)
