"""What is fuzzed: readers of texts and files that strangers wrote, each as a function of bytes.

A target returns when the input was read, or refused by the documented error. Whatever else it raises is
a finding: another exception, a message that nobody can read, a result that is not the same when it is
written and read again. ``guarded`` adds what holds for all targets: nothing is executed, nothing is
written, and one input costs no more than ``SECONDS`` and ``MEGABYTES``.
"""

import codecs
import json
import resource
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import autodiff as ad
from autodiff import nn
from autodiff.syntax import ExpressionError, compute, evaluate, number_of, parse
from autodiff.syntax.reading import known_functions
from autodiff.trace import Trace

LONGEST = 10_000  # bytes of an input
SECONDS = 10  # for one input: far more than any needs, on any machine
MEGABYTES = 256  # that one input may add to the process's peak
LONGEST_MESSAGE = 600  # characters

HOME = Path(__file__).resolve().parent


class Finding(BaseException):
    """What no input may do. No ``Exception``, so that nothing that is tested can catch it."""


class Target(NamedTuple):
    """One reader: what it does with an input, inputs to start from, and words that it knows."""

    run: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    words: Callable[[], Sequence[str]]
    is_json: bool

    @property
    def corpus(self) -> Path:
        """The folder of the inputs that are kept."""
        return HOME / "corpus" / self.run.__name__


def _text(data: bytes) -> str:
    """Return the bytes as text; what is no UTF-8 becomes lone surrogates, which a text may hold too."""
    return data.decode("utf-8", "surrogateescape")


def _readable(error: Exception) -> None:
    if not 0 < len(str(error)) <= LONGEST_MESSAGE:
        raise Finding(f"a message of {len(str(error))} characters: {error!s:.200}")


# ── the expression parser ───────────────────────────────────────────────────────────────────────


def parser(data: bytes) -> None:
    """Read a text as a program and as a number, and compute it on Values and on floats."""
    text = _text(data)
    try:
        number = number_of(text)
        if type(number) is not float:
            raise Finding(f"number_of gives {number!r}")
    except ExpressionError as error:
        _readable(error)
    try:
        program = parse(text)
    except ExpressionError as error:
        _readable(error)
        return
    values = {name: 0.5 + place for place, name in enumerate(program.inputs)}
    try:
        computed = [out.data for out in compute(program, values).outputs]
    except ExpressionError as error:
        _readable(error)
        computed = None
    try:
        evaluated = evaluate(program, values)
    except ExpressionError as error:
        _readable(error)
        evaluated = None
    if computed is not None and repr(computed) != repr(evaluated):
        raise Finding(f"Values give {computed}, floats {evaluated}")


def _expressions() -> list[bytes]:
    texts = [
        "a = w*x; y = sin(a)", "where(x > 0, log(x), 2*x)", "√(x)·2 − x²", "max(x, y, 3) / min(x, 1)",
        "pi/2", "-1e3", "0x10*x", "1_000.5e-3", "x^2", "3,5*x", "2x", "(" * 40 + "x" + ")" * 40,
        "x\n+ y;z", "clamp(x, 0, 1)**-y", "1e999", "inf", "nan", "f'{x}'", "x.data", "𝑎 = é", "x[0]",
        "lambda: x",
    ]  # fmt: skip
    return [text.encode() for text in texts]


_PIECES = [
    *known_functions(), "max", "min", "where", "(", ")", "[", "]", "{", "}", ",", ";", "\n", "=", "==",
    "<", ">=", "!=", ":=", "+", "-", "*", "**", "/", "//", "%", "@", "^", "~", ".", "..", "'", '"', "\\",
    "#", "`", "x", "y", "_", "__class__", "pi", "inf", "nan", "e", "0", "1", "2", "0.5", "1e308",
    "1e-308", "1e999", "9" * 400, "0x", "0b", "1_", "j", "²", "⁻", "³", "√", "·", "−", "÷", "π", "é",
    "𝐱", "\u0301", "\ud800", "\ufeff", "\x00", "\x0c", "\u2028", "lambda", "if", "else", "not", "and",
    "in", "is", "for", "import", "await", "yield", "None", "True", "f'", "(" * 150, "-" * 300,
    "x," * 50, "x+" * 200,
]  # fmt: skip


# ── the model loader ────────────────────────────────────────────────────────────────────────────

_folder = tempfile.TemporaryDirectory(prefix="autodiff-fuzz-")
_MODEL = Path(_folder.name) / "model.json"
_AGAIN = Path(_folder.name) / "again.json"


def models(data: bytes) -> None:
    """Read a file as a model; one that is read is written, and read again the same."""
    with _unguarded():
        _MODEL.write_bytes(data)
    try:
        model = nn.load(_MODEL)
    except nn.ModelFileError as error:
        if not str(error).startswith("model.json is no model: "):
            raise Finding(f"the message does not name the file: {error}") from None
        _readable(error)
        return
    with _unguarded():
        nn.save(model, _AGAIN)
    if _parameters(nn.load(_AGAIN)) != _parameters(model):
        raise Finding("the model comes back with other parameters")


def _parameters(model: nn.Module) -> dict[str, str]:
    return {place: x.data.hex() for place, x in model.named_parameters().items()}


def _saved_models() -> list[bytes]:
    from tests.nn.models import EXAMPLES, moved

    saved = []
    for make, X in EXAMPLES.values():
        model = moved(make(Random(1)))
        nn.settle(model, X)
        nn.save(model, _AGAIN)
        saved.append(_AGAIN.read_bytes())
    return saved


# ── traces ──────────────────────────────────────────────────────────────────────────────────────

_REFUSALS = ("not a trace: ", "the trace has version ", "the trace is damaged: ")


def traces(data: bytes) -> None:
    """Read a text as a trace; one that is read is replayed, written, and read again the same."""
    try:
        one = Trace.from_json(_text(data))
    except ValueError as error:
        if type(error) is not ValueError or not str(error).startswith(_REFUSALS):
            raise
        _readable(error)
        return
    if len(one.derivatives) != len(one.nodes):
        raise Finding("the replay has not one derivative for each node")
    if repr(again := Trace.from_json(one.to_json())) != repr(one) or str(again.events) != str(
        one.events
    ):
        raise Finding("the trace comes back as another")


def _written_traces() -> list[bytes]:
    x, w = ad.Value(0.5, name="x"), ad.Value(2.0, name="w")
    with ad.scope("layer"):
        y = ad.sin(w * x + 1)
    outs = [ad.trace(y), ad.trace([y, x * x], seeds=[1.0, -2.0]), ad.trace(y, mode="forward", wrt=x)]
    outs += [ad.trace(ad.log(ad.Value(0.0))), ad.trace(ad.Value(float("nan")) * 2)]
    return [one.to_json().encode() for one in outs]


def _words_of(documents: Sequence[bytes]) -> list[str]:
    """Return every key and every text of JSON documents, once each."""
    found: dict[str, None] = {}
    pending = [json.loads(document) for document in documents]
    for item in pending:  # grows while it is walked
        if isinstance(item, dict):
            found |= dict.fromkeys(item)
            pending += item.values()
        elif isinstance(item, list):
            pending += item
        elif isinstance(item, str):
            found[item] = None
    return list(found)


TARGETS = {
    "parser": Target(parser, _expressions, lambda: _PIECES, False),
    "models": Target(
        models, _saved_models, lambda: [*_words_of(_saved_models()), *nn.ACTIVATIONS], True
    ),
    "traces": Target(traces, _written_traces, lambda: _words_of(_written_traces()), True),
}


# ── what holds for every input ──────────────────────────────────────────────────────────────────

_FORBIDDEN = (
    "exec", "import", "os.", "subprocess.", "shutil.", "socket.", "pickle.", "marshal.", "ctypes.",
    "tempfile.", "code.__new__", "function.__new__", "urllib.", "sqlite3.", "webbrowser.",
)  # fmt: skip
_ALLOWED = ("os.listdir", "os.scandir", "os.walk")
_armed = False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _armed:
        return
    if event == "exec" and arguments[0].co_filename.startswith("<autodiff rule "):
        return  # a row of the table at its first use
    writes = event == "open" and (
        any(letter in (arguments[1] or "r") for letter in "wax+") or bool((arguments[2] or 0) & 0o3)
    )
    if writes or (event.startswith(_FORBIDDEN) and event not in _ALLOWED):
        raise Finding(f"{event} {arguments!r:.200}")


@contextmanager
def _unguarded() -> Iterator[None]:
    """What the target itself writes, not what it tests."""
    global _armed
    before, _armed = _armed, False
    try:
        yield
    finally:
        _armed = before


def _too_long(*_: object) -> None:
    raise Finding(f"an input takes more than {SECONDS} seconds")


def _peak() -> int:
    """Return the most memory that the process has had, in KB."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:  # no Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Not ru_maxrss, which begins at what the parent process had.
    return int(status.partition("VmHWM:")[2].split()[0])


def _import_what_is_imported_later() -> None:
    import difflib  # noqa: F401

    from rich.cells import cell_len

    cell_len("中")
    for encoding in ("utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be", "utf-32-le"):
        codecs.lookup(encoding)  # what JSON in bytes may be


def prepared(target: Target) -> Callable[[bytes], None]:
    """Return the target with all that holds for every input; its memory is bounded from here on."""
    _import_what_is_imported_later()
    for seed in target.seeds():
        target.run(seed)
    sys.addaudithook(_watch)
    signal.signal(signal.SIGALRM, _too_long)

    def guarded(data: bytes) -> None:
        global _armed
        peak = _peak()
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        _armed = True
        try:
            with warnings.catch_warnings(action="error"):
                target.run(data)
        finally:
            _armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
        more = (_peak() - peak) >> 10
        if more > MEGABYTES:
            raise Finding(f"an input needs {more} MB")

    return guarded
