# SPDX-License-Identifier: Apache-2.0
"""Epochs that change by themselves, stakes, and what operators of nodes do on the ledger."""
import os
import time
import unittest

from network import Network, scratch, sha256, wait_until, write_random

WAL = 1_000_000_000


class Epochs(unittest.TestCase):
    """A small network with epochs of ten seconds. Tests wait for epochs, never for each other."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(nodes=4, shards=10, epoch_duration='10s').start()
        cls.user = cls.network.client()

    @classmethod
    def tearDownClass(cls):
        cls.network.remove()

    def epoch(self):
        return self.user.good('info', 'epoch').json['currentEpoch']

    def wait_epoch(self, epoch):
        wait_until(lambda: self.epoch() >= epoch, f'epoch {epoch}', timeout=120, pause=0.5)

    def nodes(self):
        return self.user.good('info', 'committee').json['currentStorageNodes']

    def stakes(self):
        return {s['id']: s for s in self.user.good('list-staked').json['stakedWals']}

    def test_idle_network_changes_epochs(self):
        begin = self.epoch()
        time.sleep(1)
        self.wait_epoch(begin + 2)
        events = self.user.good('ledger', 'events', '--limit', 1000).json['events']
        done = [e for e in events if e['type'].endswith('::events::EpochChangeDone')]
        self.assertGreaterEqual(len(done), 2)

    def test_blobs_outlive_epochs(self):
        path = write_random(os.path.join(scratch('blob'), 'data'), 50_000)
        blob = self.user.store(path, epochs=20)
        node = self.nodes()[0]['nodeId']
        self.user.good('stake', '--node-id', node, '--amount', '2000WAL')
        before = {n['nodeId']: n['nShards'] for n in self.nodes()}
        self.wait_epoch(self.epoch() + 2)
        after = {n['nodeId']: n['nShards'] for n in self.nodes()}
        self.assertGreater(after[node], before[node])
        self.assertEqual(sum(after.values()), 10)
        out, _ = self.user.read(blob['blob_id'])
        self.assertEqual(sha256(out), sha256(path))

    def test_stake_and_withdraw(self):
        node = self.nodes()[1]['nodeId']
        made = self.user.good('stake', '--node-id', node, '--amount', '5WAL').json['stakedWal']
        self.assertEqual([(s['node_id'], s['principal'], s['state']) for s in made],
                         [(node, 5 * WAL, 'Staked')])
        stake = made[0]['id']
        self.assertIn(stake, self.stakes())
        self.assertIn('5', self.user.good('list-staked', json=False).out)
        self.wait_epoch(made[0]['activation_epoch'])
        asked = self.user.good('unstake', stake).json['stakedWals'][0]
        self.wait_epoch(asked['state']['Withdrawing']['withdraw_epoch'])
        done = self.user.good('withdraw', stake).json
        self.assertEqual(done['stakedWalIds'], [stake])
        self.assertGreaterEqual(done['paid'], 5 * WAL)
        self.assertNotIn(stake, self.stakes())

    def test_stakes_refused(self):
        node = self.nodes()[0]['nodeId']
        self.assertEqual(self.user.run('stake', '--node-id', node, '--amount', '5').code, 2)
        self.assertEqual(self.user.run('stake', '--node-id', 'x').code, 2)
        self.assertEqual(self.user.run('stake').code, 2)
        self.assertEqual(self.user.run('withdraw', '0x' + '1' * 64).code, 4)
        self.assertEqual(self.user.run('unstake', '0x' + '1' * 64).code, 4)
        self.assertEqual(
            self.user.run('stake', '--node-id', node, '--amount', '900000000WAL').code, 5)

    def test_register_vote_and_collect(self):
        folder = os.path.join(self.network.home, 'node-00')
        keys = ['--protocol-key', os.path.join(folder, 'protocol.key'),
                '--network-key', os.path.join(folder, 'network.pem')]
        made = self.user.good('node', 'register', '--name', 'mine', '--address', '127.0.0.1:9',
                              '--commission-rate', 500, *keys).json
        voted = self.user.good('node', 'vote', '--node-id', made['nodeId'], '--storage-price', 7,
                               '--node-capacity', 1000).json
        self.assertEqual((voted['storagePrice'], voted['nodeCapacity']), (7, 1000))
        self.assertEqual(voted['commissionRate'], 500)
        paid = self.user.good('node', 'collect-commission', '--node-id', made['nodeId']).json
        self.assertEqual(paid['collected'], 0)
        self.assertEqual(self.user.run('node', 'vote', '--node-id', made['nodeId']).code, 2)
        self.assertEqual(self.user.run('node', 'vote', '--storage-price', 7, '--node-id',
                                       '0x' + '1' * 64).code, 4)

    def test_another_duration_is_refused(self):
        outcome = self.network.admin.run('up', '--background', '--home', self.network.home,
                                         '--epoch-duration', '20s')
        self.assertNotEqual(outcome.code, 0)
        for wrong in ('20', 'x', '1s', '99999999999999999999d'):
            outcome = self.network.admin.run('up', '--background', '--home',
                                             os.path.join(scratch('other'), 'home'),
                                             '--epoch-duration', wrong)
            self.assertEqual(outcome.code, 2, outcome)
