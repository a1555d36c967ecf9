"""What an analysis has found out, kept with the recording so that it need not be read again."""
