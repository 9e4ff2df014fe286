# SPDX-License-Identifier: Apache-2.0
"""What users do with the command line, and what they do wrong."""
import base64
import json
import os
import pty
import signal
import stat
import subprocess
import time
import unittest

import network
from network import Client, Network, scratch, sha256, stored, wait_until, write_random

LARGEST_AT_10 = 1_834_952  # spec/encoding.md: 4 * 7 * 65534 bytes
LARGEST_AT_100 = 149_286_452


class Commands(unittest.TestCase):
    """A small network that the tests share; every test has a user with money of its own."""

    processes = False

    @classmethod
    def setUpClass(cls):
        cls.network = Network(nodes=4, shards=10, processes=cls.processes).start()
        cls.folder = scratch('files')

    @classmethod
    def tearDownClass(cls):
        cls.network.remove()

    def setUp(self):
        self.user = self.network.client(wallet=True).fund()

    def file(self, name='file', size=1000):
        return write_random(os.path.join(self.folder, name), size)

    def fails(self, code, name, *arguments, user=None, **options):
        """A command that must end with an exit code and an error's name; its message."""
        outcome = (user or self.user).run(*arguments, **options)
        self.assertEqual(outcome.code, code, outcome)
        self.assertEqual(outcome.error['code'], name, outcome)
        self.assertEqual(outcome.error['exitCode'], code)
        self.assertGreater(len(outcome.error['message']), 10)
        return outcome.error['message']

    # -- money

    def test_wallet(self):
        user = self.network.client(wallet=True)
        self.fails(4, 'NOT_FOUND', 'wallet', 'balance', user=user)
        address = user.good('wallet', 'new').json['address']
        path = os.path.join(user.home, 'wallet.json')
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(user.good('wallet', 'address').json['address'], address)
        self.assertEqual(user.balance(), 0)
        user.good('wallet', 'fund')
        funded = user.balance()
        self.assertGreater(funded, 0)
        # Two more keys; money goes there; the first key is chosen again.
        for scheme in ('secp256k1', 'secp256r1'):
            other = user.good('wallet', 'new', '--scheme', scheme).json['address']
            self.assertNotEqual(other, address)
        user.good('wallet', 'use', address)
        self.assertEqual(len(user.good('wallet', 'list').json), 3)
        user.good('wallet', 'send', other, 12345)
        user.good('wallet', 'send', other, '0.5SUI', '--coin', 'sui')
        self.assertEqual(user.balance(), funded - 12345)
        got = user.good('wallet', 'balance', other).json
        self.assertEqual((got['wal'], got['sui']), (12345, 500_000_000))
        # One who is sent money starts with it.
        user.good('wallet', 'send', other, 10**9)
        user.good('wallet', 'use', other)
        blob = user.store(self.file('paid-by-another'))
        self.assertEqual(user.balance(), 10**9 + 12345 - blob['cost'])

    def test_wallet_mistakes(self):
        address = self.user.good('wallet', 'address').json['address']
        self.fails(5, 'INSUFFICIENT_FUNDS', 'wallet', 'send', address, 10**18)
        self.fails(2, 'INVALID_ARGUMENT', 'wallet', 'send', 'nobody', 1)
        self.fails(2, 'INVALID_ARGUMENT', 'wallet', 'send', address, '-1')
        self.fails(2, 'INVALID_ARGUMENT', 'wallet', 'send', address, 'much')
        self.fails(2, 'INVALID_ARGUMENT', 'wallet', 'send', address, 1, '--coin', 'gold')
        self.fails(2, 'INVALID_ARGUMENT', 'wallet', 'new', '--scheme', 'rsa')

    def test_insufficient_funds(self):
        user = self.network.client(wallet=True)
        address = user.good('wallet', 'new').json['address']
        path = self.file('unpaid')
        message = self.fails(5, 'INSUFFICIENT_FUNDS', 'store', path, '--epochs', 1, user=user)
        self.assertIn('fund', message)
        cost = self.user.good('store', path, '--epochs', 1, '--dry-run').json[0]['storageCost']
        self.user.good('wallet', 'send', address, cost - 1)
        self.fails(5, 'INSUFFICIENT_FUNDS', 'store', path, '--epochs', 1, user=user)
        self.assertEqual(user.balance(), cost - 1)
        self.user.good('wallet', 'send', address, 1)
        user.store(path)
        self.assertEqual(user.balance(), 0)

    def test_wrong_key_type(self):
        path = os.path.join(self.user.home, 'wallet.json')
        with open(path) as file:
            keys = file.read()
        blob = self.file('keyless')
        for text, word in ((json.dumps(['BK16OWlBKnHxPp/kEgQMTVXGFTHfqFfl4qkJSYwmrPoJ']), 'key'),
                           (json.dumps(['AAAA']), 'key'), ('{"keys": 7}', 'wallet.json'),
                           ('not json', 'wallet.json')):
            with open(path, 'w') as file:
                file.write(text)
            outcome = self.user.run('store', blob, '--epochs', 1)
            self.assertIn(outcome.code, (2, 7), outcome)
            self.assertIn(word, outcome.error['message'])
        with open(path, 'w') as file:
            file.write(keys)
        self.user.store(blob)

    # -- blobs

    def test_life_of_a_blob(self):
        path = self.file('life')
        blob = self.user.store(path, '--attr', 'kind', 'test', '--attr', 'name', 'a b', epochs=2)
        entries = self.user.good('list-blobs').json
        self.assertEqual([e['id'] for e in entries], [blob['object']])
        attributes = lambda: self.user.good('get-blob-attribute', blob['object']).json
        self.assertEqual(self.pairs(attributes()), {'kind': 'test', 'name': 'a b'})
        self.user.good('set-blob-attribute', blob['object'], '--attr', 'kind', 'other', '--attr',
                       'third', '3')
        self.user.good('remove-blob-attribute-fields', blob['object'], '--keys', 'name')
        self.assertEqual(self.pairs(attributes()), {'kind': 'other', 'third': '3'})
        self.user.good('remove-blob-attribute', blob['object'])

        status = self.user.good('blob-status', '--blob-id', blob['blob_id']).json
        self.assertIn('certified', json.dumps(status).lower())
        before = self.user.balance()
        self.user.good('extend', '--blob-obj-id', blob['object'], '--epochs-extended', 3)
        self.assertLess(self.user.balance(), before)
        entry = self.user.good('list-blobs').json[0]
        self.assertEqual(entry['storage']['endEpoch'], blob['blob']['storage']['endEpoch'] + 3)

        self.user.good('delete', '--blob-ids', blob['blob_id'])
        self.assertEqual(self.user.good('list-blobs').json, [])
        self.fails(4, 'NOT_FOUND', 'read', blob['blob_id'])
        status = self.user.run('blob-status', '--file', path)
        self.assertIn('nonexistent', (status.out + status.err).lower(), status)
        again = self.user.store(path)
        self.assertEqual(again['kind'], 'new')
        self.assertNotEqual(again['object'], blob['object'])

    @staticmethod
    def pairs(document):
        """The attributes that `get-blob-attribute` shows."""
        contents = document['attribute']['metadata']['contents']
        return {entry['key']: entry['value'] for entry in contents}

    def test_shared_blob(self):
        """Shared for good, funded and extended by somebody else, still readable."""
        blob = self.user.store(self.file('shared'), '--permanent', epochs=2)
        shared = self.user.good('share', blob['object'], '--amount', '5 FROST').json
        self.assertEqual(shared['amount'], 5)
        shared = shared['sharedBlobObjectId']
        self.assertEqual(self.user.good('list-blobs').json, [])
        other = self.network.client(wallet=True).fund()
        message = self.fails(5, 'INSUFFICIENT_FUNDS', 'extend', shared, '--shared',
                             '--epochs-extended', 3, user=other)
        self.assertIn('fund-shared-blob', message)
        other.good('fund-shared-blob', '--shared-blob-obj-id', shared, '--amount', '1WAL')
        before = other.balance()
        end = other.good('extend', '--blob-obj-id', shared, '--shared', '--epochs-extended',
                         3).json['endEpoch']
        self.assertEqual(end, blob['blob']['storage']['endEpoch'] + 3)
        self.assertEqual(other.balance(), before)
        found = self.user.good('ledger', 'objects', '--blob-id', blob['blob_id']).json['objects']
        self.assertEqual([o['sharedBlobObjectId'] for o in found], [shared])
        self.assertEqual(found[0]['blob']['storage']['endEpoch'], end)
        for name in (blob['blob_id'], shared):
            self.user.good('read', name, '--out', os.path.join(self.folder, 'again-' + name[-6:]))
        self.fails(2, 'INVALID_ARGUMENT', 'fund-shared-blob', blob['object'], '--amount', 0)
        self.fails(2, 'INVALID_ARGUMENT', 'extend', shared, '--epochs-extended', 1)
        self.fails(4, 'NOT_FOUND', 'share', blob['object'])

    def test_storage_pool(self):
        pool = self.user.good('pool', 'create', '--size', 2_000_000, '--epochs', 2).json
        self.assertEqual((pool['capacity'], pool['used'], pool['blobCount']), (2_000_000, 0, 0))
        self.assertGreater(pool['cost'], 0)
        pool_id = pool['id']
        self.assertEqual([p['id'] for p in self.user.good('pool', 'list').json], [pool_id])
        longer = self.user.good('pool', 'extend', pool_id, '--epochs', 3).json
        self.assertEqual(longer['endEpoch'], pool['endEpoch'] + 3)
        larger = self.user.good('pool', 'increase', pool_id, '--size', 500_000).json
        self.assertEqual(larger['capacity'], 2_500_000)
        smaller = self.user.good('pool', 'decrease', pool_id, '--size', 1_000_000).json
        self.assertEqual(smaller['available'], 1_500_000)
        shown = self.user.good('pool', 'show', pool_id, '--blobs').json
        self.assertEqual((shown['blobs'], shown['endEpoch']), ([], longer['endEpoch']))
        self.fails(2, 'INVALID_ARGUMENT', 'pool', 'create', '--size', 0, '--epochs', 1)
        self.fails(2, 'INVALID_ARGUMENT', 'pool', 'create', '--size', 1, '--epochs', 999)
        self.user.good('pool', 'destroy', pool_id)
        self.assertEqual(self.user.good('pool', 'list').json, [])
        self.fails(4, 'NOT_FOUND', 'pool', 'show', pool_id)

    def test_exchange(self):
        exchange = self.user.good('exchange', 'create').json['id']
        self.user.good('exchange', 'fund', exchange, '--wal', '2WAL')
        rate = self.user.good('exchange', 'set-rate', exchange, 4, 2).json['rate']
        self.assertEqual(rate, {'wal': 4, 'sui': 2})
        before = self.user.balance()
        bought = self.user.good('get-wal', '--exchange-id', exchange, '--amount', 21).json
        self.assertEqual((bought['amountSui'], bought['boughtWal']), (21, 42))
        self.assertEqual(self.user.balance(), before + 42)
        back = self.user.good('exchange', 'for-sui', 9, '--exchange-id', exchange).json
        self.assertEqual((back['amountWal'], back['boughtSui']), (9, 4))
        entry = [e for e in self.user.good('exchange', 'list').json if e['id'] == exchange][0]
        self.assertEqual((entry['wal'], entry['sui']), (2_000_000_000 - 42 + 9, 21 - 4))
        self.fails(2, 'INVALID_ARGUMENT', 'exchange', 'set-rate', exchange, 0, 1)
        outcome = self.user.run('get-wal', '--exchange-id', exchange, '--amount', 2_000_000_000)
        self.assertIn('EInsufficientFundsInExchange', outcome.error['message'])

    def test_permanent_cannot_be_deleted_but_burnt(self):
        blob = self.user.store(self.file('permanent'), '--permanent')
        outcome = self.user.run('delete', '--object-ids', blob['object'])
        self.assertNotEqual(outcome.code, 0, outcome)
        self.assertEqual(len(self.user.good('list-blobs').json), 1)
        self.user.good('burn-blobs', '--object-ids', blob['object'])
        self.assertEqual(self.user.good('list-blobs').json, [])
        copy, _ = self.user.read(blob['blob_id'])  # the data stays to its end
        self.assertEqual(os.path.getsize(copy), 1000)

    def test_list_has_pages(self):
        """More objects than the ledger gives at once, and one command for many files."""
        paths = [self.file(f'page-{i}', 30 + i) for i in range(55)]
        outcome = self.user.good('store', *paths, '--epochs', 1)
        results = [stored(entry) for entry in outcome.json]
        self.assertEqual([r['kind'] for r in results], ['new'] * 55)
        self.assertEqual({e['blobId'] for e in self.user.good('list-blobs').json},
                         {r['blob_id'] for r in results})
        self.assertEqual(len(self.user.good('ls').json), 55)
        self.user.good('burn-blobs', '--all')
        self.assertEqual(self.user.good('list-blobs').json, [])

    def test_some_files_fail(self):
        absent = os.path.join(self.folder, 'absent')
        self.fails(2, 'INPUT_FILE', 'store', self.file('one'), absent, '--epochs', 1)
        self.assertEqual(self.user.good('list-blobs').json, [])  # looked at before any is stored
        outcome = self.user.run('store', self.file('one'), self.file('long', LARGEST_AT_10 + 1),
                                self.file('two'), '--epochs', 1)
        self.assertEqual(outcome.code, 3, outcome)
        kinds = [stored(entry)['kind'] for entry in outcome.json]
        self.assertEqual(kinds, ['new', 'error', 'new'])

    def test_ids_in_any_spelling(self):
        blob = self.user.store(self.file('spelling'))
        number = int.from_bytes(base64.urlsafe_b64decode(blob['blob_id'] + '='), 'little')
        raw = number.to_bytes(32, 'little')
        text = self.user.good('convert-blob-id', blob['blob_id'], json=False).out
        self.assertIn(f' {number}\n', text)
        self.assertIn(f' 0x{raw.hex()}\n', text)
        for spelling in (blob['blob_id'], str(number), '0x' + raw.hex(),
                         '0x' + raw.hex().upper(), base64.b64encode(raw).decode()):
            self.assertEqual(self.user.good('convert-blob-id', spelling).json, blob['blob_id'])
            copy, _ = self.user.read(spelling)
            self.assertEqual(os.path.getsize(copy), 1000)

    def test_ids_that_look_like_something_else(self):
        """A minus is no flag, and 0x no hexadecimal."""
        for text, blob_id in (('minus 108', '-iTim5vzCylbqM4lcB4DFwNUjX7iLpIWBgwncIBAqgI'),
                              ('hexadecimal 3197', '0xqeQb1d4xHyy9p6_E5pLxX0M6xNfsf7kJM57bK3Hco')):
            path = os.path.join(self.folder, 'odd')
            with open(path, 'w') as file:
                file.write(text)
            blob = self.user.store(path)
            self.assertEqual(blob['blob_id'], blob_id)
            copy, _ = self.user.read(blob_id)
            self.assertEqual(sha256(copy), sha256(path))
            self.user.good('blob-status', blob_id)
            self.user.good('delete', '--blob-ids', blob_id)

    def test_human_output(self):
        path = self.file('human')
        text = self.user.good('store', path, '--epochs', 1, json=False).out
        blob_id = self.user.good('blob-id', path).json['blobId']
        self.assertIn(blob_id, text)
        self.assertIn('Success', text)
        self.assertIn('nodes vote on the next epoch', self.user.good('info', json=False).out)
        self.assertIn(blob_id, self.user.good('list-blobs', json=False).out)
        for command in ('store', 'read', 'up', 'wallet', 'extend'):
            self.assertIn(f'walrus {command}', self.user.good(command, '--help', json=False).out)
        version = self.user.good('--version', json=False).out
        self.assertRegex(version, r'(?i)(portable|avx|gfni)')
        for shell in ('bash', 'zsh', 'fish'):
            self.assertIn('blob-status',
                          self.user.good('completion', '--shell', shell, json=False).out)
        outcome = self.user.run('read', 'no-id', json=False)
        self.assertEqual((outcome.code, outcome.out), (2, ''))
        self.assertIn('Error', outcome.err)

    def test_progress_on_a_terminal(self):
        path = self.file('progress', LARGEST_AT_10)
        ours, theirs = pty.openpty()
        process = self.user.start('store', path, '--epochs', 1, json=False, stderr=theirs)
        os.close(theirs)
        process.communicate(timeout=60)
        shown = b''
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:  # the end
            pass
        os.close(ours)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b'%', shown)

    # -- mistakes

    def test_epochs(self):
        path = self.file('epochs')
        for options in (('--epochs', 0), ('--epochs', 54), ('--epochs', 10**12), ('--epochs', -1),
                        ('--epochs', 'few'), (), ('--end-epoch', 1), ('--end-epoch', 1000),
                        ('--epochs', 1, '--end-epoch', 5), ('--earliest-expiry-time', 'tomorrow'),
                        ('--earliest-expiry-time', '2001-01-01T00:00:00Z')):
            self.fails(2, 'INVALID_ARGUMENT', 'store', path, *options)
        self.assertEqual(self.user.good('list-blobs').json, [])
        blob = self.user.store(path, epochs='max')
        self.assertEqual(blob['blob']['storage']['endEpoch'], 1 + 53)
        self.fails(2, 'INVALID_ARGUMENT', 'extend', blob['object'], '--epochs-extended', 0)
        outcome = self.user.run('extend', blob['object'], '--epochs-extended', 1)
        self.assertNotEqual(outcome.code, 0, outcome)

    def test_input_files(self):
        self.fails(2, 'INPUT_FILE', 'store', os.path.join(self.folder, 'absent'), '--epochs', 1)
        self.fails(2, 'INPUT_FILE', 'store', self.folder, '--epochs', 1)
        self.fails(2, 'INPUT_FILE', 'store', '/dev/null', '--epochs', 1)
        # Largest possible and one byte more.
        self.fails(2, 'INPUT_FILE', 'store', self.file('large', LARGEST_AT_10 + 1), '--epochs', 1)
        largest = self.file('largest', LARGEST_AT_10)
        blob = self.user.store(largest)
        copy, _ = self.user.read(blob['blob_id'])
        self.assertEqual(sha256(copy), sha256(largest))
        sparse = os.path.join(self.folder, 'sparse')
        with open(sparse, 'wb') as file:
            file.truncate(LARGEST_AT_100 + 1)
        message = self.fails(2, 'INPUT_FILE', 'blob-id', sparse, '--n-shards', 100)
        self.assertIn(str(LARGEST_AT_100), message.replace(',', ''))

    def test_unreadable_file(self):
        path = self.file('unreadable')
        os.chmod(path, 0)
        if os.access(path, os.R_OK):  # root reads everything: look through another's eyes
            directory = scratch('nobody')
            os.chmod(directory, 0o777)
            for folder in (network.SCRATCH, self.folder):
                os.chmod(folder, 0o755)
            program = os.path.join(directory, 'walrus')
            with open(network.WALRUS, 'rb') as source, open(program, 'wb') as copy:
                copy.write(source.read())
            os.chmod(program, 0o755)
            done = subprocess.run([program, 'blob-id', path, '--n-shards', '10', '--json'],
                                  user=65534, group=65534, capture_output=True, cwd='/',
                                  env={'HOME': directory, 'PATH': os.environ['PATH']}, check=False)
            code, text = done.returncode, (done.stdout + done.stderr).decode()
        else:
            outcome = self.user.run('blob-id', path, '--n-shards', 10)
            code, text = outcome.code, outcome.out + outcome.err
        self.assertEqual(code, 2, text)
        self.assertIn('INPUT_FILE', text)
        self.assertIn('denied', text.lower())

    def test_ids(self):
        unknown = 'A' * 43
        outcome = self.user.run('delete', '--blob-ids', unknown)
        self.assertEqual(outcome.code, 4, outcome)
        self.assertTrue(outcome.json[0]['noBlobFound'])
        for command in (('read', unknown), ('extend', '0x' + '7' * 64, '--epochs-extended', 1),
                        ('get-blob-attribute', '0x' + '7' * 64)):
            self.fails(4, 'NOT_FOUND', *command)
        for bad in ('', 'xyz', 'A' * 42, 'A' * 44, '0x12', '!' * 43, '9' * 100, '-1'):
            for command in ('read', 'blob-status'):
                self.fails(2, 'INVALID_ARGUMENT', command, bad)
        self.fails(2, 'INVALID_ARGUMENT', 'extend', 'zz', '--epochs-extended', 1)
        self.fails(2, 'INVALID_ARGUMENT', 'burn-blobs', '--object-ids', '0xzz')

    def test_usage(self):
        for arguments in ((), ('fly',), ('store',), ('read',), ('wallet',), ('wallet', 'steal'),
                          ('store', '--bogus'), ('info', 'everything'), ('burn-blobs',),
                          ('read', 'A' * 43, '--strict-consistency-check',
                           '--skip-consistency-check')):
            self.fails(2, 'INVALID_ARGUMENT', *arguments)

    def test_no_network(self):
        nobody = Client()
        path = self.file('offline')
        outcome = nobody.run('store', path, '--epochs', 1)
        self.assertNotEqual(outcome.code, 0)
        self.assertIn('walrus up', outcome.error['message'])
        nobody.options = ['--network', self.network.network_file(rpc_url='http://127.0.0.1:9')]
        begin = time.monotonic()
        self.fails(6, 'NETWORK_UNAVAILABLE', 'read', 'A' * 43, user=nobody)
        self.fails(6, 'NETWORK_UNAVAILABLE', 'info', user=nobody)
        self.assertLess(time.monotonic() - begin, 60)
        nobody.options = ['--network', os.path.join(nobody.home, 'absent.json')]
        self.fails(2, 'INVALID_ARGUMENT', 'info', user=nobody)
        # Offline commands do not need one.
        nobody.options = []
        nobody.good('blob-id', path, '--n-shards', 10)

    def test_another_network_than_the_file_says(self):
        nobody = Client()
        chain = '4' * 43
        nobody.options = ['--network', self.network.network_file(chain_id=chain)]
        outcome = nobody.run('info')
        self.assertNotEqual(outcome.code, 0, outcome)
        self.assertIn('chain', outcome.error['message'].lower())

    def test_unwritable_place(self):
        blob = self.user.store(self.file('unwritable'))
        for target in (os.path.join(self.folder, 'absent', 'copy'), self.folder,
                       '/proc/version/copy', '/dev/full'):
            outcome = self.user.run('read', blob['blob_id'], '--out', target)
            self.assertIn(outcome.code, (1, 2), outcome)
            self.assertIn(target, outcome.error['message'])
        full = open('/dev/full', 'wb')
        process = self.user.start('read', blob['blob_id'], json=False, stdout=full)
        _, err = process.communicate(timeout=30)
        full.close()
        self.assertEqual(process.returncode, 1, err)

    def test_read_replaces_whole_files_only(self):
        blob = self.user.store(self.file('replace'))
        folder = scratch('replace')
        target = os.path.join(folder, 'copy')
        with open(target, 'w') as file:
            file.write('old')
        self.fails(4, 'NOT_FOUND', 'read', 'A' * 43, '--out', target)
        with open(target) as file:
            self.assertEqual(file.read(), 'old')
        self.user.good('read', blob['blob_id'], '--out', target)
        self.assertEqual(os.listdir(folder), ['copy'])
        self.assertEqual(os.path.getsize(target), 1000)


class CommandsInProcesses(Commands):
    processes = True


class Interrupted(unittest.TestCase):
    def test_interrupted_read_leaves_nothing(self):
        """A read that hangs half way: nodes answer metadata and then nothing more."""
        net = Network(nodes=4, shards=10, processes=True).start()
        user = net.client()
        path = write_random(os.path.join(scratch('files'), 'hang'), LARGEST_AT_10)
        blob = user.store(path)
        for number in (signal.SIGINT, signal.SIGTERM):
            for node in range(4):
                os.kill(net.pid(node), signal.SIGSTOP)
            folder = scratch('interrupted')
            process = user.start('read', blob['blob_id'], '--out', os.path.join(folder, 'copy'))
            wait_until(lambda: os.listdir(folder) or process.poll() is not None,
                       'the read has begun', 10)
            self.assertIsNone(process.poll())
            self.assertEqual(len(os.listdir(folder)), 1)
            process.send_signal(number)
            process.communicate(timeout=10)
            self.assertEqual(process.returncode, 128 + number)
            self.assertEqual(os.listdir(folder), [])
            for node in range(4):
                os.kill(net.pid(node), signal.SIGCONT)
        copy, _ = user.read(blob['blob_id'])
        self.assertEqual(sha256(copy), sha256(path))
        net.remove()


if __name__ == '__main__':
    unittest.main()
