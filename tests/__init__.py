"""The proof: one folder per folder of the repository, and the journeys across all of them."""
