# SPDX-License-Identifier: Apache-2.0
"""A class for each method of the registry, made of what the registry says about it."""

from __future__ import annotations

import inspect
from typing import Any

from . import _core
from ._core import ParameterError
from ._threshold import BatchBase, Threshold


def _docstring(info: dict[str, Any]) -> str:
    lines = [
        f"{info['summary'][0].upper()}{info['summary'][1:]}.",
        "",
        f"Learns from {info['learns_from']}. Assumes: {info['assumes']}.",
        f"Promise: {info['guarantee']}. Described in docs/methods/{info['name']}.md.",
        "",
        "Parameters",
        "----------",
    ]
    for p in info["parameters"]:
        lines += [f"{p['name']} : {p['range']}, default {p['default']!r}", f"    {p['help']}"]
    return "\n".join(lines)


def _property(name: str, help_text: str) -> property:
    def read(self: Threshold) -> Any:
        return self._parameters[name]

    def write(self: Threshold, value: Any) -> None:
        self.set_params(**{name: value})

    return property(read, write, doc=help_text)


def _class(info: dict[str, Any]) -> type[Threshold]:
    base = BatchBase if info["takes_batch"] else Threshold

    def __init__(self: Threshold, **parameters: Any) -> None:
        base.__init__(self, **parameters)

    keywords = [inspect.Parameter(p["name"], inspect.Parameter.KEYWORD_ONLY, default=p["default"])
                for p in info["parameters"]]
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    __init__.__signature__ = inspect.Signature([own, *keywords])  # type: ignore[attr-defined]
    members: dict[str, Any] = {"__init__": __init__, "__doc__": _docstring(info), "__module__": "plimsoll",
                               "method": info["name"], "info": info}
    members.update({p["name"]: _property(p["name"], p["help"]) for p in info["parameters"]})
    return type("".join(word.capitalize() for word in info["name"].split("_")) + "Threshold", (base,), members)


_classes = {info["name"]: _class(info) for info in _core.methods()}
globals().update({cls.__name__: cls for cls in _classes.values()})
__all__ = ["make", "methods", "restore", *(cls.__name__ for cls in _classes.values())]


def methods() -> dict[str, type[Threshold]]:
    """The class of each method by its name, in the order in which to read about them."""
    return dict(_classes)


def make(name: str, **parameters: Any) -> Threshold:
    """A threshold by the method's name. Raises ParameterError."""
    if name not in _classes:
        raise ParameterError(f"no method {name}; there are {', '.join(_classes)}")
    return _classes[name](**parameters)


def restore(snapshot: bytes) -> Threshold:
    """The threshold of a snapshot, of whatever method, without its fit. Raises DataError for bytes that are none."""
    estimator = _core.Estimator.restore(snapshot)
    threshold = make(estimator.method)
    state = {"parameters": estimator.parameters, "snapshot": snapshot, "fit": None, "attributes": {}}
    threshold.__setstate__(state)
    return threshold
