"""What the survey company sends: folders, manifests, file formats and headers. Read-only: nothing here writes."""
