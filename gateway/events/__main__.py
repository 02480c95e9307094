"""`python -m gateway.events` writes the page about telemetry to stdout."""

import sys

from gateway.events.page import telemetry_page

sys.stdout.write(telemetry_page())
