"""One folder per Fachverfahren: how each of them wants to be given an Antrag."""
