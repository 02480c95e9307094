"""Receives Anträge, proves them valid, keeps them safe and brings them to the right door."""
