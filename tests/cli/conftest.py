"""Fixtures of the command line's tests."""

import pytest

from autodiff import cli


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """A function that runs a command line in an empty folder: its status, output and messages."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        status = cli.main(words)
        return (status, *capsys.readouterr())

    return run
