"""The files of planned objects, brought to the worker."""
