"""Run one case with one library: ``python run_case.py LIBRARY CASE`` prints the outcome as JSON."""

import importlib
import json
import sys
import warnings
from typing import Any


def plain(result: Any) -> Any:
    """Return a result as numbers, texts, and lists of them."""
    if isinstance(result, (tuple, list)):
        return [plain(one) for one in result]
    if result is None or isinstance(result, (bool, str)):
        return result
    if isinstance(result, complex):
        return f"{result:.6g}, complex"
    if type(result).__name__ in ("bool", "bool_"):  # NumPy's
        return bool(result)
    if getattr(result, "shape", ()) != ():
        return f"the array {result}"
    return float(result)


def outcome(library: str, name: str) -> dict[str, Any]:
    """Return what happened: a result, or an exception's type and first line."""
    module = importlib.import_module(f"with_{library}")
    if name in module.NOT_OFFERED:
        return {"kind": "not offered", "shown": module.NOT_OFFERED[name]}
    case = getattr(module, name)
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            result = plain(case())
        return {"kind": "result", "result": result, "warned": len(warned) > 0}
    except Exception as error:
        line, _, _ = str(error).strip().partition("\n")
        return {"kind": "error", "type": type(error).__name__, "line": line}


if __name__ == "__main__":
    print(json.dumps(outcome(*sys.argv[1:])))
