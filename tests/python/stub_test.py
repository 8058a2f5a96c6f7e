# SPDX-License-Identifier: Apache-2.0
"""The stubs say what the package has, no less and no more. By mypy too, where it is installed."""

import ast
import importlib.util
import inspect
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import plimsoll
from plimsoll import _calibration, _core, _methods

PACKAGE = pathlib.Path(plimsoll.__file__).parent
HAS_MYPY = importlib.util.find_spec("mypy") is not None


def names_of(body):
    """What a stub's module or class defines, as nodes by name, without what it imports."""
    nodes = {}
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            nodes[node.name] = node
        elif isinstance(node, ast.AnnAssign):
            nodes[node.target.id] = node
    return nodes


def keywords_of(function):
    """Keyword parameters of a stub's function and their defaults."""
    return {argument.arg: ast.literal_eval(default)
            for argument, default in zip(function.args.kwonlyargs, function.args.kw_defaults)}


class StubTest(unittest.TestCase):
    def test_methods(self):
        tree = ast.parse((PACKAGE / "_methods.pyi").read_text(encoding="utf-8"))
        stub = names_of(tree.body)
        self.assertEqual(sorted(stub), sorted(_methods.__all__))
        exported = next(node.value for node in tree.body if isinstance(node, ast.Assign))
        self.assertEqual(ast.literal_eval(exported), _methods.__all__)
        for cls in plimsoll.methods().values():
            node = stub[cls.__name__]
            self.assertEqual([base.id for base in node.bases], [cls.__base__.__name__])
            members = names_of(node.body)
            init = members.pop("__init__")
            signature = inspect.signature(cls).parameters
            self.assertEqual(keywords_of(init), {name: p.default for name, p in signature.items()})
            self.assertEqual(list(members), list(signature))
            for p in cls.info["parameters"]:
                typed = ast.unparse(members[p["name"]].annotation)
                if p["kind"] == "choice":
                    self.assertEqual(typed, f"Literal[{', '.join(map(repr, p['choices']))}]")
                else:
                    self.assertIn(typed, ("int", "float", "int | None", "float | None"))
                    self.assertEqual("None" in typed, p["default"] is None)
                    self.assertEqual("int" in typed, p["kind"] == "integer")

    def test_core(self):
        stub = names_of(ast.parse((PACKAGE / "_core.pyi").read_text(encoding="utf-8")).body)
        public = [name for name in vars(_core) if not name.startswith("_")] + ["__version__"]
        self.assertEqual(sorted(stub), sorted(public))
        members = set(names_of(stub["Estimator"].body))
        for name, more in (("Estimator", set()), ("BatchEstimator", {"update_batch"})):
            has = {member for member in vars(getattr(_core, name)) if not member.startswith("_")} | {"__init__"}
            self.assertEqual(has, members | more)
        stub = names_of(ast.parse((PACKAGE / "_calibration.pyi").read_text(encoding="utf-8")).body)
        self.assertEqual(list(stub), [name for name in vars(_calibration) if not name.startswith("_")])
        has = {member for member in vars(_calibration.Calibration) if not member.startswith("_")} | {"__init__"}
        self.assertEqual(has, set(names_of(stub["Calibration"].body)))

    def test_package(self):
        self.assertTrue((PACKAGE / "py.typed").exists())
        for name in plimsoll.__all__:
            self.assertTrue(hasattr(plimsoll, name))
            if name != "__version__":
                self.assertEqual(getattr(plimsoll, name).__module__, "plimsoll")
                self.assertTrue(inspect.getdoc(getattr(plimsoll, name)), name)

    @unittest.skipUnless(HAS_MYPY, "mypy is not installed")
    def test_mypy(self):
        with tempfile.TemporaryDirectory() as folder:
            user = pathlib.Path(folder) / "user.py"
            user.write_text(
                "import plimsoll\n"
                "threshold = plimsoll.TailThreshold(false_alarm_rate=0.1)\n"
                "line: float = threshold.fit([1.0, 2.0]).threshold_\n"
                "plimsoll.BatchThreshold().fit([1.0], batch=[2.0])\n"
                "threshold.fit_.promise.false_alarm_rte\n"
                "plimsoll.TailThreshold(non_finite='drop')\n",
                encoding="utf-8",
            )
            environment = {**os.environ, "MYPYPATH": str(PACKAGE.parent)}
            result = subprocess.run(
                [sys.executable, "-m", "mypy", "--strict", "--cache-dir", folder, user],
                capture_output=True, text=True, env=environment, check=False)
        errors = [line for line in result.stdout.splitlines() if ": error:" in line]
        self.assertEqual(len(errors), 2, result.stdout + result.stderr)
        self.assertIn("user.py:5", errors[0])
        self.assertIn("user.py:6", errors[1])


if __name__ == "__main__":
    unittest.main()
