"""Every docstring's example is run, and every public function has one."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import autodiff as ad

MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages(ad.__path__, "autodiff.")
    if not info.name.endswith("__main__")
)
PUBLIC = {
    name: thing
    for name, thing in vars(ad).items()
    if not name.startswith("_")
    and callable(thing)
    and not isinstance(thing, ad.Primitive)
    and not (inspect.isclass(thing) and issubclass(thing, Exception))
}


def test_the_package_docstring_runs():
    assert doctest.testmod(ad).failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_every_example_in_a_docstring_gives_what_it_says(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        assert name.startswith("autodiff.bench.engines."), name  # these alone need other packages
        pytest.skip(f"{error.name} is not installed")
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_function_has_a_docstring_with_an_example(name):
    text = inspect.getdoc(PUBLIC[name]) or ""
    assert text, f"ad.{name} has no docstring"
    assert ">>> " in text or inspect.isclass(PUBLIC[name]), f"ad.{name} has no example"
    first = text.splitlines()[0]
    assert first.endswith((".", ":")), f"ad.{name}: the first line is no sentence: {first}"


def test_every_public_row_has_the_fields_of_the_manual():
    for name, row in ad.PRIMITIVES.items():
        if getattr(ad, name, None) is row:
            assert row.operands.text and row.forward.text and row.source, name
            assert len(row.partial_rules) == len(row.operands.names) == len(row.textbook), name
            assert repr(row) == f"<primitive {name}({row.operands.text})>"
        if row.kinks:
            assert row.convention, f"{name} has kinks: what is its derivative there?"


def test_every_method_says_which_function_it_is():
    for name, row in ad.PRIMITIVES.items():
        if hasattr(ad.Value, name):
            assert f"ad.{name}" in getattr(ad.Value, name).__doc__
            assert getattr(ad, name) is row
