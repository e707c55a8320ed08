"""The server's signing key, kept so that a restart leaves tokens valid."""

import json
import os
import tempfile
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from shared.problems import ConfigurationError

ALGORITHM = "ES256"
_FILE_NAME = "signing-key.json"


def load_or_create_signing_key(state_dir: Path) -> ECKey:
    """The key in ``state_dir``; made on the first start, readable by its owner only.

    :raises ConfigurationError: the file holds no such key.
    """
    path = state_dir / _FILE_NAME
    if not path.exists():
        state_dir.mkdir(parents=True, exist_ok=True)
        _publish(_new_key(), path)
    try:
        return ECKey.import_key(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, JoseError) as error:
        raise ConfigurationError(
            f"{path} is no signing key.", action="Delete it; a new one is made at the next start."
        ) from error


def _new_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)


def _publish(key: ECKey, path: Path) -> None:
    """Whole or not at all; of two servers that start together the first one's key stands."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # Made with mode 0600.
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(key.as_dict(private=True), file)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    finally:
        Path(temporary).unlink()
