"""Committed OpenAPI documents: written, compared, linted, and held against their readers."""

from shared.contracts.freezing import Contracts, check, read, rendered, write
from shared.contracts.linting import lint, operations_of
from shared.contracts.reading import assert_reads, assert_sends
from shared.contracts.validation import validate

__all__ = [
    "Contracts",
    "assert_reads",
    "assert_sends",
    "check",
    "lint",
    "operations_of",
    "read",
    "rendered",
    "validate",
    "write",
]
