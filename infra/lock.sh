#!/usr/bin/env bash
# Resolves pyproject.toml, all extras, into requirements.lock, and derives the images' locks from it. Pins that still
# fit stay; --upgrade asks for the newest.
#
# What only a CUDA build of PyTorch needs is left out: pip brings it along with that build (see infra/env.sh), and
# the CPU build does without.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

.venv/bin/python -m uv pip compile pyproject.toml --all-extras --python-version 3.11 --quiet \
    --custom-compile-command "make lock" --output-file requirements.lock "$@"

trimmed=$(awk '/^[a-z]/ { cuda = /^(nvidia-|cuda-|triton==)/ } !cuda' requirements.lock | sed 's/^\(torch==[^+]*\)+cpu/\1/')
printf '%s\n' "$trimmed" >requirements.lock
.venv/bin/python -m infra.images
