"""The filters in force: the bar, the prompt, filters saved under a name."""
