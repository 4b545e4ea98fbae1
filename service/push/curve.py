"""P-256 for key pairs that last for one message, straight on OpenSSL.

For one exchange `cryptography` makes four key objects, each with contexts and copies of its own,
which costs half as much again as the arithmetic. Here the functions of the library that Python's
own `hashlib` uses are called on points that are made once: one multiplication of the generator (the
sender's public key), one of the browser's point (the secret). EC_POINT_mul with a single scalar
takes the same time for each. Whether a browser's point is on the curve is checked as it is read;
P-256 has the cofactor 1, so that nothing else needs checking (SEC 1, section 3.2.2.1).

A product comes as fractions of one denominator; a division costs as much as sixty multiplications.
For many browsers at once, all are divided by the price of one (Montgomery's trick, which is
OpenSSL's EC_POINTs_make_affine).
"""

import ctypes
import os
from collections.abc import Sequence
from ctypes import c_char_p, c_int, c_size_t, c_void_p
from functools import cache
from threading import Lock
from typing import Any, NoReturn

P_256 = 415  # NID_X9_62_prime256v1 of obj_mac.h
# SEC 2, section 2.4.2. As bytes of one length, the greater number comes later, too.
ORDER = bytes.fromhex("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551")
POINT_LENGTH = 65  # uncompressed (SEC 1, section 2.3.3): a 4, x and y
NUMBER_LENGTH = 32
ZERO = bytes(NUMBER_LENGTH)
ROOM = 64  # browsers at once

Agreed = tuple[bytes, bytes]  # our point, 65 bytes, and the secret, 32

SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "EC_GROUP_new_by_curve_name": (c_void_p, [c_int]),
    "EC_POINT_new": (c_void_p, [c_void_p]),
    "EC_POINT_mul": (c_int, [c_void_p] * 6),
    "EC_POINT_oct2point": (c_int, [c_void_p, c_void_p, c_char_p, c_size_t, c_void_p]),
    "EC_POINTs_make_affine": (c_int, [c_void_p, c_size_t, c_void_p, c_void_p]),
    "EC_POINT_get_Jprojective_coordinates_GFp": (c_int, [c_void_p] * 6),
    "BN_CTX_new": (c_void_p, []),
    "BN_new": (c_void_p, []),
    "BN_bin2bn": (c_void_p, [c_char_p, c_int, c_void_p]),
    "BN_bn2binpad": (c_int, [c_void_p, c_void_p, c_int]),
    "BN_clear": (None, [c_void_p]),
    "ERR_clear_error": (None, []),
}


class Curve:
    """P-256, with room for ROOM exchanges: threads that share it wait for each other."""

    def __init__(self, library: ctypes.PyDLL) -> None:
        """Raises AttributeError for a library that isn't OpenSSL, or has none of this curve."""
        made = {name: _function(library, name) for name in SIGNATURES}
        self._multiply = made["EC_POINT_mul"]
        self._divide = made["EC_POINTs_make_affine"]
        self._read_point = made["EC_POINT_oct2point"]
        self._read_coordinates = made["EC_POINT_get_Jprojective_coordinates_GFp"]
        self._read_number = made["BN_bin2bn"]
        self._write_number = made["BN_bn2binpad"]
        self._clear = made["BN_clear"]
        self._forget_errors = made["ERR_clear_error"]
        self._group = c_void_p(made["EC_GROUP_new_by_curve_name"](P_256))
        if not self._group:
            raise AttributeError("This OpenSSL has no P-256")
        self._theirs, *made_of = (
            c_void_p(made["EC_POINT_new"](self._group)) for _ in range(1 + 2 * ROOM)
        )
        self._private, self._x, self._y = (c_void_p(made["BN_new"]()) for _ in range(3))
        self._context = c_void_p(made["BN_CTX_new"]())
        numbers = (self._private, self._x, self._y, self._context)
        if not all((self._theirs, *made_of, *numbers)):
            raise MemoryError("OpenSSL has no room for a point")
        self._products = list(zip(made_of[::2], made_of[1::2], strict=True))
        self._in_a_row = _array(made_of)
        self._shared = made_of[1::2]
        self._shared_in_a_row = _array(self._shared)
        self._written = ctypes.create_string_buffer(2 * NUMBER_LENGTH)
        address = ctypes.addressof(self._written)
        self._to_x, self._to_y = c_void_p(address), c_void_p(address + NUMBER_LENGTH)
        self._lock = Lock()

    def agree(self, private: bytes, theirs: bytes) -> Agreed:
        """A key pair's public point, and the 32 bytes that it and `theirs` agree on.

        ECDH of SEC 1, section 3.3.1; `private` is 32 bytes of a number below the order. Raises
        ValueError where it isn't, or `theirs` is no uncompressed point.
        """
        if not is_private(private):
            raise ValueError("Not a private key of P-256")
        agreed = self._agree([(private, theirs)])
        if not agreed:
            raise ValueError("Not a point on P-256")
        return agreed[theirs]

    def exchange_all(self, points: Sequence[bytes]) -> dict[bytes, Agreed]:
        """By point what `agree` has for it, each with a new key pair of its own.

        What isn't an uncompressed point is left out.
        """
        agreed: dict[bytes, Agreed] = {}
        for start in range(0, len(points), ROOM):
            some = points[start : start + ROOM]
            agreed |= self._agree(list(zip(new_privates(len(some)), some, strict=True)))
        return agreed

    def share_all(self, private: bytes, points: Sequence[bytes]) -> dict[bytes, bytes]:
        """By point the 32 bytes that it and one private key agree on.

        What isn't an uncompressed point is left out. Raises ValueError for what is no private key.
        """
        if not is_private(private):
            raise ValueError("Not a private key of P-256")
        shared: dict[bytes, bytes] = {}
        for start in range(0, len(points), ROOM):
            shared |= self._share(private, points[start : start + ROOM])
        return shared

    def _share(self, private: bytes, some: Sequence[bytes]) -> dict[bytes, bytes]:
        with self._lock:
            points: list[bytes] = []
            self._read_number(private, NUMBER_LENGTH, self._private)
            try:
                for theirs in some:
                    if self._read_theirs(theirs):
                        self._multiply_theirs(self._shared[len(points)])
                        points.append(theirs)
            finally:
                self._clear(self._private)
            self._make_affine(len(points), self._shared_in_a_row)
            return {
                theirs: self._read_x(product)
                for theirs, product in zip(points, self._shared, strict=False)
            }

    def _agree(self, pairs: Sequence[tuple[bytes, bytes]]) -> dict[bytes, Agreed]:
        with self._lock:
            points: list[bytes] = []
            for private, theirs in pairs:
                if self._exchange(private, theirs, *self._products[len(points)]):
                    points.append(theirs)
            self._make_affine(2 * len(points), self._in_a_row)
            return {
                theirs: (b"\x04" + self._read(ours), self._read_x(shared))
                for theirs, (ours, shared) in zip(points, self._products, strict=False)
            }

    def _exchange(self, private: bytes, theirs: bytes, ours: c_void_p, shared: c_void_p) -> bool:
        """Multiply the generator and the other's point; False where that is none."""
        if not self._read_theirs(theirs):
            return False
        group, number = self._group, self._private
        self._read_number(private, NUMBER_LENGTH, number)
        try:
            if not self._multiply(group, ours, number, None, None, self._context):
                self._fail("OpenSSL could not multiply")
            self._multiply_theirs(shared)
        finally:
            self._clear(number)
        return True

    def _read_theirs(self, theirs: bytes) -> bool:
        """Make it the point that is multiplied next; False where it is none."""
        if len(theirs) == POINT_LENGTH and self._read_point(
            self._group, self._theirs, theirs, POINT_LENGTH, self._context
        ):
            return True
        self._forget_errors()
        return False

    def _multiply_theirs(self, product: c_void_p) -> None:
        if not self._multiply(
            self._group, product, None, self._theirs, self._private, self._context
        ):
            self._fail("OpenSSL could not multiply")

    def _make_affine(self, count: int, points: object) -> None:
        if not self._divide(self._group, count, points, self._context):
            self._fail("OpenSSL could not divide")

    def _fail(self, why: str) -> NoReturn:
        self._forget_errors()
        raise MemoryError(why)

    def _read(self, point: c_void_p) -> bytes:
        """X and y of a point whose denominator is one by now."""
        self._read_coordinates(self._group, point, self._x, self._y, None, self._context)
        self._write_number(self._x, self._to_x, NUMBER_LENGTH)
        self._write_number(self._y, self._to_y, NUMBER_LENGTH)
        return self._written.raw

    def _read_x(self, point: c_void_p) -> bytes:
        """X alone, which is the secret (SEC 1, section 3.3.1)."""
        self._read_coordinates(self._group, point, self._x, None, None, self._context)
        self._write_number(self._x, self._to_x, NUMBER_LENGTH)
        return self._written.raw[:NUMBER_LENGTH]


def is_private(number: bytes) -> bool:
    """Whether these bytes are a private key: no product with one is the point at infinity."""
    return len(number) == NUMBER_LENGTH and ZERO < number < ORDER


def new_privates(count: int) -> list[bytes]:
    """Private keys, from the system's generator."""
    drawn = os.urandom(count * NUMBER_LENGTH)
    keys = [drawn[at : at + NUMBER_LENGTH] for at in range(0, len(drawn), NUMBER_LENGTH)]
    # One number in four thousand million is too great.
    return keys if all(map(is_private, keys)) else new_privates(count)


def _array(points: Sequence[c_void_p]) -> ctypes.Array[c_void_p]:
    return (c_void_p * len(points))(*(point.value for point in points))


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
