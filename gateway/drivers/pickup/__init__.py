"""
Dispatch over HTTPS, for workers at a site: the ports that workers beside the gateway use, behind a pickup door.

    door     one call each: what goes over the wire, and what its failures mean
    forms    values into JSON and back
    leases   what was leased and is not answered yet
    heart    that the worker is there
    looking  what lies between here and the gateway, and what is wrong with it
    site     the ports: letters in, claims, enclosures, reports out
"""

from gateway.drivers.pickup.door import Door, Way
from gateway.drivers.pickup.heart import beating, first_beat
from gateway.drivers.pickup.site import SitePost

__all__ = ["Door", "SitePost", "Way", "beating", "first_beat"]
