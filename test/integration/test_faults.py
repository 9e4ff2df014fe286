# SPDX-License-Identifier: Apache-2.0
"""Dead nodes, dishonest nodes, a dishonest way to the ledger, full disks."""
import os
import shutil
import signal
import subprocess
import time
import unittest

from network import (Client, Encoded, Network, allocated, call, free_port_base, scratch, sha256,
                     stored, wait_until, write_random)
from proxy import (Answer, GarbageServer, HttpProxy, json_answer, new_network_key, tls_of_node,
                   tls_of_stranger)
import rpc

PRIMARY_SOURCES = 34  # of 100 shards: the primary slivers of these pairs hold the blob itself


class DeadNodes(unittest.TestCase):
    """Ten nodes, a hundred shards; at most 33 shards may be gone: three nodes."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(processes=True).start()
        cls.client = cls.network.client()
        cls.folder = scratch('files')

    @classmethod
    def tearDownClass(cls):
        cls.network.remove()

    def tearDown(self):
        for node in range(10):
            if self.network.health(node) is None:
                self.network.run_role(node)

    def file(self, name, size):
        return write_random(os.path.join(self.folder, name), size)

    def test_read_without_the_nodes_with_most_systematic_slivers(self):
        path = self.file('systematic', 3 << 20)
        blob = self.client.store(path)
        pairs = {node: self.network.pairs_of(node, blob['blob_id']) for node in range(10)}
        self.assertEqual(sorted(p for owned in pairs.values() for p in owned), list(range(100)))
        systematic = {node: sum(p < PRIMARY_SOURCES for p in owned)
                      for node, owned in pairs.items()}
        worst = sorted(systematic, key=systematic.get)[-3:]
        self.assertGreater(sum(systematic[node] for node in worst), 10)
        for node in worst:
            self.network.kill(node)
        copy, report = self.client.read(blob['blob_id'])
        self.assertGreater(report['slivers']['parity'], 0)
        self.assertTrue(report['decoded'])
        self.assertEqual(sha256(copy), sha256(path))
        # Everything that the client ever wrote is gone; the network's address is enough.
        shutil.rmtree(self.client.home)
        try:
            stranger = Client(self.network, home=os.path.join(scratch('gone'), 'never-made'))
            copy, report = stranger.read(blob['blob_id'])
            self.assertGreater(report['slivers']['parity'], 0)
            self.assertTrue(report['decoded'])
            self.assertEqual(sha256(copy), sha256(path))
        finally:
            os.mkdir(self.client.home)
        for node in worst:
            self.network.run_role(node)
        wait_until(lambda: not self.client.read(blob['blob_id'])[1]['decoded'],
                   'a read without decoding', 30)

    def test_nodes_dead_before_a_store(self):
        for node in (0, 4, 9):
            self.network.kill(node)
        path = self.file('seven', 100_000)
        blob = self.client.store(path)
        self.assertEqual(blob['report']['nodesConfirmed'], 7)
        self.assertGreaterEqual(blob['report']['certificateWeight'], 67)
        self.assertEqual(len(blob['report']['nodeErrors']), 3)
        for name in ('node-00', 'node-04', 'node-09'):
            self.assertTrue([e for e in blob['report']['nodeErrors'] if name in e])
        copy, _ = self.client.read(blob['blob_id'])
        self.assertEqual(sha256(copy), sha256(path))

    def test_nodes_killed_during_a_store(self):
        path = self.file('during', 48 << 20)
        begun = allocated(self.network.home)[1]
        process = self.client.start('store', path, '--epochs', 1)
        # Some 215 MB will be written; kill when a part is.
        wait_until(lambda: allocated(self.network.home)[1] - begun > 30 << 20 or
                   process.poll() is not None, 'the upload has begun', 60, pause=0.005)
        self.assertIsNone(process.poll())
        for node in (1, 5, 8):
            os.kill(self.network.pid(node), signal.SIGKILL)
        outcome = self.client.finish(process)
        self.assertEqual(outcome.code, 0, outcome)
        blob = stored(outcome.json[0])
        self.assertEqual(blob['report']['nodesConfirmed'], 7, blob['report']['nodeErrors'])
        copy, report = self.client.read(blob['blob_id'])
        self.assertEqual(sha256(copy), sha256(path))
        # Back again they take what they miss.
        for node in (1, 5, 8):
            self.network.kill(node)
            self.network.run_role(node)
        self.client.good('store', path, '--epochs', 1, '--force')
        for node in (1, 5, 8):
            pair = self.network.pairs_of(node, blob['blob_id'])[0]
            status, _, _ = call(self.network.node_port(node), 'GET',
                                f'/v1/blobs/{blob["blob_id"]}/slivers/{pair}/primary')
            self.assertEqual(status, 200)

    def test_too_many_dead(self):
        kept_path = self.file('kept', 5000)
        kept = self.client.store(kept_path)
        for node in (2, 3, 6, 7):
            self.network.kill(node)
        path = self.file('not-stored', 5000)
        before = self.client.balance()
        outcome = self.client.run('store', path, '--epochs', 1)
        self.assertEqual(outcome.code, 6, outcome)
        self.assertEqual(outcome.error['code'], 'NETWORK_UNAVAILABLE')
        self.assertIn('does not pay twice', outcome.error['message'])
        paid = before - self.client.balance()
        copy, _ = self.client.read(kept['blob_id'])  # reads need a third only
        self.assertEqual(sha256(copy), sha256(kept_path))
        for node in (2, 3, 6, 7):
            self.network.run_role(node)
        blob = self.client.store(path)
        self.assertEqual(before - self.client.balance(), paid)
        self.assertEqual(blob['report']['nodesConfirmed'], 10)

    def test_node_killed_after_its_confirmation(self):
        """kill -9 of all nodes right after the certificate: nothing acknowledged is lost."""
        path = self.file('acknowledged', 2 << 20)
        blob = self.client.store(path)
        for node in range(10):
            os.kill(self.network.pid(node), signal.SIGKILL)
        for node in range(10):
            self.network.kill(node)
            self.network.run_role(node, wait=False)
        for node in range(10):
            self.network.wait_ready(node)
        copy, _ = self.client.read(blob['blob_id'])
        self.assertEqual(sha256(copy), sha256(path))
        wait_until(lambda: not self.client.read(blob['blob_id'])[1]['decoded'],
                   'a read without decoding', 30)
        again = self.client.store(path)
        self.assertEqual(again['kind'], 'certified')

    def test_frozen_node(self):
        """A node that accepts connections and never answers costs time, not the store."""
        os.kill(self.network.pid(6), signal.SIGSTOP)
        try:
            path = self.file('frozen', 500_000)
            begin = time.monotonic()
            blob = self.client.store(path)
            self.assertGreaterEqual(blob['report']['nodesConfirmed'], 9)
            copy, _ = self.client.read(blob['blob_id'])
            self.assertEqual(sha256(copy), sha256(path))
            self.assertLess(time.monotonic() - begin, 45)
        finally:
            os.kill(self.network.pid(6), signal.SIGCONT)


class DishonestNodes(unittest.TestCase):
    """One of four nodes is replaced by something else behind its own port."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(nodes=4, shards=10, processes=True).start()
        cls.client = cls.network.client()
        cls.folder = scratch('files')
        # A blob of whose systematic slivers (the first four) node 2 holds some.
        while True:
            cls.path = write_random(os.path.join(cls.folder, 'before'), 60_000)
            cls.blob = cls.client.store(cls.path)
            if any(pair < 4 for pair in cls.network.pairs_of(2, cls.blob['blob_id'])):
                break
        # Node 2 moves to another port, with the ledger still naming the old one.
        cls.port = cls.network.node_port(2)
        cls.network.halt(2)
        cls.elsewhere = free_port_base(1)
        cls.text = cls.network.configure(2, port=cls.elsewhere)
        cls.network.run_role(2, wait=False)
        wait_until(lambda: (cls.network.health(2, cls.elsewhere) or {}).get('nodeStatus') ==
                   'Active', 'node 2 is ready', 20)
        cls.tls = tls_of_node(cls.network.directory(2), cls.elsewhere)

    @classmethod
    def tearDownClass(cls):
        cls.network.remove()

    def store_and_read(self, confirmed):
        """Everything works; how many nodes confirmed, and what was said of the others."""
        path = write_random(os.path.join(self.folder, 'file'), 70_000)
        blob = self.client.store(path)
        self.assertEqual(blob['report']['nodesConfirmed'], confirmed, blob['report'])
        for blob_id, original in ((blob['blob_id'], path), (self.blob['blob_id'], self.path)):
            copy, _ = self.client.read(blob_id)
            self.assertEqual(sha256(copy), sha256(original))
        return ' '.join(blob['report']['nodeErrors'])

    def proxy(self, **hooks):
        return HttpProxy(self.elsewhere, self.port, self.tls, **hooks)

    def test_an_honest_proxy_is_unseen(self):
        with self.proxy() as proxy:
            self.assertEqual(self.store_and_read(4), '')
            self.assertGreater(len(proxy.requests), 5)

    def test_garbage(self):
        cases = {
            'no tls': (None, b'garbage garbage garbage\r\n\r\n'),
            'no http': (self.tls, os.urandom(5000)),
            'endless header': (self.tls, b'HTTP/1.1 200 OK\r\nX: ' + b'y' * 200_000),
            'wrong length': (self.tls, b'HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{}'),
            'huge length': (self.tls,
                            b'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n{}'),
            'bad chunks': (self.tls,
                           b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx'),
            'nothing': (self.tls, b''),
        }
        for name, (tls, garbage) in cases.items():
            with self.subTest(name), GarbageServer(self.port, garbage, tls) as server:
                self.assertIn('node-02', self.store_and_read(3))
                if tls:
                    self.assertGreater(server.served, 0)

    def test_false_answers(self):
        random = lambda request: Answer(200, {'Content-Type': 'application/octet-stream'},
                                        os.urandom(30_000))
        cases = {
            'random bytes': random,
            'other json': lambda request: json_answer(200, '{"success":{"code":200,"data":[[]]}}'),
            'html': lambda request: Answer(200, {'Content-Type': 'text/html'}, b'<html>'),
            'errors': lambda request: json_answer(500, '{"error":{}}'),
            'overloaded': lambda request: json_answer(503, 'x' * 500_000),
            'elsewhere': lambda request: Answer(302, {'Location': 'http://127.0.0.1:1/'}, b''),
        }
        for name, answer in cases.items():
            with self.subTest(name), self.proxy(on_request=answer) as proxy:
                self.assertIn('node-02', self.store_and_read(3))
                self.assertGreater(len(proxy.requests), 0)

    def test_false_confirmations(self):
        """Signed statements that are not what was asked for never get into a certificate."""
        kept = []

        def flip_signature(request, answer):
            if 'confirmation' in request.path and answer.status == 200:
                at = answer.body.index(b'"signature":"') + 30
                other = b'A' if answer.body[at:at + 1] != b'A' else b'B'
                answer.body = answer.body[:at] + other + answer.body[at + 1:]

        def of_another_blob(request, answer):
            if 'confirmation' in request.path and answer.status == 200:
                kept.append(answer.body)
                answer.body = kept[0]

        with self.proxy(on_answer=flip_signature):
            self.assertIn('confirmation', self.store_and_read(3))
        with self.proxy(on_answer=of_another_blob):
            self.assertEqual(self.store_and_read(4), '')  # the first is its own
            self.assertIn('confirmation', self.store_and_read(3))

    def test_false_slivers_and_metadata(self):
        """A reader believes nothing: flipped bits are found, and the others' slivers used."""
        touched = []

        def flip(request, answer):
            if request.method == 'GET' and answer.status == 200 and \
                    answer.headers.get('Content-Type') == 'application/octet-stream':
                touched.append(request.path)
                at = len(answer.body) // 2
                answer.body = answer.body[:at] + bytes([answer.body[at] ^ 1]) + answer.body[at + 1:]

        with self.proxy(on_answer=flip):
            for _ in range(8):  # the order of nodes is random
                copy, _ = self.client.read(self.blob['blob_id'])
                self.assertEqual(sha256(copy), sha256(self.path))
        self.assertTrue(touched)  # a node whose metadata is false may not be asked for slivers
        self.assertTrue([path for path in touched if path.endswith('metadata')], touched)

    def test_wrong_tls_key(self):
        """A node with another key than the ledger names is refused by name; the rest suffices."""
        with HttpProxy(self.elsewhere, self.port, tls_of_stranger()) as proxy:
            errors = self.store_and_read(3)
            self.assertIn('node-02', errors)
            self.assertIn('key', errors.lower())
            self.assertEqual(proxy.requests, [])  # nothing was told to the wrong one

    def test_node_run_with_another_tls_key(self):
        """The same with the real program: its network.pem was replaced."""
        path = os.path.join(self.network.directory(2), 'network.pem')
        with open(path) as file:
            before = file.read()
        new_network_key(path)
        moved = self.network.configuration(2)
        with open(moved) as file:
            configuration = file.read()
        self.network.halt(2)
        self.network.restore(2, self.text)
        try:
            self.network.run_role(2)
            errors = self.store_and_read(3)
            self.assertIn('node-02', errors)
            self.assertIn('key', errors.lower())
        finally:
            self.network.halt(2)
            with open(path, 'w') as file:
                file.write(before)
            self.network.restore(2, configuration)
            self.network.run_role(2, wait=False)
            wait_until(lambda: (self.network.health(2, self.elsewhere) or {}).get('nodeStatus') ==
                       'Active', 'node 2 is ready', 20)


class DishonestLedger(unittest.TestCase):
    """Something between a node and the ledger changes the block stream."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(nodes=4, shards=10, processes=True).start()
        cls.client = cls.network.client()
        cls.folder = scratch('files')

    @classmethod
    def tearDownClass(cls):
        cls.network.remove()

    def store(self):
        path = write_random(os.path.join(self.folder, 'file'), 20_000)
        return path, self.client.store(path)

    def lied_to(self, lie, expect=3):
        """Node 1 follows the ledger through a proxy with `lie(flag, payload)` on its frames."""
        active = []

        def on_frame(flag, payload):
            return lie(flag, payload) if active else [(flag, payload)]

        with HttpProxy(self.network.ledger_port, on_frame=on_frame) as proxy:
            self.network.halt(1)
            before = self.network.configure(1, ledger_url=proxy.url)
            try:
                self.network.run_role(1)
                _, blob = self.store()
                self.assertEqual(blob['report']['nodesConfirmed'], 4)  # an honest proxy
                active.append(True)
                path, blob = self.store()
                self.assertEqual(blob['report']['nodesConfirmed'], expect, blob['report'])
                wait_until(lambda: self.network.health(1)['nodeStatus'] == 'LedgerNotTrusted',
                           'health shows it', 10)
                health = call(self.network.node_port(1), 'GET', '/v1/health')[2].decode()
                self.assertIn('block stream not believed', health)
                self.refuses_to_sign(path, blob)
                # The way is honest again: the node goes on by itself.
                active.clear()
                wait_until(lambda: self.network.health(1)['nodeStatus'] == 'Active',
                           'the node trusts again', 20)
                self.assertEqual(self.store()[1]['report']['nodesConfirmed'], 4)
            finally:
                self.network.halt(1)
                self.network.restore(1, before)
                self.network.run_role(1)

    def refuses_to_sign(self, path, blob):
        """Not even for a blob that it holds entirely."""
        status, _, body = call(self.network.node_port(1), 'GET',
                               f'/v1/blobs/{self.known["blob_id"]}/confirmation/deletable/'
                               f'{self.known["object"]}')
        self.assertEqual(status, 503, body)

    def setUp(self):
        _, self.known = self.store()
        status, _, body = call(self.network.node_port(1), 'GET',
                               f'/v1/blobs/{self.known["blob_id"]}/confirmation/deletable/'
                               f'{self.known["object"]}')
        self.assertEqual(status, 200, body)

    @staticmethod
    def change_block(payload, change):
        """Applies `change(number, value)` -> items to the fields of a block; heartbeats stay."""
        fields = rpc.fields(payload)
        if not any(number == 4 for number, _ in fields):
            return payload
        return rpc.message(*[item for number, value in fields for item in change(number, value)])

    def test_inserted_event(self):
        def insert(number, value):
            if number != 5:
                return [(number, value)]
            event = next((v for n, v in rpc.fields(value) if n == 2), None)
            if event is None:
                return [(number, value)]
            return [(number, value + rpc.message((2, event)))]

        self.lied_to(lambda flag, payload: [(flag, self.change_block(payload, insert))])

    def test_removed_event(self):
        def remove(number, value):
            if number != 5:
                return [(number, value)]
            return [(5, rpc.message(*[(n, v) for n, v in rpc.fields(value) if n != 2]))]

        self.lied_to(lambda flag, payload: [(flag, self.change_block(payload, remove))])

    def test_inserted_transaction(self):
        def insert(number, value):
            return [(number, value), (number, value)] if number == 5 else [(number, value)]

        self.lied_to(lambda flag, payload: [(flag, self.change_block(payload, insert))])

    def test_forged_header(self):
        def flip(number, value):
            if number != 4:
                return [(number, value)]
            return [(4, value[:40] + bytes([value[40] ^ 1]) + value[41:])]

        self.lied_to(lambda flag, payload: [(flag, self.change_block(payload, flip))])

    def test_missing_block(self):
        dropped = []

        def drop(flag, payload):
            if any(number == 4 for number, _ in rpc.fields(payload)) and not dropped:
                dropped.append(payload)
                return []
            return [(flag, payload)]

        self.lied_to_once(drop, dropped)

    def lied_to_once(self, lie, done):
        """A lie that heals when the node asks again: it notices, asks again, and goes on."""
        with HttpProxy(self.network.ledger_port, on_frame=lie) as proxy:
            done.append('not yet')
            self.network.halt(1)
            before = self.network.configure(1, ledger_url=proxy.url)
            try:
                self.network.run_role(1)
                done.clear()
                for _ in range(2):
                    self.store()
                self.assertTrue(done)
                wait_until(lambda: self.store()[1]['report']['nodesConfirmed'] == 4,
                           'the node goes on', 30)
            finally:
                self.network.halt(1)
                self.network.restore(1, before)
                self.network.run_role(1)

    def test_ledger_answers_garbage_to_a_client(self):
        path = write_random(os.path.join(self.folder, 'lost'), 1000)
        for garbage in (b'garbage\r\n\r\n', b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n' +
                        b'\0\0\0\0\x05\xff\xff\xff\xff\xff',
                        b'HTTP/1.1 200 OK\r\nContent-Type: application/grpc-web+proto\r\n'
                        b'Content-Length: 5\r\n\r\n\0\xff\xff\xff\xff'):
            with GarbageServer(0, garbage) as server:
                user = Client()
                user.options = ['--network', self.network.network_file(rpc_url=server.url)]
                outcome = user.run('store', path, '--epochs', 1)
                self.assertEqual(outcome.code, 6, outcome)
                self.assertGreater(server.served, 0)


class FullDisk(unittest.TestCase):
    """One node's disk is full: it refuses, the others carry the store, and with room again it
    takes part."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(nodes=4, shards=10, processes=True).start()
        cls.client = cls.network.client()
        cls.folder = scratch('files')

    @classmethod
    def tearDownClass(cls):
        cls.network.remove()

    def store(self, *options, path=None):
        path = path or write_random(os.path.join(self.folder, 'file'), 500_000)
        return path, self.client.store(path, *options)

    def full(self, fill, free, word):
        """Node 3 runs; `fill()` makes its disk full, `free()` gives room again."""
        net = self.network
        _, kept = self.store()
        self.assertEqual(kept['report']['nodesConfirmed'], 4)
        fill()
        path, blob = self.store()
        self.assertEqual(blob['report']['nodesConfirmed'], 3)
        errors = ' '.join(blob['report']['nodeErrors'])
        self.assertIn('node-03', errors)
        self.assertIn(word, errors)
        # In the reference's form, to anyone.
        encoded = Encoded(path, 10)
        status, _, body = call(net.node_port(3), 'PUT', encoded.metadata_path, encoded.metadata)
        self.assertEqual(status, 503, body)
        self.assertIn(b'STORAGE_FULL', body)
        self.assertEqual(net.health(3)['nodeStatus'], 'Active')
        # What it has it serves.
        status, _, _ = call(net.node_port(3), 'GET', f'/v1/blobs/{kept["blob_id"]}/slivers/'
                            f'{net.pairs_of(3, kept["blob_id"])[0]}/primary')
        self.assertEqual(status, 200)
        free()
        _, again = self.store('--force', path=path)
        self.assertEqual(again['report']['nodesConfirmed'], 4, again['report'])
        pair = net.pairs_of(3, blob['blob_id'])[0]
        status, _, body = call(net.node_port(3), 'GET', encoded.path(pair, 'primary'))
        self.assertEqual((status, body), (200, encoded.sliver(pair, 'primary')))
        return encoded, pair

    def test_writes_fail(self):
        """The kernel says at every write of slivers that there is no space."""
        encoded, pair = self.with_failing('pwrite64,pwritev', 'No space left')
        self.network.restart(3)
        status, _, body = call(self.network.node_port(3), 'GET', encoded.path(pair, 'primary'))
        self.assertEqual((status, body), (200, encoded.sliver(pair, 'primary')))

    def with_failing(self, calls, word):
        strace = shutil.which('strace')
        self.assertTrue(strace, 'this test needs strace: ./run setup')
        running = []

        def fill():
            trace = os.path.join(scratch('trace'), 'full')
            running.append(subprocess.Popen(
                [strace, '-f', '-o', trace, '-p', str(self.network.pid(3)), '-e',
                 f'trace={calls}', '-e', f'inject={calls}:error=ENOSPC'],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
            self.assertIn(b'attached', running[0].stderr.readline())

        def free():
            running[0].terminate()
            running[0].communicate(timeout=20)

        return self.full(fill, free, word)

    def test_little_space_left(self):
        """A file system of 300 MiB, of which the node keeps 256 in reserve."""
        storage = os.path.join(self.network.directory(3), 'storage')
        launcher = self.small_disk(storage)
        if subprocess.run([*launcher, 'true'], capture_output=True, check=False).returncode != 0:
            # Nobody may mount here: the kernel cannot say how much is left, which is the same.
            self.with_failing('statfs,fstatfs', 'No space left')
            return
        self.network.halt(3)
        self.network.run_role(3, prefix=launcher)
        inside = f'/proc/{self.network.pid(3)}/root{storage}'
        self.assertTrue(os.path.exists(os.path.join(inside, 'segments')), 'the disk is mounted')
        filler = os.path.join(inside, 'filler')

        def free():
            os.unlink(filler)

        try:
            self.full(lambda: write_random(filler, 45 << 20), free, 'reserve')
        finally:
            self.network.restart(3)

    @staticmethod
    def small_disk(storage):
        """A prefix that runs a command where `storage` is a small file system with a copy of what
        it holds; it is gone when the command ends."""
        unshare = shutil.which('unshare')
        assert unshare, 'needs unshare (util-linux)'
        options = ['--mount'] if os.geteuid() == 0 else ['--mount', '--map-root-user']
        script = ('set -e; copy=$(mktemp -d); cp -a "$0/." "$copy"; '
                  'mount -t tmpfs -o size=300m walrus-test "$0"; cp -a "$copy/." "$0"; '
                  'rm -rf "$copy"; exec "$@"')
        return [unshare, *options, 'sh', '-c', script, storage]


if __name__ == '__main__':
    unittest.main()
