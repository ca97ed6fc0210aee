"""The first file that a function's interpreter runs: ``python -P bootstrap.py HANDLER
LAYERS_FOLDER``.

Linked into the runtime's folder, where AWS has one of the same name. Puts the function's code and
its layers in front of everything else, then hands over to AWS's runtime interface client, which
loads the handler and asks for invocations.
"""

# Importing pathlib would cost a tenth of a cold start.
# ruff: noqa: PTH118
import os
import sys


def main() -> None:
    python = os.path.join(sys.argv.pop(), "python")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    layers = [os.path.join(python, "lib", version, "site-packages"), python]
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"], *layers]
    # Later than the path is set, as on AWS: a layer may bring another version of it.
    from awslambdaric.__main__ import main as serve

    serve(sys.argv)


if __name__ == "__main__":
    main()
