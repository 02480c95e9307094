"""
Coverage and evidence: what is connected, and what was operated.

    coverage   per service and Kreis: authorities and inhabitants, from ordered to delivering
    operation  per connection and month: what was accepted, delivered, refused, and how long it took
    month      a calendar month in Berlin, open or closed
    tables     both as rows for spreadsheets
    pages      both as pages for A4

Everything here is a value made of values. Nothing in it is personal: it knows connections, counts and times.
"""

from gateway.evidence.coverage import Coverage, ServiceCoverage, Stage, coverage
from gateway.evidence.month import Month
from gateway.evidence.operation import Names, Operation, operation

__all__ = ["Coverage", "Month", "Names", "Operation", "ServiceCoverage", "Stage", "coverage", "operation"]
