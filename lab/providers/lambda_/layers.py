"""Layers of a function, laid over each other in one folder: what AWS has at /opt."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, LayerVersion


def layers_folder(home: Path, version: FunctionVersion) -> Path:
    """Where the layers of a version are, whether they have been laid there or not."""
    arns = "\n".join(layer.layer_version_arn for layer in version.config.layers)
    return home / "lambda" / "layers" / hashlib.sha256(arns.encode()).hexdigest()[:16]


def lay_layers(home: Path, version: FunctionVersion) -> None:
    """Lay the layers of a version in their order, a later one over an earlier one."""
    target = layers_folder(home, version)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # Several versions may be prepared at once: each makes a folder of its own, and one of them
    # wins.
    with tempfile.TemporaryDirectory(dir=target.parent) as made:
        folder = Path(made, "opt")
        folder.mkdir()
        for layer in version.config.layers:
            _lay(layer, folder)
        if not target.exists():
            folder.rename(target)


def _lay(layer: LayerVersion, folder: Path) -> None:
    layer.code.prepare_for_execution()
    source = layer.code.get_unzipped_code_location()
    shutil.copytree(source, folder, dirs_exist_ok=True, symlinks=True)
