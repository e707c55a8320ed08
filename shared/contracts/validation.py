"""Whether a document is OpenAPI 3.1 at all."""

from collections.abc import Mapping
from typing import Any


def validate(document: Mapping[str, Any]) -> list[str]:
    """Where it breaks the specification; empty when it does not.

    Needs the development extra (openapi-spec-validator).
    """
    from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415  development only

    if not str(document.get("openapi", "")).startswith("3.1."):
        return [f"openapi: {document.get('openapi')!r} is not 3.1"]
    validator = OpenAPIV31SpecValidator(document)
    # The second part takes the form for granted and fails with a KeyError where it is broken.
    errors = list(validator.schema_validator.iter_errors(document)) or list(validator.iter_errors())
    return [
        f"{'/'.join(str(step) for step in error.absolute_path) or 'document'}: {error.message}"
        for error in errors
    ]
