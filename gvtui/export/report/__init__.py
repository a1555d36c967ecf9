"""Reports: what sandboxes did, as a document for people or programs."""
