"""Facts of every model type, read from the installed transformers."""
