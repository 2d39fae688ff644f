import os
import subprocess
import sys

import pytest

from render.cli import main

COMMANDS = [
    "run",
    "try",
    "scene",
    "plan",
    "expand",
    "status",
    "cancel",
    "review",
    "query",
    "report",
    "export",
    "verify",
    "withdraw",
    "sweep",
    "engines",
    "doctor",
]
HEAVY = {
    *("airflow", "av", "dask", "deltalake", "distributed", "duckdb", "great_expectations", "mujoco", "numpy", "pandas"),
    *("pyarrow", "pydantic", "pydantic_settings", "rich", "onnxruntime", "simplemma", "tokenizers", "torch", "warp"),
}


def test_help_imports_nothing_heavy():
    script = (
        "import sys; from render.cli import main; code = main(['--help']);"
        "print(code, *sorted(name for name in sys.modules if '.' not in name), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    code, *modules = done.stderr.split()
    assert code == "0"
    assert not HEAVY & set(modules)
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


def test_no_arguments_show_the_help(capfd: pytest.CaptureFixture[str]):
    assert main([]) == 0
    bare = capfd.readouterr()
    assert main(["--help"]) == 0
    assert bare == capfd.readouterr()
    assert "Usage: nightreel" in bare.out
    assert bare.err == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_takes_store_and_json(command: str, capfd: pytest.CaptureFixture[str]):
    assert main([command, "--help"]) == 0
    text = capfd.readouterr().out
    assert "--store URL" in text
    assert "--json" in text
    assert f"Examples:\n    nightreel {command}" in text


def test_every_command_line_in_the_list_is_whole(capfd: pytest.CaptureFixture[str]):
    main(["--help"])
    assert "..." not in capfd.readouterr().out.split("Commands:")[1]


def test_version(capfd: pytest.CaptureFixture[str]):
    assert main(["--version"]) == 0
    assert capfd.readouterr().out.startswith("nightreel 0")


def test_the_module_runs_like_the_program():
    done = subprocess.run(
        [sys.executable, "-m", "render.cli", "--version"], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.startswith("nightreel ")
