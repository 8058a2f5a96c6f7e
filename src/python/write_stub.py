#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes _methods.pyi, the types of the classes that are made of the registry, into the package.

write_stub.py PACKAGE      the folder of the built package"""

import pathlib
import sys

HEADER = '''# Written by write_stub.py.
from typing import Any, Literal

from ._threshold import BatchBase, Threshold

def methods() -> dict[str, type[Threshold]]: ...
def make(name: str, **parameters: Any) -> Threshold: ...
def restore(snapshot: bytes) -> Threshold: ...
'''


def type_of(parameter):
    if parameter["kind"] == "choice":
        return f"Literal[{', '.join(map(repr, parameter['choices']))}]"
    number = "int" if parameter["kind"] == "integer" else "float"
    return f"{number} | None" if parameter["default"] is None else number


def class_of(cls):
    parameters = cls.info["parameters"]
    lines = [f"class {cls.__name__}({cls.__base__.__name__}):"]
    lines += [f"    {p['name']}: {type_of(p)}" for p in parameters]
    lines += ["    def __init__(", "        self,", "        *,"]
    lines += [f"        {p['name']}: {type_of(p)} = {p['default']!r}," for p in parameters]
    lines += ["    ) -> None: ..."]
    return "\n".join(lines) + "\n"


def main(package):
    sys.path.insert(0, str(package.parent))
    import plimsoll

    classes = plimsoll.methods().values()
    names = ["make", "methods", "restore", *(cls.__name__ for cls in classes)]
    exported = "__all__ = [\n" + "".join(f"    \"{name}\",\n" for name in names) + "]\n"
    text = "\n".join([HEADER + exported, *map(class_of, classes)])
    (package / "_methods.pyi").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
