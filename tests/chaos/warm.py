"""Everything that the batch needs, imported before processes are forked off."""

import great_expectations  # noqa: F401
import s3fs  # noqa: F401
import subject  # noqa: F401
import torch  # noqa: F401

import render.checks.registry
import render.engines.testcard
import render.experiments.report
import render.farm.worker  # noqa: F401
