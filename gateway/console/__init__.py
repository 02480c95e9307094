"""
The console: the web pages of those who watch over the gateway, rendered here, without a script that is needed.

    house       the door: which page is asked for, by whom, and whether they may
    entrance    who is there, and that a form was sent by them
    passwords   how the gateway's own accounts keep theirs
    rendering   templates to pages, with the headers that keep them to themselves
    saying      moments, numbers and codes as people read them
    charts      numbers as drawings, with the same in words
    now         what is happening
    searching   finding submissions
    timeline    one submission, and its content for those who say why
    failures    what waits for people, one by one or in a campaign
    connections which there are, how far the roll-in has come
    adapters    destinations and sites, how they do
    people      who has an account, and who did what
    pages       all of them, and how they are asked for

It decides nothing about an Antrag: what is done here is asked of the journal, which decides and writes down who did it.
"""

from fastapi import APIRouter

from gateway.console.entrance import LocalAccounts
from gateway.console.house import Desk, house_of
from gateway.console.pages import PLACES


def console(desk: Desk) -> APIRouter:
    """The console, to be mounted beside the other doors."""
    return house_of(desk, PLACES)


__all__ = ["Desk", "LocalAccounts", "console"]
