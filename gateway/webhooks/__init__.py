"""
Telling portals what became of their submissions, by the rules of Standard Webhooks.

    message     what is told, in JSON
    signing     how a portal knows that it comes from here
    addresses   where nothing is sent to
    sending     one notice to one webhook, and how that ended
    postman     whatever is due to whoever is there, again and again
"""

from gateway.webhooks.addresses import Networks, insist_on_address, networks
from gateway.webhooks.postman import Postman
from gateway.webhooks.sending import Sender
from gateway.webhooks.signing import new_secret, verify, written

__all__ = ["Networks", "Postman", "Sender", "insist_on_address", "networks", "new_secret", "verify", "written"]
