"""What a dry run is recognised by. Pure: no I/O."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from uuid import UUID

from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.states import PostingState
from process_apis.upstream.erp import PostingRequest


def digest(
    posting_id: UUID,
    key: str | None,
    target: str | None,
    state: PostingState,
    findings: Sequence[Finding],
    request: PostingRequest | None,
) -> str:
    """SHA-256 over all that would go to the ERP, and what would keep it from going there."""
    facts = {
        "posting": str(posting_id),
        "key": key,
        "target": target,
        "state": state,
        "codes": [finding.code for finding in findings],
        "request": request.model_dump(mode="json") if request else None,
    }
    return _sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")))


def hash_of(digests: Iterable[str]) -> str:
    """SHA-256 over a whole dry run: digests of its lines, in the order of the postings' ids."""
    return _sha256("\n".join(digests))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
