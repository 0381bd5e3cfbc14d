"""Stand-ins for the providers, written from their documents alone: they share no code with the programs under test."""
