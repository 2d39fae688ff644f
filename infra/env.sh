#!/usr/bin/env bash
# Makes .venv from requirements.lock, in five steps. A run that was interrupted is picked up where it stopped, and one
# that finds everything in place ends at once.
#
#   NIGHTREEL_TORCH_INDEX   where to look for the CPU build of PyTorch on a Linux machine without an NVIDIA GPU
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What points a user's own shell at another environment has no say in this one.
unset VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHOME PYTHONUSERBASE PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
unset UV_PYTHON UV_SYSTEM_PYTHON UV_TARGET UV_PREFIX UV_PROJECT_ENVIRONMENT
export PIP_DISABLE_PIP_VERSION_CHECK=1

readonly UV_VERSION=0.13.9
readonly TORCH_INDEX="${NIGHTREEL_TORCH_INDEX:-https://download.pytorch.org/whl/cpu}"
readonly PYTHON=.venv/bin/python
readonly STAMP=.venv/nightreel.stamp
readonly HALF_DONE=.venv/nightreel.half-done

digest() {
    cat requirements.lock pyproject.toml infra/env.sh | { sha256sum 2>/dev/null || shasum -a 256; } | cut -d ' ' -f 1
}

say() { printf 'env: %s\n' "$*"; }

give_up() {
    printf 'env: %s\n' "$@" >&2
    exit 1
}

# Progress bars are for people; a log wants neither the bars nor a line for each package.
quiet=()
if [[ ! -t 1 ]]; then quiet=(--quiet); fi
pip() { "$PYTHON" -m pip "$@"; }
pip_install() { pip install ${quiet[@]+"${quiet[@]}"} "$@"; }
uv_install() { "$PYTHON" -m uv pip install ${quiet[@]+"${quiet[@]}"} --python "$PYTHON" --no-deps "$@"; }

find_python() {
    local name candidate
    for name in python3.11 python3; do
        while IFS= read -r candidate; do
            if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
                printf '%s\n' "$candidate"
                return
            fi
        done < <(type -ap "$name")
    done
    give_up "Python 3.11 with its venv module is needed, and none is on the PATH." \
        "Install it (Debian, Ubuntu: apt install python3.11 python3.11-venv; macOS: brew install python@3.11;" \
        "anywhere: pyenv install 3.11) and type the command again."
}

has_gpu() { command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; }

# The version that plain pip would take: it ends in +cpu where pip's own configuration knows a CPU wheel.
torch_on_offer() {
    pip install --dry-run --no-deps --ignore-installed --quiet --report - "torch==$1" 2>/dev/null |
        "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["install"][0]["metadata"]["version"])' 2>/dev/null
}

torch_stands() {
    [[ "$("$PYTHON" -c 'import torch; print(torch.__version__)' 2>/dev/null)" =~ ^"$1"(\+|$) ]]
}

# The dependencies of a CPU build are all in the lock; a CUDA build brings libraries that the lock leaves out.
install_torch() {
    local version=$1
    if torch_stands "$version"; then
        say "step 2 of 5: PyTorch $version is there"
    elif has_gpu; then
        say "step 2 of 5: PyTorch $version with CUDA, about 3 GB (nvidia-smi sees a GPU)"
        pip_install "torch==$version"
    elif [[ "$(torch_on_offer "$version")" == *+cpu ]]; then
        say "step 2 of 5: PyTorch $version for CPU, about 200 MB"
        pip_install --no-deps "torch==$version"
    elif [[ "$(uname -s) $(uname -m)" != "Linux x86_64" ]]; then
        say "step 2 of 5: PyTorch $version for $(uname -s) $(uname -m), about 200 MB"
        pip_install "torch==$version"
    else
        say "step 2 of 5: PyTorch $version for CPU, about 200 MB, from $TORCH_INDEX"
        if ! pip_install --no-deps --index-url "$TORCH_INDEX" --timeout 15 --retries 1 "torch==$version"; then
            say "the CPU build cannot be had from there (NIGHTREEL_TORCH_INDEX names another place)."
            say "step 2 of 5: PyTorch $version as the CUDA build, about 3 GB; it works without a GPU too"
            pip_install "torch==$version"
        fi
    fi
}

stamp=$(digest)
if [[ -x $PYTHON && -f $STAMP && "$(<"$STAMP")" == "$stamp" ]]; then
    exit 0
fi

if [[ -d .venv ]]; then
    say "bringing .venv up to date with requirements.lock; only what is missing comes down"
else
    say "making .venv: about 1.1 GB of packages come down (4 GB with a GPU), some minutes on a usual line; once only"
fi

if "$PYTHON" -c 'import sys, pip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    say "step 1 of 5: .venv is there"
else
    python=$(find_python)
    say "step 1 of 5: .venv with $("$python" --version) of $python"
    "$python" -m venv --clear .venv
fi
rm -f "$STAMP"

pip_install "uv==$UV_VERSION"
install_torch "$(sed -n 's/^torch==//p' requirements.lock)"

others=$(grep -v '^torch==' requirements.lock)
say "step 3 of 5: the other $(grep -c '^[a-z].*==' <<<"$others") packages of requirements.lock, about 900 MB, compiled once"
again=()
if [[ -f $HALF_DONE ]]; then again=(--reinstall); fi
touch "$HALF_DONE"
uv_install --compile-bytecode ${again[@]+"${again[@]}"} --requirements - <<<"$others"
rm -f "$HALF_DONE"

say "step 4 of 5: Nightreel itself, as an editable package"
uv_install --editable .

say "step 5 of 5: the simulator's kernels, compiled for this machine in about a minute"
if ! "$PYTHON" -m render.cli engines --open world >/dev/null; then
    say "they could not be compiled now; the first render tries again"
fi

printf '%s\n' "$stamp" >"$STAMP"
say "ready: .venv/bin/nightreel --help"
