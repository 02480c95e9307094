"""
The HTTPS door for sites: letters are listed, leased, fetched and answered; decides nothing.

    calls       what can be asked, one method each
    leases      whose lease it is, and whether its key still opens anything
    sites       who may stand here
    bodies      what a site sends, read strictly
    answers     what it is told
    shapes      the forms of both
    ranges      a part of a document or attachment
    description what OpenAPI says of it all

It speaks HTTP as `intake` does, and in its words: visits, refusals and answers are the same for both doors.
"""

from gateway.pickup.calls import Calls
from gateway.pickup.description import annex
from gateway.pickup.sites import SiteRegister, new_site

__all__ = ["Calls", "SiteRegister", "annex", "new_site"]
