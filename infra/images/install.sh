#!/usr/bin/env bash
# Puts the packages of a lock into the environment that UV_PYTHON names, and fails if others came in.
#
#   install.sh LOCK cpu|cuda
#
#   TORCH_INDEX   where the CPU build of PyTorch is; without it from wherever uv looks
#
# The CUDA build brings libraries that the lock leaves out; PyTorch itself pins each of them.
set -euo pipefail
lock=$1 build=$2
torch=$(grep '^torch==' "$lock")

grep -v '^torch==' "$lock" | uv pip install --no-deps --requirements -
case $build in
cpu) uv pip install --no-deps ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "$torch" ;;
cuda) uv pip install --constraints "$lock" "$torch" ;;
esac

uv pip freeze | sed 's/+cpu$//; /^\(nvidia-\|cuda-\|triton==\)/d' | sort | diff - <(sort "$lock")
