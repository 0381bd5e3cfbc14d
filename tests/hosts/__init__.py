"""Real monitoring systems on loopback, in a folder of their own, for the time of a test."""
