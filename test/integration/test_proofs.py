# SPDX-License-Identifier: Apache-2.0
"""`walrus ledger`: what the ledger says about itself, and proofs that are checked alone."""
import base64
import hashlib
import os
import random
import shutil
import subprocess
import unittest

from network import Client, Network, scratch, write_random


def no_network():
    """A prefix that runs a program without any network."""
    for prefix in (['unshare', '-n'], ['unshare', '-rn']):
        if shutil.which(prefix[0]) and subprocess.run([*prefix, 'true'], check=False,
                                                      stderr=subprocess.DEVNULL).returncode == 0:
            return prefix
    # Where namespaces are forbidden: no system call may make a socket.
    program = shutil.which('strace')
    assert program, 'these tests need unshare or strace: ./run setup'
    return [program, '-f', '-o', '/dev/null', '-e', 'inject=socket:error=EPERM']


def shown_package(net):
    return net.file['package_id']


def with_checksum(data):
    return data[:-32] + hashlib.blake2b(data[:-32], digest_size=32).digest()


class Proofs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(nodes=4, shards=10).start()
        cls.client = cls.network.client()
        cls.folder = scratch('proofs')
        path = write_random(os.path.join(cls.folder, 'file'), 100_000)
        cls.stored = cls.client.store(path, epochs=2)
        cls.status = cls.client.good('ledger', 'status').json
        cls.key = cls.status['sequencerKey']
        events = cls.client.good('ledger', 'events', '--type', 'BlobCertified').json['events']
        cls.transaction = events[0]['transaction']
        cls.files = {}
        owner = cls.client.good('wallet', 'address').json['address']
        for name, subject in {
                'object': ('--object', cls.stored['object']),
                'absence': ('--object', '0x' + '77' * 32),
                'balance': ('--balance', owner),
                'no-balance': ('--balance', '0x' + '88' * 32, '--coin', 'sui'),
                'supply': ('--parameter', 'wal_supply'),
                'effects': ('--tx', cls.transaction),
                'event': ('--event', cls.transaction + ':0')}.items():
            cls.files[name] = os.path.join(cls.folder, name + '.wproof')
            cls.client.good('ledger', 'proof', *subject, '--out', cls.files[name])
        cls.stranger = Client()  # has neither network nor configuration

    @classmethod
    def tearDownClass(cls):
        cls.network.remove()

    def verify(self, path, *options, key=None, **more):
        return self.stranger.run('ledger', 'verify', path, '--trust', key or self.key, *options,
                                 **more)

    def test_every_kind_holds_without_a_network(self):
        prefix = no_network()
        claims = {}
        for name, path in self.files.items():
            outcome = self.verify(path, prefix=prefix)
            self.assertEqual(outcome.code, 0, outcome)
            self.assertEqual(outcome.json['chainId'], self.status['chainId'])
            claims[name] = outcome.json
            self.assertLess(os.path.getsize(path), 4000)
        self.assertEqual(claims['absence']['claim'], 'no object')
        self.assertEqual(claims['object']['object'], self.stored['object'])
        self.assertEqual(claims['balance']['balance'], self.client.balance())
        self.assertEqual(claims['no-balance']['balance'], 0)
        self.assertEqual(claims['event']['transaction'], self.transaction)
        self.assertTrue(claims['event']['type'].endswith('::events::BlobCertified'))
        self.assertEqual(claims['effects']['status'], 'success')

    def test_one_wrong_byte_anywhere_exits_7(self):
        # Every byte of every kind is changed in src/proof/proof_file_test.cpp; here a sample goes
        # through the program, also behind a checksum that fits.
        source = random.Random(7)
        bad = os.path.join(self.folder, 'bad.wproof')
        for name, path in self.files.items():
            with open(path, 'rb') as file:
                data = file.read()
            for place in source.sample(range(len(data)), 40):
                changed = bytearray(data)
                changed[place] ^= 1 << source.randrange(8)
                for content in (bytes(changed), with_checksum(bytes(changed))):
                    if content == data:
                        continue
                    with open(bad, 'wb') as file:
                        file.write(content)
                    outcome = self.verify(bad)
                    self.assertEqual(outcome.code, 7, f'{name} byte {place}: {outcome}')
            with open(bad, 'wb') as file:
                file.write(data[:-1])
            self.assertEqual(self.verify(bad).code, 7)

    def test_only_the_trusted_key_and_chain_count(self):
        path = self.files['object']
        other = base64.b64encode(os.urandom(32)).decode()
        self.assertEqual(self.verify(path, key=other).code, 7)
        self.assertEqual(self.verify(path, key=base64.b64decode(self.key).hex()).code, 0)
        self.assertEqual(self.verify(path, '--chain', self.status['chainId']).code, 0)
        self.assertEqual(self.verify(path, '--chain', self.transaction).code, 7)
        self.assertEqual(self.verify(path, key='no-key').code, 2)
        self.assertEqual(self.stranger.run('ledger', 'verify', path).code, 2)
        self.assertEqual(self.verify(path + '.none').code, 4)

    def test_what_the_ledger_shows(self):
        self.assertEqual(self.status['epoch'], 1)
        self.assertEqual(len(self.status['stateRoot']), 64)
        shown = self.client.good('ledger', 'object', self.stored['object']).json
        self.assertTrue(shown['type'].endswith('::blob::Blob'))
        self.assertEqual(self.client.run('ledger', 'object', '0x' + '77' * 32).code, 4)
        shown = self.client.good('ledger', 'tx', self.transaction).json
        self.assertEqual(shown['status'], 'success')
        self.assertIn(self.stored['object'], [o['id'] for o in shown['changedObjects']])
        unknown = 'F1RK3tyuB8vF1AF5kMVS3UWaoQLHn5jNC6WxTbxW67ya'
        self.assertEqual(self.client.run('ledger', 'tx', unknown).code, 4)
        self.assertEqual(self.client.run('ledger', 'tx', 'no digest').code, 2)
        blobs = self.client.good('ledger', 'objects', '--blob-id', self.stored['blob_id']).json
        self.assertEqual([b['id'] for b in blobs['objects']], [self.stored['object']])
        ending = self.client.good('ledger', 'objects', '--ending-by', 3).json['objects']
        self.assertEqual([b['id'] for b in ending], [self.stored['object']])
        self.assertEqual(self.client.good('ledger', 'objects', '--ending-by', 2).json['objects'],
                         [])
        pools = self.client.good('ledger', 'objects', '--type',
                                 shown_package(self.network) + '::staking_pool::StakingPool').json
        self.assertEqual(len(pools['objects']), 4)
        committee = self.client.good('ledger', 'committee').json
        self.assertEqual(committee['digest'], self.status['committeeDigest'])
        self.assertEqual(sorted(s for m in committee['members'] for s in m['shards']),
                         list(range(10)))
        self.assertEqual(self.client.run('ledger', 'committee', '--epoch', 9).code, 4)
        first = self.client.good('ledger', 'events', '--limit', 1).json
        self.assertEqual((len(first['events']), first['more']), (1, True))
        second = self.client.good('ledger', 'events', '--cursor', first['cursor']).json
        self.assertEqual((second['events'][0]['transaction'], second['more']),
                         (self.transaction, False))
        self.assertEqual(
            self.client.run('ledger', 'proof', '--event', self.transaction + ':5').code, 4)
        self.assertEqual(self.client.run('ledger', 'proof', '--event', self.transaction).code, 2)
        self.assertEqual(self.client.run('ledger', 'proof').code, 2)


class Check(unittest.TestCase):
    def test_a_stopped_ledger_is_recomputed(self):
        network = Network(nodes=4, shards=10).start()
        path = write_random(os.path.join(scratch('files'), 'file'), 10_000)
        client = network.client()
        client.store(path)
        root = client.good('ledger', 'status').json['stateRoot']
        running = client.run('ledger', 'check', network.home)
        self.assertEqual(running.code, 1, running)
        network.stop()
        for directory in (network.home, os.path.join(network.home, 'ledger')):
            outcome = client.good('ledger', 'check', directory)
            self.assertEqual(outcome.json['stateRoot'], root)
            self.assertEqual(outcome.json['blocks'], 2)
        self.assertEqual(client.run('ledger', 'check', scratch('empty')).code, 4)
        network.start()
        network.remove()
