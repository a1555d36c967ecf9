"""Questions over a trace: the filter language, enter and exit pairs, processes, statistics."""
