"""The one kind of error that the lab's own command shows to a person.

AWS's exceptions are another matter: providers raise those, with AWS's codes and messages.
"""


class LabError(Exception):
    """Something the person at the terminal can act upon.

    ``code`` is a stable word for tests and scripts, ``message`` says what happened, ``next_step``
    what to do about it.
    """

    def __init__(self, code: str, message: str, next_step: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.next_step = next_step
