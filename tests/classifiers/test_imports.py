"""What the package offers is there, and loads no more than it needs."""

import subprocess
import sys

import classifiers


def test_every_name_has_its_place() -> None:
    assert sorted(classifiers.PLACES) == sorted(classifiers.__all__)
    for name in classifiers.__all__:
        assert getattr(classifiers, name) is not None


def test_commands_that_score_nothing_load_no_scikit_learn() -> None:
    code = """
import sys
import service.cli, service.commands.reader_sign_in, service.screening.names
from classifiers import fold
assert fold("ABC") == "abc"
print(sorted({"sklearn", "scipy", "numpy"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
