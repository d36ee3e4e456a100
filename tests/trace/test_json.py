"""A trace goes to JSON and back unchanged; a damaged document is refused, never half read."""

import json
import math

import pytest
from hypothesis import given, strategies as st

import autodiff as ad
from tests.trace.graphs import Graph, graphs

HOSTILE = [
    "",
    "ā̄",
    "名前",
    "a\nb\t\x00",
    '"]}\\',
    "<b>|{x}",
    "\u2028",
    "\ud800",
    "🙂",
    "x" * 1000,
    "null",
]
SPECIAL = [math.nan, math.inf, -math.inf, -0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308]


def again(one: ad.Trace) -> ad.Trace:
    return ad.Trace.from_json(one.to_json())


def refuse(word: str) -> None:
    raise AssertionError(f"{word} is not in the JSON standard")


@given(graphs(), st.text())
def test_a_trace_survives_json(graph: Graph, name: str) -> None:
    graph.outs[0].name = name
    one = ad.trace(graph.outs, seeds=graph.seeds)
    assert again(one) == one


@pytest.mark.parametrize("value", SPECIAL, ids=repr)
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_every_bit_of_a_number_survives_json(value: float, mode) -> None:
    x = ad.Value(value, name="x")
    one = ad.trace(x * x + 0.1, mode=mode)
    assert repr(again(one)) == repr(one)  # repr, because nan is not equal to itself
    json.loads(one.to_json(), parse_constant=refuse)


@given(st.floats())
def test_any_float_survives_json(value: float) -> None:
    one = ad.trace(ad.Value(value) * 1.0)
    assert repr(again(one)) == repr(one)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_survive_json(name: str) -> None:
    with ad.scope(name or "scope"):
        x = ad.Value(1.0, name=name)
    one = ad.trace(x * 2)
    assert again(one) == one
    assert again(one).nodes[0].name == name


def test_a_trace_that_was_read_can_be_replayed_and_explained() -> None:
    x = ad.Value(3.0, name="x")
    one = ad.trace(x * x)
    assert again(one).derivatives == one.derivatives
    assert ad.explain(again(one)) == ad.explain(one)


def document() -> dict:
    x = ad.Value(3.0, name="x")
    return json.loads(ad.trace(x * x).to_json())


def damaged(*path, to) -> str:
    """Return a document in which what stands at ``path`` is something else."""
    whole = place = document()
    for key in path[:-1]:
        place = place[key]
    if to is DELETED:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return json.dumps(whole)


DELETED = object()
EVALUATE, SEED, VISIT, LOCAL, CONTRIBUTION, ACCUMULATE = 0, 2, 3, 4, 5, 6


def test_the_document_that_is_damaged_below_is_sound() -> None:
    one = ad.Trace.from_json(json.dumps(document()))
    kinds = [one.events[i].kind for i in (EVALUATE, SEED, VISIT, LOCAL, CONTRIBUTION, ACCUMULATE)]
    assert kinds == ["evaluate", "seed", "visit", "local derivative", "contribution", "accumulate"]


@pytest.mark.parametrize("text", ["", "{", "nonsense", "[" * 100_000, "1" * 10_000])
def test_text_that_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a trace: the text is not JSON"):
        ad.Trace.from_json(text)


@pytest.mark.parametrize("text", ["null", "[]", "3", '"autodiff trace"', "{}", '{"format": "other"}'])
def test_json_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a trace: no 'autodiff trace' in it"):
        ad.Trace.from_json(text)


@pytest.mark.parametrize("version", [0, 2, None, "1", [1]])
def test_another_version_is_refused(version: object) -> None:
    with pytest.raises(ValueError, match=r"has version .*, this reads 1"):
        ad.Trace.from_json(damaged("version", to=version))


NOT_A_NODE = [-1, 2, 99, 0.0, True, None, "0", [0]]


@pytest.mark.parametrize(
    "text",
    [
        *[damaged(key, to=DELETED) for key in ("mode", "nodes", "outputs", "seeds", "events")],
        *[damaged("nodes", 0, key, to=DELETED) for key in document()["nodes"][0]],
        *[damaged("events", 0, key, to=DELETED) for key in document()["events"][0]],
        *[damaged("mode", to=mode) for mode in ("sideways", None, 1, [])],
        *[damaged("nodes", to=nodes) for nodes in (None, 3, {"a": 1}, [1], [None], ["x"])],
        *[damaged("events", to=events) for events in (None, 3, {"a": 1}, [1], [None], ["x"])],
        *[damaged("outputs", to=outs) for outs in (None, 1, [None], [2], [-1], ["1"], [True])],
        *[damaged("seeds", to=seeds) for seeds in (None, 1, [1], [[1]], [[1, 1.0, 2]], [[5, 1.0]])],
        damaged("seeds", to=[[1, "one"]]),
        *[damaged("nodes", 1, "operands", to=operands) for operands in (None, 0, [1], [2], [-1], ["0"])],
        *[damaged("nodes", 0, "value", to=value) for value in (None, "3", True, [], 10**400)],
        *[damaged("nodes", 0, "constant", to=flag) for flag in (None, "no", 0)],
        *[damaged("nodes", 0, "name", to=name) for name in (3, ["x"], True)],
        *[damaged("nodes", 1, "primitive", to=row) for row in (3, ["mul"], True)],
        *[damaged("nodes", 0, "scope", to=scope) for scope in (None, 3)],
        *[damaged("events", EVALUATE, "node", to=node) for node in NOT_A_NODE],
        *[damaged("events", ACCUMULATE, "user", to=user) for user in NOT_A_NODE],
        *[damaged("events", ACCUMULATE, "position", to=position) for position in NOT_A_NODE],
        *[damaged("events", LOCAL, "kind", to=kind) for kind in ("seed", "dance", None, 4, ["seed"])],
        damaged("events", EVALUATE, "kind", to="accumulate"),
        damaged("events", VISIT, "user", to=1),
        damaged("events", SEED, "after", to=None),
        damaged("events", VISIT, "after", to=1.0),
        *[damaged("events", ACCUMULATE, "before", to=before) for before in ("0", True, {})],
    ],
)  # fmt: skip
def test_a_damaged_trace_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the trace is damaged: "):
        ad.Trace.from_json(text)


def test_the_refusal_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="damaged: ValueError 7 is not a position among 2"):
        ad.Trace.from_json(damaged("outputs", to=[7]))
    with pytest.raises(ValueError, match="damaged: KeyError 'seeds'"):
        ad.Trace.from_json(damaged("seeds", to=DELETED))


@pytest.mark.parametrize(
    "path",
    [
        ("version",),
        ("mode",),
        ("outputs",),
        ("nodes", 0, "value"),
        ("nodes", 0, "name"),
        ("events", 0, "kind"),
    ],
)
def test_a_refusal_is_short_whatever_is_in_the_document(path) -> None:
    with pytest.raises(ValueError) as error:
        ad.Trace.from_json(damaged(*path, to=[{"a": "x" * 10_000}] * 100))
    assert len(str(error.value)) < 300, "a message is read by people"
