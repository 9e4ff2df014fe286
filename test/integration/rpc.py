# SPDX-License-Identifier: Apache-2.0
"""The ledger's RPC, by hand: protobuf fields, gRPC-web frames, signatures. Independent of the
program under test."""
import base64
import hashlib

from network import call

EXECUTE = '/sui.rpc.v2.TransactionExecutionService/ExecuteTransaction'
SIMULATE = '/sui.rpc.v2.TransactionExecutionService/SimulateTransaction'
HEADERS = {'Content-Type': 'application/grpc-web+proto'}


# -- protobuf

def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """(number, value) of a message; value: int or bytes."""
    out, at = [], 0
    while at < len(data):
        key, at = read_varint(data, at)
        if key & 7 == 0:
            value, at = read_varint(data, at)
        elif key & 7 == 2:
            size, at = read_varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            raise AssertionError(f'wire type {key & 7}')
        out.append((key >> 3, value))
    return out


def message(*items):
    """A message of (number, value) items."""
    out = b''
    for number, value in items:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def one(data, *path):
    """The field at a path of numbers; None if it is not there."""
    for number in path:
        found = [value for n, value in fields(data) if n == number]
        if not found:
            return None
        data = found[0]
    return data


# -- gRPC-web

def frame(payload):
    return b'\0' + len(payload).to_bytes(4, 'big') + payload


class GrpcAnswer:
    """status: gRPC's number; text: its message; body: the answer's message, if any."""

    def __init__(self, http_status, headers, data):
        self.http_status, self.body, self.status, self.text = http_status, None, None, ''
        lines = ''
        while len(data) >= 5:
            end = 5 + int.from_bytes(data[1:5], 'big')
            if data[0] & 0x80:
                lines += data[5:end].decode()
            else:
                self.body = data[5:end]
            data = data[end:]
        trailers = {k.lower(): v for k, v in headers.items()}
        for line in lines.split('\r\n'):
            name, _, value = line.partition(':')
            trailers[name.strip().lower()] = value.strip()
        if 'grpc-status' in trailers:
            self.status = int(trailers['grpc-status'])
            self.text = trailers.get('grpc-message', '')


def grpc(port, method, body):
    """Calls a method with an unframed message."""
    return GrpcAnswer(*call(port, 'POST', method, frame(body), HEADERS))


def digest_of(answer):
    return one(answer.body, 1, 1).decode()


def success_of(answer):
    """True: executed with success."""
    return bool(one(answer.body, 1, 4, 4, 1))


def failure_text(answer):
    """What the effects say about a failure."""
    return str(one(answer.body, 1, 4, 4, 2))


# -- ed25519 (RFC 8032), slow and simple

P = 2 ** 255 - 19
Q = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def _add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    k = (y1 - x1) * (y2 - x2) % P
    m = (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = m - k, d - c, d + c, m + k
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(scalar, point):
    out = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            out = _add(out, point)
        point = _add(point, point)
        scalar >>= 1
    return out


def _base():
    y = 4 * pow(5, P - 2, P) % P
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    x = x if x % 2 == 0 else P - x
    return x, y, 1, x * y % P


BASE = _base()


def _pack(point):
    x, y, z, _ = point
    inverse = pow(z, P - 2, P)
    return (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(32, 'little')


def _sha512(*parts):
    return int.from_bytes(hashlib.sha512(b''.join(parts)).digest(), 'little')


class Key:
    """An ed25519 key as in a wallet's file: base64 of the flag 0 and 32 secret bytes."""

    def __init__(self, text):
        secret = base64.b64decode(text)
        assert len(secret) == 33 and secret[0] == 0
        hashed = hashlib.sha512(secret[1:]).digest()
        scalar = int.from_bytes(hashed[:32], 'little')
        self.scalar = scalar & (1 << 254) - 8 | 1 << 254
        self.prefix = hashed[32:]
        self.public = _pack(_times(self.scalar, BASE))

    def sign(self, data):
        nonce = _sha512(self.prefix, data) % Q
        r = _pack(_times(nonce, BASE))
        s = (nonce + _sha512(r, self.public, data) % Q * self.scalar) % Q
        return r + s.to_bytes(32, 'little')

    def sign_transaction(self, transaction):
        """flag, signature, public key: what goes with the bytes of a transaction."""
        digest = hashlib.blake2b(b'\0\0\0' + transaction, digest_size=32).digest()
        return b'\0' + self.sign(digest) + self.public


def execute_request(transaction, signature):
    return message((1, message((1, message((2, transaction))))),
                   (2, message((1, message((2, signature))))),
                   (3, message((1, 'digest'), (1, 'effects'))))


def transaction_of(request):
    """The transaction's bytes in an ExecuteTransactionRequest."""
    return one(request, 1, 1, 2)
