# SPDX-License-Identifier: Apache-2.0
"""A ledger that is killed and stopped again and again, also while it opens its database, keeps what
it has acknowledged; two ledgers never share a directory."""
import json
import random
import signal
import subprocess
import time
import unittest

import network
from network import Network, call

ROUNDS = 40
SEED = 20
FAUCET_WAL = 1000 * 10**9


class LedgerRestarts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(nodes=4, shards=10, processes=True).start()
        cls.client = cls.network.client()

    @classmethod
    def tearDownClass(cls):
        cls.network.remove()

    def pay(self):
        """One payment to the funded account. True: acknowledged; false: refused, nothing done."""
        body = json.dumps({'recipient': self.network.file['funded_address']})
        status, _, _ = call(self.network.ledger_port, 'POST', '/faucet', body=body.encode(),
                            headers={'Content-Type': 'application/json'}, timeout=10)
        return status == 200

    def second_ledger(self):
        return subprocess.run([network.WALRUS, 'ledger', 'run', '--home', self.network.directory('ledger')],
                              capture_output=True, text=True, timeout=30, check=False,
                              env=self.network.admin.environment())

    def test_second_ledger_on_one_directory_names_the_pid(self):
        before = self.client.balance()
        second = self.second_ledger()
        self.assertEqual(second.returncode, 1, second)
        self.assertIn(str(self.network.pid('ledger')), second.stderr)
        self.assertTrue(self.pay())
        self.assertEqual(self.client.balance(), before + FAUCET_WAL)

    def test_killed_and_stopped_at_any_time(self):
        chance = random.Random(SEED)
        least = self.client.balance()
        self.network.halt('ledger')
        for number in range(ROUNDS):
            end = chance.choice([signal.SIGKILL, signal.SIGTERM])
            if chance.random() < 0.3:  # while it opens
                process = self.network.run_role('ledger', wait=False)
                time.sleep(chance.random() * 0.15)
                self.assertIsNone(process.poll(), self.network.log_tail('ledger'))
                process.send_signal(end)
                process.wait(20)
                self.network.own.pop('ledger')
                continue
            process = self.network.run_role('ledger')
            balance = self.client.balance()
            self.assertEqual(balance, least, f'round {number}: acknowledged payments are there')
            for _ in range(chance.randrange(4)):
                least += FAUCET_WAL if self.pay() else 0
            if chance.random() < 0.3:
                self.assertNotEqual(self.second_ledger().returncode, 0)
            process.send_signal(end)
            process.wait(20)
            self.network.own.pop('ledger')
        self.network.run_role('ledger')
        self.assertEqual(self.client.balance(), least)
