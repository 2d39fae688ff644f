"""The bucket as Terraform makes it: by Terraform itself where it is to be had, and by what the files say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest

from render.store import layout

MODULE = Path(__file__).parents[2] / "infra/terraform"
FILES = sorted(MODULE.glob("*.tf"))
PROVIDER_SECONDS = 10


def declared(kind: str) -> dict[str, Any]:
    """What all files declare of a kind, by its name, as ``aws_s3_bucket.store`` for a resource."""
    found: dict[str, Any] = {}
    for file in FILES:
        for entry in hcl2.loads(file.read_text()).get(kind, []):
            for name, inside in entry.items():
                if kind == "resource":
                    found |= {_bare(f"{name}.{own}"): body for own, body in inside.items()}
                else:
                    found[_bare(name)] = inside
    return found


def _bare(text: str) -> str:
    return text.replace('"', "")


def only(blocks: Any) -> Any:
    (block,) = blocks if isinstance(blocks, list) else [blocks]
    return block


def terraform(*arguments: str, folder: Path, data: Path) -> subprocess.CompletedProcess[str]:
    """Terraform with its data elsewhere; skips the test where there is none, or the provider is not to be had."""
    program = shutil.which("terraform")
    if program is None:
        pytest.skip("terraform is not installed")
    env = os.environ | {"TF_DATA_DIR": str(data), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    env.pop("TF_CLI_CONFIG_FILE", None)
    command = [program, f"-chdir={folder}", *arguments]
    try:
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=PROVIDER_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"terraform {arguments[0]} got no provider within {PROVIDER_SECONDS} s")


def test_terraform_would_write_the_files_as_they_are(tmp_path: Path) -> None:
    """`terraform fmt` has nothing to change."""
    told = terraform("fmt", "-check", "-diff", folder=MODULE, data=tmp_path)
    assert (told.returncode, told.stdout) == (0, "")


def test_terraform_finds_the_module_valid(tmp_path: Path) -> None:
    """By the provider's own schema: every resource, attribute and reference is one that it knows."""
    copy = tmp_path / "module"
    shutil.copytree(MODULE, copy)
    init = terraform("init", "-backend=false", "-input=false", "-no-color", folder=copy, data=tmp_path / "data")
    if init.returncode:
        reason = re.search(r"Error: (.+)", init.stderr + init.stdout)
        pytest.skip(f"the provider is not to be had: {reason[1] if reason else init.stderr[-200:]}")
    told = terraform("validate", "-no-color", folder=copy, data=tmp_path / "data")
    assert told.returncode == 0, told.stdout + told.stderr


def test_versions_are_bounded() -> None:
    """A later major version of Terraform or its provider is not taken unseen."""
    required = only(hcl2.loads((MODULE / "versions.tf").read_text())["terraform"])
    assert "<" in required["required_version"]
    assert _bare(only(required["required_providers"])["aws"]["version"]).startswith("~> ")


def test_the_bucket_is_closed_encrypted_and_versioned() -> None:
    """No access list, no public policy, every object encrypted, every version kept."""
    made = declared("resource")
    block = made["aws_s3_bucket_public_access_block.store"]
    names = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    assert [block[name] for name in names] == [True] * 4
    owned = only(made["aws_s3_bucket_ownership_controls.store"]["rule"])
    assert _bare(owned["object_ownership"]) == "BucketOwnerEnforced"
    versioning = only(made["aws_s3_bucket_versioning.store"]["versioning_configuration"])
    assert _bare(versioning["status"]) == "Enabled"
    rule = only(made["aws_s3_bucket_server_side_encryption_configuration.store"]["rule"])
    assert _bare(only(rule["apply_server_side_encryption_by_default"])["sse_algorithm"]) == "AES256"
    assert "policies/bucket.json" in made["aws_s3_bucket_policy.store"]["policy"]
    assert only(made["aws_s3_bucket.store"]["lifecycle"])["prevent_destroy"] is True


def test_nothing_that_the_store_needs_expires() -> None:
    """Current objects expire only as probes and task logs; parts of dead uploads and replaced versions always go."""
    rules = declared("resource")["aws_s3_bucket_lifecycle_configuration.store"]["rule"]
    assert {_bare(rule["status"]) for rule in rules} == {"Enabled"}
    expiring = {_bare(only(rule["filter"])["prefix"]) for rule in rules if "days" in only(rule.get("expiration", [{}]))}
    assert expiring == {f"${{local.root}}{layout.PROBES}/", "${local.logs}"}
    anywhere = [rule for rule in rules if not only(rule["filter"]).get("prefix")]
    aborts = only([rule for rule in anywhere if "abort_incomplete_multipart_upload" in rule])
    days = only(aborts["abort_incomplete_multipart_upload"])["days_after_initiation"]
    assert days > 1  # the grace of `nightreel sweep`
    assert any("noncurrent_version_expiration" in rule for rule in anywhere)


def test_every_file_that_is_named_is_there_and_every_variable_is_explained() -> None:
    """Templates exist, and whoever uses the module is told what each variable and output means."""
    text = "".join(file.read_text() for file in FILES)
    named = re.findall(r'templatefile\("\$\{path\.module\}/([^"$]+)"', text)
    assert named
    assert [name for name in named if not (MODULE / name).exists()] == []
    for kind in ("variable", "output"):
        assert [name for name, inside in declared(kind).items() if len(inside.get("description", "")) < 10] == []
    assert [name for name, inside in declared("variable").items() if "type" not in inside] == []
