"""infra/env.sh in a project of its own, with stand-ins for Python, pip and nvidia-smi that note what they are asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PYTHON = f"""#!/bin/bash
home=$(dirname "$(dirname "$0")")
case "$*" in
"-c import torch"*) [[ -f $home/torch ]] && cat "$home/torch" ;;
"-c import sys, pip"*) [[ -f $home/bin/python ]] ;;
"-c import sys, venv"*) exit "${{FAKE_NOT_311:-0}}" ;;
"-c "*) exec {sys.executable} "$@" ;;
"--version") echo "Python 3.11.0" ;;
"-m venv "*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
*) echo "$* VIRTUAL_ENV=${{VIRTUAL_ENV-}} PYTHONPATH=${{PYTHONPATH-}}" >>"$FAKE_LOG" ;;&
*--dry-run*) echo '{{"install": [{{"metadata": {{"version": "'"$FAKE_OFFER"'"}}}}]}}' ;;
*--index-url*) [[ -n ${{FAKE_INDEX_WORKS-}} ]] && echo 2.13.0+cpu >"$home/torch" ;;
*"pip install"*torch==*) echo "$FAKE_OFFER" >"$home/torch" ;;
*uv*--requirements*) cat >"$FAKE_LOG.requirements"; exit "${{FAKE_UV_FAILS:-0}}" ;;
*"engines --open"*) exit "${{FAKE_COMPILER_FAILS:-0}}" ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    (project / "infra").mkdir(parents=True)
    for name in ("infra/env.sh", "requirements.lock", "pyproject.toml"):
        (project / name).write_bytes((ROOT / name).read_bytes())
    (project / "infra/env.sh").chmod(0o755)
    tool(tmp_path / "bin/python3.11", PYTHON)
    tool(tmp_path / "bin/uname", "#!/bin/bash\n[[ $1 == -s ]] && echo Linux || echo x86_64\n")
    return project


def tool(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def env(project: Path, **more: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run env.sh; give how it ended and what was asked of Python since the last call."""
    log = project / "log"
    log.write_text("")
    surroundings = {
        "PATH": f"{project.parent / 'bin'}:/usr/bin:/bin",
        "FAKE_LOG": str(log),
        "FAKE_OFFER": "2.13.0",
        "VIRTUAL_ENV": "/elsewhere",
        "PYTHONPATH": "/elsewhere",
    }
    done = subprocess.run(
        ["bash", "infra/env.sh"],
        cwd=project,
        env={**surroundings, **more},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done, log.read_text().splitlines()


def torch_installs(calls: list[str]) -> list[str]:
    return [call for call in calls if "pip install" in call and "torch==" in call and "--dry-run" not in call]


def test_pips_own_cpu_wheel_is_taken_where_there_is_one(project: Path) -> None:
    done, calls = env(project, FAKE_OFFER="2.13.0+cpu")
    assert done.returncode == 0, done.stderr
    (install,) = torch_installs(calls)
    assert "--no-deps" in install
    assert "--index-url" not in install
    assert "about 200 MB" in done.stdout


def test_the_cpu_index_is_asked_where_pip_would_take_cuda(project: Path) -> None:
    done, calls = env(project, FAKE_INDEX_WORKS="1", NIGHTREEL_TORCH_INDEX="https://torch.example/cpu")
    assert done.returncode == 0, done.stderr
    (install,) = torch_installs(calls)
    assert "--index-url https://torch.example/cpu --timeout 15 --retries 1" in install


def test_plain_pip_is_the_last_resort_and_says_what_it_costs(project: Path) -> None:
    done, calls = env(project)
    assert done.returncode == 0, done.stderr
    asked, fallback = torch_installs(calls)
    assert "--index-url" in asked
    assert "--index-url" not in fallback
    assert "CUDA build, about 3 GB" in done.stdout


def test_a_gpu_takes_the_cuda_build_at_once(project: Path) -> None:
    tool(project.parent / "bin/nvidia-smi", "#!/bin/bash\necho 'GPU 0'\n")
    done, calls = env(project)
    assert done.returncode == 0, done.stderr
    (install,) = torch_installs(calls)
    assert "--index-url" not in install
    assert not any("--dry-run" in call for call in calls)


def test_a_driver_without_a_card_is_no_gpu(project: Path) -> None:
    tool(project.parent / "bin/nvidia-smi", "#!/bin/bash\nexit 9\n")
    _, calls = env(project, FAKE_INDEX_WORKS="1")
    assert "--index-url" in torch_installs(calls)[0]


def test_other_platforms_take_what_pip_gives(project: Path) -> None:
    tool(project.parent / "bin/uname", "#!/bin/bash\n[[ $1 == -s ]] && echo Darwin || echo arm64\n")
    _, calls = env(project)
    (install,) = torch_installs(calls)
    assert "--index-url" not in install


def test_everything_but_torch_comes_from_the_lock_without_resolving(project: Path) -> None:
    _, calls = env(project)
    asked = (project / "log.requirements").read_text()
    assert "apache-airflow==" in asked
    assert "torch==" not in asked
    assert any("--no-deps --compile-bytecode --requirements -" in call for call in calls)
    assert any("--no-deps --editable ." in call for call in calls)


def test_kernels_are_compiled_last_and_may_wait(project: Path) -> None:
    done, calls = env(project, FAKE_COMPILER_FAILS="1")
    assert calls[-1].startswith("-m render.cli engines --open world")
    assert done.returncode == 0
    assert "the first render tries again" in done.stdout
    done, calls = env(project)
    assert (done.stdout, calls) == ("", [])


def test_another_environment_of_the_users_shell_has_no_say(project: Path) -> None:
    _, calls = env(project)
    assert calls
    assert all(call.endswith("VIRTUAL_ENV= PYTHONPATH=") for call in calls)


def test_a_second_run_asks_nothing_and_a_changed_lock_asks_again(project: Path) -> None:
    env(project)
    done, calls = env(project)
    assert (done.returncode, done.stdout, calls) == (0, "", [])
    (project / "requirements.lock").write_text((project / "requirements.lock").read_text() + "# changed\n")
    done, calls = env(project)
    assert "step 5 of 5" in done.stdout
    assert torch_installs(calls) == []


def test_an_interrupted_run_goes_on_and_mends_what_it_left(project: Path) -> None:
    done, _ = env(project, FAKE_UV_FAILS="1")
    assert done.returncode != 0
    done, calls = env(project)
    assert done.returncode == 0, done.stderr
    assert "step 1 of 5: .venv is there" in done.stdout
    assert torch_installs(calls) == []
    assert any("--reinstall" in call for call in calls)
    _, calls = env(project)
    assert calls == []


def test_without_python_311_it_says_how_to_get_it(project: Path) -> None:
    done, _ = env(project, FAKE_NOT_311="1", PATH=f"{project.parent / 'bin'}:{bare(project.parent)}")
    assert done.returncode == 1
    assert "Python 3.11" in done.stderr
    assert "apt install python3.11" in done.stderr


def bare(folder: Path) -> Path:
    """A folder with the plain tools that env.sh needs, and no Python."""
    tools = folder / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "cat", "cut", "sha256sum"):
        (tools / name).symlink_to(next(p for d in os.defpath.split(":") if (p := Path(d or "/bin") / name).exists()))
    return tools
