"""What can go wrong in a way the user can fix. Each message is one line: what is wrong with which file, what to do."""


class EnhanceError(Exception):
    """The root of all errors a user meets; the command line prints it and exits with `exit_code`."""

    exit_code = 2


class PhotoError(EnhanceError):
    """A picture that cannot be read or written."""


class ModelError(EnhanceError):
    """A model that is unknown, unreadable or not made for this."""


class DataError(EnhanceError):
    """A data set, folder or label that cannot be used."""


class TrainingError(EnhanceError):
    """A run that cannot start, cannot resume, or went wrong."""


class InternalError(EnhanceError):
    """Our fault, not the user's."""

    exit_code = 1
