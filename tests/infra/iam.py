"""Judges requests to S3 by the policies of infra/terraform/policies; what it does not know of IAM it does not judge."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

POLICIES = Path(__file__).parents[2] / "infra/terraform/policies"
ROOT = "nightreel/"
LOGS = "airflow-logs/"
SECURE = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}


@dataclass(frozen=True)
class Request:
    """One thing that is asked of the bucket; ``key`` is empty where the bucket itself is meant."""

    action: str
    key: str = ""
    context: Mapping[str, str] = field(default_factory=dict)


class Judge:
    """Says what a role may do: what its policy allows and the bucket's does not deny."""

    def __init__(self, role: str, bucket: str) -> None:
        self._arn = f"arn:aws:s3:::{bucket}"
        places = {"bucket": self._arn, "root": ROOT, "logs": LOGS}
        self._statements: list[dict[str, Any]] = []
        for name in (role, "bucket"):
            text = Template((POLICIES / f"{name}.json").read_text()).substitute(places)
            self._statements += json.loads(text)["Statement"]

    def allows(self, request: Request) -> bool:
        """Whether a statement allows it and none denies it."""
        effects = {statement["Effect"] for statement in self._statements if self._meant(statement, request)}
        return effects == {"Allow"}

    def _meant(self, statement: Mapping[str, Any], request: Request) -> bool:
        if unknown := statement.keys() - {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}:
            raise NotImplementedError(f"statements with {unknown}")
        resource = f"{self._arn}/{request.key}" if request.key else self._arn
        return (
            any(_like(request.action, pattern) for pattern in _listed(statement["Action"]))
            and any(_like(resource, pattern) for pattern in _listed(statement["Resource"]))
            and _holds(statement.get("Condition", {}), SECURE | request.context)
        )


def requests(method: str, path: str, headers: Mapping[str, str]) -> Iterator[Request]:
    """What a request over HTTP asks of a bucket by S3's own rules; the host is followed by /bucket/key."""
    url = urlsplit(path)
    _, _, key = unquote(url.path).lstrip("/").partition("/")
    query = parse_qs(url.query, keep_blank_values=True)
    match method:
        case "GET" if not key and "uploads" in query:
            yield Request("s3:ListBucketMultipartUploads")
        case "GET" if not key and "versions" in query:
            yield Request("s3:ListBucketVersions")
        case "GET" | "HEAD" if not key:
            yield Request("s3:ListBucket", context={"s3:prefix": query["prefix"][0]} if "prefix" in query else {})
        case "GET" | "HEAD":
            yield Request("s3:GetObject", key)
        case "PUT" | "POST" if key:
            creates = not {"partNumber", "uploads"} & query.keys()
            condition = {"s3:if-none-match": headers["If-None-Match"]} if "If-None-Match" in headers else {}
            yield Request("s3:PutObject", key, {"s3:ObjectCreationOperation": str(creates).lower(), **condition})
        case "DELETE" if "uploadId" in query:
            yield Request("s3:AbortMultipartUpload", key)
        case "DELETE" if key and "versionId" in query:
            yield Request("s3:DeleteObjectVersion", key)
        case "DELETE" if key:
            yield Request("s3:DeleteObject", key)
        case _:
            raise NotImplementedError(f"{method} {path}")


def _listed(given: str | Sequence[str]) -> Sequence[str]:
    return [given] if isinstance(given, str) else given


def _like(text: str, pattern: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text, re.DOTALL) is not None


def _holds(conditions: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    """Whether all conditions hold; but for Null, none does for a key that the request has not."""
    for operator, keys in conditions.items():
        for key, wanted in keys.items():
            has = context.get(key)
            match operator:
                case "Null":
                    held = (has is None) == (wanted == "true")
                case "Bool" | "StringEquals":
                    held = has in _listed(wanted)
                case "StringLike":
                    held = has is not None and any(_like(has, pattern) for pattern in _listed(wanted))
                case "NumericLessThan":
                    held = has is not None and float(has) < float(wanted)
                case _:
                    raise NotImplementedError(operator)
            if not held:
                return False
    return True
