"""Errors meant for the user: one line that names the file, the key or the flag, and what to do."""


class AgentgateError(Exception):
    """Anything that this package reports to its user; ``str(error)`` is the whole message, on one line."""


class ConfigError(AgentgateError):
    """A configuration file cannot be read or says something that it may not say."""


class UsageError(AgentgateError):
    """A command or an option was given something that it cannot use."""


class RunLogError(AgentgateError):
    """A run's log cannot be written, or is not one."""


class StoreError(AgentgateError):
    """The store cannot be opened, is not ours, is damaged, or is newer than this version."""


class ReadOnlyError(StoreError):
    """The store may not be written by this user, or in this place; it may well be read."""


class JournalError(AgentgateError):
    """A batch of changes to files cannot be recorded, or not be taken back."""


class ServiceError(AgentgateError):
    """A service cannot be provided, or a checkpoint of it does not hold."""
