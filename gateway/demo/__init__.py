"""
The demo: a sandbox, a portal's day at it, and the same sandbox to play with.

    samples      Anträge, made fresh from the schema packages' examples
    sandbox      a gateway whose Fachverfahren are simulators
    letterbox    where a portal hears of it
    narrator     how it is told at a terminal
    story        what is sent and what must become of it
    playground   the sandbox that keeps serving
"""

from gateway.demo.playground import playground
from gateway.demo.show import show

__all__ = ["playground", "show"]
