"""Where failures come from: the live exception, the log of a run, and the XML of any runner."""
