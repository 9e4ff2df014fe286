# SPDX-License-Identifier: Apache-2.0
"""A file stored, certified and read back; both forms of a network."""
import os
import time
import unittest

from network import Network, alive, allocated, scratch, sha256, write_random

MIB = 1 << 20
# spec: all slivers of 64 MiB at n = 100, with the metadata that every node keeps.
ENCODED_64_MIB = 298_000_000


class Flow:
    """The tests of one network; `processes` says in which form it runs."""
    processes = False

    @classmethod
    def setUpClass(cls):
        cls.network = Network(processes=cls.processes).start()
        cls.client = cls.network.client()
        cls.folder = scratch('files')

    @classmethod
    def tearDownClass(cls):
        cls.network.remove()

    def file(self, name, size):
        return write_random(os.path.join(self.folder, name), size)

    def round_trip(self, size, *options):
        path = self.file(f'{size}.bin', size)
        blob = self.client.store(path, *options)
        self.assertEqual(blob['kind'], 'new')
        self.assertEqual(blob['size'], size)
        self.assertEqual(blob['blob']['certifiedEpoch'], 1)
        self.assertGreaterEqual(blob['report']['certificateWeight'], 67)
        copy, report = self.client.read(blob['blob_id'])
        self.assertEqual(sha256(copy), sha256(path))
        self.assertEqual(report['size'], size)
        # Nothing is missing, so nothing need be decoded; a slow machine may ask for some parity.
        self.assertEqual(report['decoded'], report['slivers']['parity'] > 0, report)
        self.assertEqual(report['slivers']['systematic'] > 0, size > 0, report)
        offline = self.client.good('blob-id', path, '--n-shards', 100).json
        self.assertEqual(offline['blobId'], blob['blob_id'])
        return blob

    def test_ready_in_5_seconds(self):
        self.assertLess(self.network.seconds_to_ready, 5.0)

    def test_empty_file(self):
        self.round_trip(0)

    def test_one_byte(self):
        self.round_trip(1)

    def test_one_mebibyte(self):
        self.round_trip(MIB)

    def test_64_mebibytes_and_what_nodes_keep(self):
        before = self.settled()
        blob = self.round_trip(64 * MIB, '--permanent')
        self.assertFalse(blob['blob']['deletable'])
        self.assertEqual(blob['report']['nodesConfirmed'], 10)
        grown = [now - then for now, then in zip(self.settled(), before)]
        for node, size in enumerate(grown):
            self.assertAlmostEqual(size / (ENCODED_64_MIB / 10), 1.0, delta=0.02,
                                   msg=f'node {node} grew by {size}')
        self.assertLessEqual(sum(grown), 4.7 * 64 * MIB)

    def settled(self):
        """Allocated bytes of each node's folder, once they do not change any more."""
        last, since = None, time.monotonic()
        while last is None or time.monotonic() - since < 0.5:
            now = [allocated(self.network.directory(node))[1] for node in range(10)]
            if now != last:
                last, since = now, time.monotonic()
            time.sleep(0.1)
        return last

    def test_file_too_large_for_memory(self):
        """Its slivers wait in a file without a name, and the bytes are the same."""
        little = {'WALRUS_MEMORY_MB': '32'}
        path = self.file('large.bin', 20 * MIB)
        folder = scratch('slivers')
        dry = self.client.good('store', path, '--epochs', 1, '--dry-run', env=little).json[0]
        blob = self.client.store(path, '--scratch', folder, env=little)
        self.assertEqual(blob['kind'], 'new')
        self.assertEqual(blob['blob_id'], dry['blobId'])
        self.assertEqual(os.listdir(folder), [])
        copy, _ = self.client.read(blob['blob_id'])
        self.assertEqual(sha256(copy), sha256(path))
        self.assertEqual(self.client.store(path)['kind'], 'certified')
        status = self.client.good('blob-status', '--file', path, env=little).json
        self.assertEqual(status['blobId'], blob['blob_id'])
        refused = self.client.run('store', path, '--epochs', 1, '--force', '--scratch',
                                  os.path.join(folder, 'nowhere'), env=little)
        self.assertEqual(refused.code, 1, refused)
        self.assertIn('--scratch', str(refused))
        self.assertIn('nowhere', str(refused))

    def test_read_to_standard_output(self):
        path = self.file('out.bin', 5000)
        blob = self.client.store(path)
        process = self.client.start('read', blob['blob_id'], json=False)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        with open(path, 'rb') as file:
            self.assertEqual(out, file.read())

    def test_stored_twice_is_paid_once(self):
        path = self.file('twice.bin', 3000)
        first = self.client.store(path)
        before = self.client.balance()
        second = self.client.store(path)
        self.assertEqual(second['kind'], 'certified')
        self.assertEqual(second['object'], first['object'])
        self.assertEqual(self.client.balance(), before)


class InOneProcess(Flow, unittest.TestCase):
    processes = False

    def test_one_pid(self):
        pids = {self.network.file['ledger_pid'], *(n['pid'] for n in self.network.file['nodes'])}
        self.assertEqual(pids, {self.network.up_pid})


class InProcesses(Flow, unittest.TestCase):
    processes = True

    def test_eleven_pids(self):
        pids = [self.network.file['ledger_pid'], *(n['pid'] for n in self.network.file['nodes'])]
        self.assertEqual(len(set(pids)), 11)
        for pid in pids:
            self.assertTrue(alive(pid), pid)
        with open(f'/proc/{pids[0]}/cmdline', 'rb') as file:
            self.assertIn(b'ledger\0run', file.read())
        for pid in pids[1:]:
            with open(f'/proc/{pid}/cmdline', 'rb') as file:
                self.assertIn(b'node\0run', file.read())
        status = self.network.admin.good('status', '--home', self.network.home).json
        self.assertEqual([role['pid'] for role in status['roles']], pids)
        self.assertTrue(all(role['healthy'] for role in status['roles']))


if __name__ == '__main__':
    unittest.main()
