"""What can go wrong in the model store, named after the reader's problem."""


class ModelUnavailableError(Exception):
    """A model cannot be had now. The message says why and what to do about it."""


class DamagedModelError(ModelUnavailableError):
    """A stored model does not match its manifest any more: a file is missing, cut or changed."""


class SourceFailedError(Exception):
    """One source could not deliver. The message says why; the next source may still work."""
