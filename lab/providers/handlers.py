"""How AWS names an operation, and Python the function that answers it."""

from collections.abc import Callable


def handlers[H: Callable[..., object]](*functions: H) -> dict[str, H]:
    """Handlers by the name of their operation, which is their own in camel case."""
    return {
        "".join(part.capitalize() for part in function.__name__.split("_")): function
        for function in functions
    }
