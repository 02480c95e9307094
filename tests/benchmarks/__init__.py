"""What the gateway costs and bears, measured in one run beside its reference. `make bench`; see docs/performance.md."""
