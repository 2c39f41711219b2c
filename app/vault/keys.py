"""Data keys, wrapped by the master key."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.vault.errors import ObjectUnreadable, VaultError

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyWrapper:
    """Wraps data keys with AES-GCM, bound to the object they belong to.

    Parameters
    ----------
    master_key : bytes
        16, 24 or 32 random bytes.

    Raises
    ------
    VaultError
        For a key of another length.
    """

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) not in (16, 24, 32):
            raise VaultError("The vault's master key must be 16, 24 or 32 bytes long")
        self._cipher = AESGCM(master_key)

    def new_key(self, object_id: str) -> tuple[bytes, bytes]:
        """Draw a data key: returned plain and wrapped."""
        key = secrets.token_bytes(KEY_BYTES)
        nonce = secrets.token_bytes(NONCE_BYTES)
        return key, nonce + self._cipher.encrypt(nonce, key, object_id.encode())

    def unwrap(self, object_id: str, wrapped: bytes) -> bytes:
        """Return the plain data key.

        Raises
        ------
        ObjectUnreadable
            Where master key, object or bytes are others than at wrapping.
        """
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, sealed, object_id.encode())
        except (InvalidTag, ValueError) as error:
            raise ObjectUnreadable("The data key does not open") from error
