"""P-256 for key pairs that last for one message, straight on OpenSSL.

For one exchange `cryptography` makes four key objects, each with contexts and copies of its own,
which costs half as much again as the arithmetic. Here the functions of the library that Python's
own `hashlib` uses are called on points that are made once: one multiplication of the generator (the
sender's public key), one of the browser's point (the secret). EC_POINT_mul with a single scalar
takes the same time for each. Whether a browser's point is on the curve is checked as it is read;
P-256 has the cofactor 1, so that nothing else needs checking (SEC 1, section 3.2.2.1).
"""

import ctypes
import os
from ctypes import c_char_p, c_int, c_size_t, c_void_p
from functools import cache
from threading import Lock
from typing import Any

P_256 = 415  # NID_X9_62_prime256v1 of obj_mac.h
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SEC 2, 2.4.2
COMPRESSED, UNCOMPRESSED = 2, 4  # SEC 1, section 2.3.3: a byte, x, and y where it isn't compressed
POINT_LENGTH = 65
NUMBER_LENGTH = 32

SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "EC_GROUP_new_by_curve_name": (c_void_p, [c_int]),
    "EC_POINT_new": (c_void_p, [c_void_p]),
    "EC_POINT_mul": (c_int, [c_void_p] * 6),
    "EC_POINT_oct2point": (c_int, [c_void_p, c_void_p, c_char_p, c_size_t, c_void_p]),
    "EC_POINT_point2oct": (c_size_t, [c_void_p, c_void_p, c_int, c_void_p, c_size_t, c_void_p]),
    "BN_CTX_new": (c_void_p, []),
    "BN_new": (c_void_p, []),
    "BN_bin2bn": (c_void_p, [c_char_p, c_int, c_void_p]),
    "BN_clear": (None, [c_void_p]),
    "ERR_clear_error": (None, []),
}


class Curve:
    """P-256, with room for one exchange at a time: threads that share it wait for each other."""

    def __init__(self, library: ctypes.PyDLL) -> None:
        """Raises AttributeError for a library that isn't OpenSSL, or has none of this curve."""
        made = {name: _function(library, name) for name in SIGNATURES}
        self._multiply = made["EC_POINT_mul"]
        self._read_point = made["EC_POINT_oct2point"]
        self._write_point = made["EC_POINT_point2oct"]
        self._read_number = made["BN_bin2bn"]
        self._clear = made["BN_clear"]
        self._forget_errors = made["ERR_clear_error"]
        self._group = c_void_p(made["EC_GROUP_new_by_curve_name"](P_256))
        if not self._group:
            raise AttributeError("This OpenSSL has no P-256")
        self._ours, self._theirs, self._shared = (
            c_void_p(made["EC_POINT_new"](self._group)) for _ in range(3)
        )
        self._private = c_void_p(made["BN_new"]())
        self._context = c_void_p(made["BN_CTX_new"]())
        if not all((self._ours, self._theirs, self._shared, self._private, self._context)):
            raise MemoryError("OpenSSL has no room for a point")
        self._lock = Lock()
        self._written = ctypes.create_string_buffer(POINT_LENGTH)

    def exchange(self, theirs: bytes) -> tuple[bytes, bytes]:
        """A new key pair's public point, and the 32 bytes that it and `theirs` agree on.

        ECDH of SEC 1, section 3.3.1. Raises ValueError where `theirs` isn't an uncompressed point.
        """
        private = os.urandom(NUMBER_LENGTH)
        while not 0 < int.from_bytes(private, "big") < ORDER:  # once in four thousand million
            private = os.urandom(NUMBER_LENGTH)
        return self.agree(private, theirs)

    def agree(self, private: bytes, theirs: bytes) -> tuple[bytes, bytes]:
        """The same with a private key that is given: 32 bytes of a number below the order."""
        with self._lock:
            return self._agree(private, theirs)

    def _agree(self, private: bytes, theirs: bytes) -> tuple[bytes, bytes]:
        group, context = self._group, self._context
        if len(theirs) != POINT_LENGTH or not self._read_point(
            group, self._theirs, theirs, POINT_LENGTH, context
        ):
            self._forget_errors()
            raise ValueError("Not a point on P-256")
        number = self._private
        self._read_number(private, NUMBER_LENGTH, number)
        done = self._multiply(group, self._ours, number, None, None, context) and self._multiply(
            group, self._shared, None, self._theirs, number, context
        )
        self._clear(number)
        if not done:
            self._forget_errors()
            raise MemoryError("OpenSSL could not multiply")
        public = self._write(self._ours, UNCOMPRESSED)
        return public, self._write(self._shared, COMPRESSED)[1 : 1 + NUMBER_LENGTH]

    def _write(self, point: c_void_p, form: int) -> bytes:
        """Raises ArithmeticError for the point at infinity, which no valid key leads to."""
        length = self._write_point(
            self._group, point, form, self._written, POINT_LENGTH, self._context
        )
        if length <= NUMBER_LENGTH:
            raise ArithmeticError("The point at infinity")
        return self._written.raw


def _function(library: ctypes.PyDLL, name: str) -> Any:  # noqa: ANN401 (as ctypes has it)
    function = getattr(library, name)
    function.restype, function.argtypes = SIGNATURES[name]
    return function


@cache
def open_curve() -> Curve | None:
    """The curve of Python's own OpenSSL; None where that can't be reached or is another library.

    One for all of a process: what it holds is never given back.
    """
    try:
        import _hashlib  # noqa: PLC0415 (a Python without OpenSSL has none)

        # A name is looked for in the libraries that this one is linked to, too (dlsym(3)).
        return Curve(ctypes.PyDLL(_hashlib.__file__))
    except (ImportError, OSError, AttributeError):
        return None
