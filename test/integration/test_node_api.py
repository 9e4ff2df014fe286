# SPDX-License-Identifier: Apache-2.0
"""A storage node's API, byte by byte: right uploads, wrong ones, and senders who do not play along."""
import base64
import http.client
import json
import os
import re
import socket
import threading
import time
import unittest

from network import Encoded, Network, call, scratch, sha256, write_random


def raw(port, *pieces, pause=0.0, timeout=20):
    """Sends pieces of bytes as they are; what comes back until the end or a whole answer."""
    with socket.create_connection(('127.0.0.1', port), timeout=timeout) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
        connection.shutdown(socket.SHUT_WR)
        answer = b''
        try:
            while piece := connection.recv(1 << 16):
                answer += piece
        except OSError:
            pass
        return answer


class NodeApi(unittest.TestCase):
    processes = False

    @classmethod
    def setUpClass(cls):
        cls.network = Network(nodes=4, shards=10, processes=cls.processes).start()
        cls.user = cls.network.client()
        cls.port = cls.network.node_port(0)
        cls.path = write_random(os.path.join(scratch('files'), 'blob'), 100_000)
        cls.encoded = Encoded(cls.path, 10)
        cls.object = cls.user.register_only(cls.path)['id']
        cls.mine = cls.network.pairs_of(0, cls.encoded.blob_id)
        cls.others = [pair for pair in range(10) if pair not in cls.mine]
        cls.put_metadata(cls.encoded)

    @classmethod
    def tearDownClass(cls):
        cls.network.remove()

    def tearDown(self):
        """Whatever was sent: the node lives and serves."""
        self.assertEqual(self.network.health(0)['nodeStatus'], 'Active')

    @classmethod
    def put_metadata(cls, encoded):
        status, _, body = call(cls.port, 'PUT', encoded.metadata_path, encoded.metadata)
        assert status in (200, 201), body

    def refused(self, status, reason, method, path, body=None, headers=None):
        """A refusal in the reference's JSON form."""
        got, _, text = call(self.port, method, path, body, headers)
        self.assertEqual(got, status, text)
        error = json.loads(text)['error']
        self.assertEqual(error['code'], status)
        self.assertIsInstance(error['status'], str)
        self.assertGreater(len(error['message']), 5)
        info = error['details'][0]
        self.assertEqual(info['@type'], 'ErrorInfo')
        self.assertEqual(info['reason'], reason, text)
        self.assertTrue(info['domain'])
        return error['message']

    def put(self, pair, axis='primary', body=None, encoded=None):
        encoded = encoded or self.encoded
        body = encoded.sliver(pair, axis) if body is None else body
        return 'PUT', encoded.path(pair, axis), body

    def test_upload_by_hand(self):
        path = write_random(os.path.join(scratch('files'), 'by-hand'), 12_345)
        encoded = Encoded(path, 10)
        blob = self.user.register_only(path)
        confirmation = f'/v1/blobs/{encoded.blob_id}/confirmation/deletable/{blob["id"]}'
        status = lambda what: json.loads(call(self.port, 'GET', what + '/status')[2])['success']['data']
        self.refused(404, 'METADATA_NOT_FOUND', 'GET', encoded.metadata_path)
        self.assertEqual(status(encoded.metadata_path), 'nonexistent')
        mine = self.network.pairs_of(0, encoded.blob_id)
        self.refused(400, 'METADATA_NOT_FOUND', *self.put(mine[0], encoded=encoded))
        self.refused(400, 'MISSING_SLIVERS', 'GET', confirmation)
        self.assertEqual(call(self.port, 'PUT', encoded.metadata_path, encoded.metadata)[0], 201)
        self.assertEqual(call(self.port, 'PUT', encoded.metadata_path, encoded.metadata)[0], 200)
        self.assertEqual(status(encoded.metadata_path), 'stored')
        for pair in mine:
            for axis in ('primary', 'secondary'):
                self.refused(400, 'MISSING_SLIVERS', 'GET', confirmation)
                self.assertEqual(status(encoded.path(pair, axis)), 'nonexistent')
                self.assertEqual(call(self.port, *self.put(pair, axis, encoded=encoded))[0], 201)
                self.assertEqual(call(self.port, *self.put(pair, axis, encoded=encoded))[0], 200)
                self.assertEqual(status(encoded.path(pair, axis)), 'stored')
                got = call(self.port, 'GET', encoded.path(pair, axis))
                self.assertEqual((got[0], got[2]), (200, encoded.sliver(pair, axis)))
        code, _, body = call(self.port, 'GET', confirmation)
        self.assertEqual(code, 200, body)
        signed = json.loads(body)['success']['data']['signed']
        message = base64.b64decode(signed['serializedMessage'])
        self.assertEqual(message[:7], b'\1\0\3\1\0\0\0')  # a confirmation, of epoch 1
        self.assertEqual(message[7:39], base64.urlsafe_b64decode(encoded.blob_id + '='))
        self.assertEqual(message[39:], b'\1' + bytes.fromhex(blob['id'][2:]))
        self.assertEqual(len(base64.b64decode(signed['signature'])), 96)
        # Not as permanent, and not for another object.
        permanent = f'/v1/blobs/{encoded.blob_id}/confirmation/permanent'
        self.refused(400, 'NOT_REGISTERED', 'GET', permanent)
        self.refused(400, 'NOT_REGISTERED', 'GET', confirmation[:-64] + '7' * 64)

    def test_unregistered(self):
        encoded = Encoded(write_random(os.path.join(scratch('files'), 'unknown'), 5000), 10)
        self.refused(400, 'NOT_REGISTERED', 'PUT', encoded.metadata_path, encoded.metadata)
        for pair in self.network.pairs_of(0, encoded.blob_id):
            self.refused(400, 'NOT_REGISTERED', *self.put(pair, encoded=encoded))
        permanent = f'/v1/blobs/{encoded.blob_id}/confirmation/permanent'
        self.refused(400, 'NOT_REGISTERED', 'GET', permanent)
        self.refused(404, 'METADATA_NOT_FOUND', 'GET', encoded.metadata_path)

    def test_ahead_of_the_registration(self):
        """With ?pending=true what comes early waits in memory."""
        path = write_random(os.path.join(scratch('files'), 'early'), 5000)
        encoded = Encoded(path, 10)
        ahead = lambda method, target, body: call(self.port, method, target + '?pending=true', body)
        self.assertEqual(ahead('PUT', encoded.metadata_path, encoded.metadata)[0], 202)
        mine = self.network.pairs_of(0, encoded.blob_id)
        for pair in mine:
            for axis in ('primary', 'secondary'):
                self.assertEqual(ahead(*self.put(pair, axis, encoded=encoded))[0], 202)
        self.refused(404, 'SLIVER_NOT_FOUND', 'GET', encoded.path(mine[0], 'primary'))
        blob = self.user.register_only(path)
        confirmation = (f'/v1/blobs/{encoded.blob_id}/confirmation/deletable/{blob["id"]}'
                        '?wait_for_registration=true&wait_millis=5000')
        code, _, body = call(self.port, 'GET', confirmation)
        self.assertEqual(code, 200, body)

    def test_wrong_slivers(self):
        pair = self.mine[0]
        good = self.encoded.sliver(pair, 'primary')
        flipped = good[:1000] + bytes([good[1000] ^ 1]) + good[1001:]
        self.refused(400, 'INVALID_SLIVER', *self.put(pair, body=flipped))
        for size in (0, 1, len(good) - 1, len(good) + 1, len(good) // 2):
            body = (good + b'\0')[:size]
            self.refused(400, 'INVALID_SLIVER', *self.put(pair, body=body))
        # The sliver of another pair, of the other axis, and of another blob.
        other = self.encoded.sliver(self.mine[1], 'primary')
        self.refused(400, 'SLIVER_INDEX_MISMATCH', *self.put(pair, body=other))
        self.refused(400, 'INVALID_SLIVER', *self.put(pair, 'secondary', body=good))
        stranger = Encoded(write_random(os.path.join(scratch('files'), 'stranger'), 100_000), 10)
        self.refused(400, 'INVALID_SLIVER', *self.put(pair, body=stranger.sliver(pair, 'primary')))
        # BCS that promises more than there is.
        broken = b'\xff\xff\xff\xff\x0f' + good[5:]
        self.refused(400, 'INVALID_CONTENT_TYPE', *self.put(pair, body=broken))
        self.refused(404, 'SLIVER_NOT_FOUND', 'GET', self.encoded.path(pair, 'primary'))

    def test_wrong_places(self):
        self.refused(400, 'SHARD_NOT_ASSIGNED', *self.put(self.others[0]))
        good = self.encoded.sliver(self.mine[0], 'primary')
        base = f'/v1/blobs/{self.encoded.blob_id}'
        self.refused(400, 'INDEX_OUT_OF_RANGE', 'PUT', f'{base}/slivers/10/primary', good)
        for path in (f'{base}/slivers/70000/primary', f'{base}/slivers/-1/primary',
                     f'{base}/slivers/{self.mine[0]}/tertiary', f'{base}/slivers/x/primary',
                     '/v1/blobs/short/slivers/0/primary', f'{base}?x=1/slivers/0/primary'):
            got, _, _ = call(self.port, 'PUT', path, good)
            self.assertIn(got, (400, 404, 405), path)
        unknown = Encoded(write_random(os.path.join(scratch('files'), 'typed'), 100), 10)
        self.user.register_only(unknown.source)
        self.refused(400, 'INVALID_CONTENT_TYPE', 'PUT', unknown.metadata_path, unknown.metadata,
                     {'Content-Type': 'text/html'})
        got, _, _ = call(self.port, 'DELETE', self.encoded.metadata_path)
        self.assertIn(got, (404, 405))
        got, _, _ = call(self.port, 'GET', '/nothing')
        self.assertEqual(got, 404)

    def test_wrong_metadata(self):
        path = write_random(os.path.join(scratch('files'), 'metadata'), 3000)
        encoded = Encoded(path, 10)
        self.user.register_only(path)
        good = encoded.metadata
        for position in (2, 5, 40, len(good) - 1):
            bad = good[:position] + bytes([good[position] ^ 1]) + good[position + 1:]
            got, _, body = call(self.port, 'PUT', encoded.metadata_path, bad)
            self.assertEqual(got, 400, (position, body))
        self.refused(400, 'UNSUPPORTED_ENCODING_TYPE', 'PUT', encoded.metadata_path,
                     good[:1] + b'\0' + good[2:])
        self.refused(400, 'INVALID_METADATA', 'PUT', encoded.metadata_path, self.encoded.metadata)
        for size in (0, 1, 100, len(good) - 1):
            got, _, body = call(self.port, 'PUT', encoded.metadata_path, good[:size])
            self.assertEqual(got, 400, (size, body))
        self.refused(404, 'METADATA_NOT_FOUND', 'GET', encoded.metadata_path)

    def test_oversize(self):
        """Refused on what is declared, before the bytes are sent; also when nothing is declared."""
        path = self.encoded.path(self.mine[0], 'primary')
        for target in (path, self.encoded.metadata_path + '?pending=false'):
            target = target if 'slivers' in target else f'/v1/blobs/{"B" * 42}A/metadata'
            head = f'PUT {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n'
            begin = time.monotonic()
            answer = raw(self.port, head.encode())
            self.assertRegex(answer.split(b'\r\n')[0], rb' (400|413) ')
            self.assertLess(time.monotonic() - begin, 5)
        self.refused(413, 'BODY_TOO_LARGE', 'PUT', path, b'x' * 1_000_000)
        head = f'PUT {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
        chunk = b'10000\r\n' + b'x' * 65536 + b'\r\n'
        answer = raw(self.port, head.encode(), *[chunk] * 64)
        self.assertTrue(answer == b'' or re.match(rb'HTTP/1.1 4(00|13) ', answer), answer[:100])

    def test_truncated_upload(self):
        pair = self.mine[2]
        body = self.encoded.sliver(pair, 'primary')
        head = (f'PUT {self.encoded.path(pair, "primary")} HTTP/1.1\r\nHost: x\r\n'
                f'Content-Length: {len(body)}\r\n\r\n').encode()
        for size in (0, 1, len(body) // 2, len(body) - 1):
            answer = raw(self.port, head, body[:size])
            self.assertNotIn(b' 20', answer.split(b'\r\n')[0])
        self.refused(404, 'SLIVER_NOT_FOUND', 'GET', self.encoded.path(pair, 'primary'))
        self.assertEqual(call(self.port, *self.put(pair))[0], 201)
        got = call(self.port, 'GET', self.encoded.path(pair, 'primary'))
        self.assertEqual(got[2], body)

    def test_malformed_http(self):
        for text in (b'\r\n\r\n', b'GARBAGE\r\n\r\n', b'GET / HTTP/9.9\r\n\r\n',
                     b'GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n', b'\x00' * 500,
                     b'PUT / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
                     b'GET /' + b'a' * 100_000 + b' HTTP/1.1\r\n\r\n',
                     b'GET / HTTP/1.1\r\n' + b'X: y\r\n' * 20_000 + b'\r\n',
                     b'\x16\x03\x01\x02\x00\x01\x00' + os.urandom(200)):
            answer = raw(self.port, text)
            self.assertFalse(answer.startswith(b'HTTP/1.1 2'), (text[:30], answer[:100]))
            self.assertEqual(self.network.health(0)['nodeStatus'], 'Active')

    def test_slow_senders_block_nobody(self):
        """Two hundred uploads that send one byte and wait; others are served as before."""
        pair = self.mine[0]
        body = self.encoded.sliver(pair, 'secondary')
        head = (f'PUT {self.encoded.path(pair, "secondary")} HTTP/1.1\r\nHost: x\r\n'
                f'Content-Length: {len(body)}\r\n\r\n').encode()
        slow = []
        try:
            for number in range(200):
                connection = socket.create_connection(('127.0.0.1', self.port), timeout=10)
                connection.sendall(head + body[:1] if number % 2 else head[:30])
                slow.append(connection)
            path = write_random(os.path.join(scratch('files'), 'meanwhile'), 50_000)
            begin = time.monotonic()
            blob = self.user.store(path)
            self.assertEqual(blob['report']['nodesConfirmed'], 4)
            self.user.read(blob['blob_id'])
            self.assertLess(time.monotonic() - begin, 15)
        finally:
            for connection in slow:
                connection.close()

    def test_slow_readers_block_nobody(self):
        """A hundred clients that ask for much and read nothing."""
        path = write_random(os.path.join(scratch('files'), 'much'), 1_500_000)
        blob = self.user.store(path)
        pair = self.network.pairs_of(0, blob['blob_id'])[0]
        asking = (f'GET /v1/blobs/{blob["blob_id"]}/slivers/{pair}/primary HTTP/1.1\r\n'
                  'Host: x\r\n\r\n').encode() * 20
        slow = []
        try:
            for _ in range(100):
                connection = socket.socket()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.connect(('127.0.0.1', self.port))
                connection.sendall(asking)
                slow.append(connection)
            begin = time.monotonic()
            copy, _ = self.user.read(blob['blob_id'])
            self.assertEqual(sha256(copy), sha256(path))
            self.assertLess(time.monotonic() - begin, 15)
        finally:
            for connection in slow:
                connection.close()

    def test_concurrent_uploads_of_one_sliver(self):
        """Ten at once: stored once, all answered."""
        pair, results = self.mine[1], []
        threads = [threading.Thread(
            target=lambda: results.append(call(self.port, *self.put(pair, 'secondary'))[0]))
            for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        self.assertEqual(len(results), 10)
        self.assertLessEqual(set(results), {200, 201})
        self.assertEqual(results.count(201), 1)

    def test_cors_and_head(self):
        status, headers, _ = call(self.port, 'OPTIONS', self.encoded.metadata_path,
                                  headers={'Origin': 'http://example.org',
                                           'Access-Control-Request-Method': 'PUT'})
        self.assertIn(status, (200, 204))
        lower = {k.lower(): v for k, v in headers.items()}
        self.assertEqual(lower['access-control-allow-origin'], '*')
        status, headers, body = call(self.port, 'HEAD', '/v1/health')
        self.assertEqual((status, body), (200, b''))

    def test_keep_alive(self):
        """Refusals do not end a connection."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=20)
        connection.connect()
        first = connection.sock
        bad = bytearray(self.encoded.sliver(self.mine[0], 'primary'))
        bad[5000] ^= 1
        for body in (bytes(bad[:10]), bytes(bad), bytes(bad) + b'x'):
            connection.request('PUT', self.encoded.path(self.mine[0], 'primary'), body)
            self.assertEqual(connection.getresponse().read()[:9], b'{"error":')
            connection.request('GET', '/v1/health')
            self.assertEqual(connection.getresponse().read()[:11], b'{"success":')
        self.assertIs(connection.sock, first)
        connection.close()


class NodeApiInProcesses(NodeApi):
    processes = True


if __name__ == '__main__':
    unittest.main()
