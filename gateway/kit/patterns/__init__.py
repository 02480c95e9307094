"""The adapters that `gateway adapters new` copies: one for each way, whole, and called `muster`."""
