"""The lab's time, and what happens at its moments.

AWS's services act by the time of day. A class cannot wait for tomorrow, so those that act by a
schedule or name things by the date ask :func:`clock` and not the machine: it tells real time until
a person stops, sets or advances it (``lab clock``). What is scheduled is an entry of
:func:`agenda`. What others check, such as signatures, tokens and certificates, stays with the
machine's time; :data:`page.FOLLOWS` says which is which.
"""

from functools import cache

from lab.config import load
from lab.providers.clock.agenda import Agenda
from lab.providers.clock.lab_time import LabTime
from lab.providers.clock.work import Work


@cache
def clock() -> LabTime:
    """The clock of this lab, as it was left when the lab was stopped."""
    return LabTime(load().home / "state" / "clock.json")


@cache
def work() -> Work:
    """What is under way in this lab."""
    return Work()


@cache
def agenda() -> Agenda:
    """What is to happen in this lab, by the time of its clock."""
    return Agenda(clock(), work())
