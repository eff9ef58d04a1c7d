"""The document form of rules: YAML and JSON both ways, the JSON Schema, and the lock file."""

from .document import FORMAT, document_of, dump
from .loading import load
from .lock import LOCK_FORMAT, Lock, Locked, check_lock, lock_of, lock_text, read_lock
from .schema import SCHEMA_FILE, schema
from .vocabulary import features_in

__all__ = [
    "FORMAT",
    "LOCK_FORMAT",
    "SCHEMA_FILE",
    "Lock",
    "Locked",
    "check_lock",
    "document_of",
    "dump",
    "features_in",
    "load",
    "lock_of",
    "lock_text",
    "read_lock",
    "schema",
]
