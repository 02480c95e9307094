"""Clients that adapters share: how to get something to a Fachverfahren, whatever it is."""
