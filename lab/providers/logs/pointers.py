"""The pointer to one event, which Logs Insights calls @ptr: a group's id and an event's."""

import base64


def pointer(group: str, event: int) -> str:
    return base64.urlsafe_b64encode(f"{group}/{event}".encode()).decode()


def place_of(text: str) -> tuple[str, int] | None:
    """The two ids; None when the text is no pointer."""
    try:
        group, _, event = base64.urlsafe_b64decode(text.encode()).decode().partition("/")
        return group, int(event)
    except ValueError:
        return None
