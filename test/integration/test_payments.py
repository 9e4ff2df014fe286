# SPDX-License-Identifier: Apache-2.0
"""Money and transactions: nothing is paid twice, whatever dies, and nothing false is accepted."""
import base64
import json
import os
import signal
import threading
import unittest

from network import Network, alive, scratch, sha256, stored, wait_until, write_random
from proxy import HttpProxy
import rpc


class Holder:
    """A proxy before the ledger that keeps executeTransaction requests, and may hold the
    `hold`-th of them (counted from 1): 'request' before it arrives, 'answer' after execution."""

    def __init__(self, network, hold=None, what='answer'):
        self.hold, self.what = hold, what
        self.executions = []
        self.over = False
        self.holding, self.release = threading.Event(), threading.Event()
        self.proxy = HttpProxy(network.ledger_port, on_request=self.request, on_answer=self.answer)
        self.file = network.network_file(rpc_url=self.proxy.url)

    def request(self, request):
        if request.path == rpc.EXECUTE:
            self.executions.append(request.body[5:])
            request.number = len(self.executions)
            if self.what == 'request':
                self.wait(request)

    def answer(self, request, answer):
        if request.path == rpc.EXECUTE and self.what == 'answer':
            self.wait(request)

    def wait(self, request):
        if request.number == self.hold:
            self.holding.set()
            self.release.wait(60)
            if self.over:
                raise OSError('held until nobody waits any more')

    def user(self, client):
        """The same user, through this proxy."""
        other = type(client)(home=client.home)
        other.options = ['--network', self.file, *client.options[2:]]
        return other

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over = True
        self.release.set()
        self.proxy.close()


class Payments(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(nodes=4, shards=10, processes=True).start()
        cls.folder = scratch('files')

    @classmethod
    def tearDownClass(cls):
        cls.network.remove()

    def setUp(self):
        self.user = self.network.client(wallet=True).fund()
        self.begun = self.user.balance()

    def file(self, name='file', size=200_000):
        return write_random(os.path.join(self.folder, name), size)

    def cost(self, path):
        return self.user.good('store', path, '--epochs', 1, '--dry-run').json[0]['storageCost']

    def paid_once(self, path):
        """A re-run completes, and all runs together paid for one store."""
        blob = self.user.store(path)
        self.assertEqual(self.begun - self.user.balance(), self.cost(path))
        copy, _ = self.user.read(blob['blob_id'])
        self.assertEqual(sha256(copy), sha256(path))
        entries = self.user.good('list-blobs').json
        self.assertEqual(len(entries), 1)
        self.assertIsNotNone(entries[0]['certifiedEpoch'])

    # -- kill -9 of the client

    def test_killed_when_register_is_sent(self):
        path = self.file()
        self.user.interrupt('register-sent', path)
        self.paid_once(path)

    def test_killed_when_register_is_answered(self):
        path = self.file()
        self.user.interrupt('register-answered', path)
        self.assertEqual(self.begun - self.user.balance(), self.cost(path))
        self.paid_once(path)

    def test_killed_half_uploaded(self):
        path = self.file()
        self.user.interrupt('half-uploaded', path)
        self.paid_once(path)

    def test_killed_before_certify(self):
        path = self.file()
        self.user.interrupt('before-certify', path)
        self.paid_once(path)

    def test_killed_while_an_answer_is_on_its_way(self):
        """From outside: the ledger executed (or did not), the client never heard."""
        for number, what in ((1, 'request'), (1, 'answer'), (2, 'request'), (2, 'answer')):
            with self.subTest(number=number, what=what):
                self.user = self.network.client(wallet=True).fund()
                path = self.file(f'held-{number}-{what}')
                with Holder(self.network, number, what) as holder:
                    process = holder.user(self.user).start('store', path, '--epochs', 1)
                    self.assertTrue(holder.holding.wait(30))
                    process.kill()
                    process.communicate()
                self.paid_once(path)

    def test_killed_without_its_notes(self):
        """The blob objects on the ledger are enough when the client's home is lost."""
        path = self.file()
        self.user.interrupt('register-answered', path)
        wallet = os.path.join(self.user.home, 'wallet.json')
        for root, _, names in os.walk(self.user.home):
            for name in names:
                if os.path.join(root, name) != wallet:
                    os.unlink(os.path.join(root, name))
        self.paid_once(path)

    def test_ledger_silent_for_a_while(self):
        """The answer to the payment is lost with its connection; the client asks again."""
        path = self.file()
        lost = []

        def drop(request):
            if request.path == rpc.EXECUTE and not lost:
                lost.append(rpc.grpc(self.network.ledger_port, rpc.EXECUTE, request.body[5:]))
                raise OSError('connection lost')

        with HttpProxy(self.network.ledger_port, on_request=drop) as proxy:
            user = type(self.user)(home=self.user.home)
            user.options = ['--network', self.network.network_file(rpc_url=proxy.url),
                            *self.user.options[2:]]
            user.store(path)
        self.assertTrue(rpc.success_of(lost[0]))
        self.paid_once(path)

    # -- the same bytes again

    def test_same_bytes_after_kill_of_the_ledger(self):
        path = self.file()
        with Holder(self.network) as holder:
            blob = holder.user(self.user).store(path)
            requests = list(holder.executions)
        self.assertEqual(len(requests), 2)
        digests = [blob['report']['registerTransaction'], blob['report']['certifyTransaction']]
        balance = self.user.balance()
        port = self.network.ledger_port
        # Fields of an answer that do not depend on when it is asked for.
        first = [rpc.grpc(port, rpc.EXECUTE, r) for r in requests]
        head = self.network.health('ledger')['nextBlock']
        self.network.kill('ledger')
        self.network.run_role('ledger')
        for request, digest, before in zip(requests, digests, first):
            again = rpc.grpc(port, rpc.EXECUTE, request)
            self.assertEqual(again.status, 0, again.text)
            self.assertEqual(rpc.digest_of(again), digest)
            self.assertTrue(rpc.success_of(again))
            self.assertEqual(again.body, before.body)
        self.assertEqual(self.user.balance(), balance)
        self.assertEqual(self.network.health('ledger')['nextBlock'], head)

    def test_replayed_while_it_runs(self):
        """The same bytes from ten connections at once: executed once."""
        path = self.file()
        with Holder(self.network, 1, 'request') as holder:
            process = holder.user(self.user).start('store', path, '--epochs', 1)
            self.assertTrue(holder.holding.wait(30))
            request, answers = holder.executions[0], []
            threads = [threading.Thread(target=lambda: answers.append(
                rpc.grpc(self.network.ledger_port, rpc.EXECUTE, request))) for _ in range(10)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
            holder.release.set()
            outcome = self.user.finish(process)
        self.assertEqual(outcome.code, 0, outcome)
        self.assertEqual([a.status for a in answers], [0] * 10)
        self.assertEqual(len({a.body for a in answers}), 1)
        self.paid_once(path)

    # -- two clients with one key

    def test_five_stores_with_one_key_at_once(self):
        paths = [self.file(f'parallel-{i}', 50_000 + i) for i in range(5)]
        costs = sum(self.cost(path) for path in paths)
        running = [self.user.start('store', path, '--epochs', 1) for path in paths]
        outcomes = [self.user.finish(process) for process in running]
        self.assertEqual([o.code for o in outcomes], [0] * 5, '\n'.join(map(str, outcomes)))
        for outcome, path in zip(outcomes, paths):
            copy, _ = self.user.read(stored(outcome.json[0])['blob_id'])
            self.assertEqual(sha256(copy), sha256(path))
        self.assertEqual(self.begun - self.user.balance(), costs)

    def test_one_file_stored_twice_at_once(self):
        """From two homes with one key: both succeed, and the blob is certified."""
        path = self.file('same')
        other = type(self.user)(home=scratch('client'))
        other.options = self.user.options  # the same wallet
        running = [(user, user.start('store', path, '--epochs', 1)) for user in (self.user, other)]
        for user, process in running:
            outcome = user.finish(process)
            self.assertEqual(outcome.code, 0, outcome)
        copy, _ = self.user.read(self.user.good('list-blobs').json[0]['blobId'])
        self.assertEqual(sha256(copy), sha256(path))

    # -- kill -9 of a role in the middle of a store

    def killed_in_the_middle(self, role):
        """Kills a role while the register transaction's answer is held back, restarts it, re-runs."""
        kept_path = self.file('acknowledged')
        kept = self.user.store(kept_path)
        self.begun = self.user.balance()
        path = self.file()
        with Holder(self.network, 1, 'answer') as holder:
            process = holder.user(self.user).start('store', path, '--epochs', 1)
            self.assertTrue(holder.holding.wait(30))
            self.network.kill(role)
            holder.release.set()
            outcome = self.user.finish(process)
        if role == 'ledger':
            self.assertEqual(outcome.code, 6, outcome)
        else:  # the three others carry it
            self.assertEqual(outcome.code, 0, outcome)
            self.assertEqual(stored(outcome.json[0])['report']['nodesConfirmed'], 3)
        self.network.run_role(role)
        for node in range(4):
            self.network.wait_ready(node)
        blob = self.user.store(path)
        self.assertEqual(self.begun - self.user.balance(), self.cost(path))
        for blob_id, original in ((kept['blob_id'], kept_path), (blob['blob_id'], path)):
            copy, _ = self.user.read(blob_id)
            self.assertEqual(sha256(copy), sha256(original))

    def test_ledger_killed_in_the_middle(self):
        self.killed_in_the_middle('ledger')

    def test_node_killed_in_the_middle(self):
        self.killed_in_the_middle(0)

    def test_ledger_killed_under_load(self):
        """Every acknowledged payment is there after a kill -9 at a moment of nobody's choice."""
        paths = [self.file(f'load-{i}', 3000 + i) for i in range(40)]
        process = self.user.start('store', *paths, '--epochs', 1)
        first = self.network.health('ledger')['nextBlock']
        wait_until(lambda: (self.network.health('ledger') or {}).get('nextBlock', 0) > first + 20,
                   'twenty blocks', 30)
        self.network.kill('ledger')
        self.network.run_role('ledger')
        outcome = self.user.finish(process)
        done = [stored(entry) for entry in json.loads(outcome.out)] if outcome.code in (0, 3) else []
        entries = {e['blobId']: e for e in self.user.good('list-blobs').json}
        for result in done:
            if result['kind'] != 'error':
                self.assertIsNotNone(entries[result['blob_id']]['certifiedEpoch'])
        for node in range(4):
            self.network.wait_ready(node)
        self.user.good('store', *paths, '--epochs', 1)
        self.assertEqual(self.begun - self.user.balance(), sum(self.cost(p) for p in paths))

    # -- what the ledger refuses

    def certify_request(self, path):
        """A certify transaction that is ready but was not sent, and the blob's object."""
        with Holder(self.network, 2, 'request') as holder:
            process = holder.user(self.user).start('store', path, '--epochs', 1)
            self.assertTrue(holder.holding.wait(30))
            process.kill()
            process.communicate()
            request = holder.executions[1]
        return rpc.transaction_of(request)

    def key(self):
        with open(os.path.join(self.user.home, 'wallet.json')) as file:
            return rpc.Key(json.load(file)[0])

    def send(self, transaction):
        request = rpc.execute_request(transaction, self.key().sign_transaction(transaction))
        return rpc.grpc(self.network.ledger_port, rpc.EXECUTE, request)

    def test_false_certificates(self):
        """Each changes one thing of a good certify transaction, and is signed rightly."""
        def message_at(tx, blob_id):
            return tx.rindex(b'\x01\x00\x03\x01\x00\x00\x00' + blob_id)

        def at(offset, change):
            def mutate(tx, blob_id):
                position = message_at(tx, blob_id) + offset
                return tx[:position] + bytes([change(tx[position])]) + tx[position + 1:]
            return mutate

        def without_signers(tx, blob_id):
            # The bitmap is the shortest of the three vectors: length 1 for four nodes.
            for bitmap in (b'\x02\x01\x07', b'\x02\x01\x0b', b'\x02\x01\x0d', b'\x02\x01\x0e',
                           b'\x02\x01\x0f'):
                if bitmap in tx:
                    return tx.replace(bitmap, b'\x02\x01\x01', 1)
            raise AssertionError(f'no bitmap in {tx.hex()}')

        def signature(tx, blob_id):
            # The signature: 96 bytes with their length before them.
            position = next(i for i in range(len(tx) - 98) if tx[i:i + 2] == b'\x61\x60')
            return tx[:position + 40] + bytes([tx[position + 40] ^ 1]) + tx[position + 41:]

        changes = {'epoch': at(3, lambda b: b + 1), 'intent': at(0, lambda b: b ^ 2),
                   'blob id': at(7, lambda b: b ^ 1), 'weight': without_signers,
                   'signature': signature}
        for name, mutate in changes.items():
            with self.subTest(name):
                self.user = self.network.client(wallet=True).fund()
                self.begun = self.user.balance()
                path = self.file('uncertified', 500)
                blob_id = base64.urlsafe_b64decode(
                    self.user.good('blob-id', path, '--n-shards', 10).json['blobId'] + '=')
                good = self.certify_request(path)
                bad = mutate(good, blob_id)
                self.assertEqual(len(bad), len(good))
                self.assertNotEqual(bad, good)
                answer = self.send(bad)
                self.assertEqual(answer.status, 0, answer.text)
                self.assertFalse(rpc.success_of(answer))
                entry = self.user.good('list-blobs').json[0]
                self.assertIsNone(entry['certifiedEpoch'])
                # A failure leaves nothing behind: the good one can still be executed.
                self.assertTrue(rpc.success_of(self.send(good)))
                self.assertEqual(self.send(bad).body, answer.body)
                # Now the object has another version: what names the old one is not executed.
                stale = self.send(at(20, lambda b: b ^ 1)(good, blob_id))
                self.assertNotEqual(stale.status, 0)
                self.assertIn('version', stale.text)
                self.paid_once(path)

    def test_expired_transaction(self):
        """A transaction without an own object is bound to epochs: later ones are refused."""
        address = self.user.good('wallet', 'address').json['address']
        with Holder(self.network, 1, 'request') as holder:
            process = holder.user(self.user).start('wallet', 'send', address, 1, '--coin', 'sui')
            self.assertTrue(holder.holding.wait(30))
            process.kill()
            process.communicate()
            good = rpc.transaction_of(holder.executions[0])
        # ValidDuring: epochs 1 to 2, each an Option<u64>, before two empty times and the chain id.
        window = b'\x01' + (1).to_bytes(8, 'little') + b'\x01' + (2).to_bytes(8, 'little')
        self.assertEqual(good.count(window), 1, good.hex())
        for first, last in ((0, 0), (2, 2), (1, 3), (5, 6)):
            with self.subTest(first=first, last=last):
                other = good.replace(window, b'\x01' + first.to_bytes(8, 'little') + b'\x01' +
                                     last.to_bytes(8, 'little'))
                answer = self.send(other)
                self.assertNotIn(answer.status, (None, 0))
                self.assertIn('epoch', answer.text.lower())
        self.assertTrue(rpc.success_of(self.send(good)))

    def test_good_certificate_by_hand(self):
        """What `test_false_certificates` sends is refused for the change, not for the sender."""
        path = self.file('by-hand', 500)
        answer = self.send(self.certify_request(path))
        self.assertTrue(rpc.success_of(answer), rpc.failure_text(answer) if answer.body else answer.text)
        self.assertIsNotNone(self.user.good('list-blobs').json[0]['certifiedEpoch'])

    def test_false_transactions(self):
        port = self.network.ledger_port
        transaction = self.certify_request(self.file('false', 500))
        key = self.key()
        good = key.sign_transaction(transaction)
        blocks = self.network.health('ledger')['nextBlock']
        stranger = rpc.Key(base64.b64encode(b'\0' + os.urandom(32)))
        bad_signature = good[:20] + bytes([good[20] ^ 1]) + good[21:]
        cases = {
            'flipped signature': rpc.execute_request(transaction, bad_signature),
            'another key': rpc.execute_request(transaction, stranger.sign_transaction(transaction)),
            'unknown scheme': rpc.execute_request(transaction, b'\x09' + good[1:]),
            'short signature': rpc.execute_request(transaction, good[:50]),
            'other bytes': rpc.execute_request(transaction + b'\0', good),
            'cut off': rpc.execute_request(transaction[:-5], good),
            'no transaction': b'',
            'garbage': os.urandom(300),
        }
        for name, request in cases.items():
            with self.subTest(name):
                answer = rpc.grpc(port, rpc.EXECUTE, request)
                self.assertNotIn(answer.status, (None, 0), name)
                self.assertTrue(answer.text, name)
        self.assertEqual(self.network.health('ledger')['nextBlock'], blocks)

    def test_transaction_of_another_network(self):
        with Holder(self.network) as holder:
            address = self.user.good('wallet', 'address').json['address']
            holder.user(self.user).good('wallet', 'send', address, 1, '--coin', 'sui')
            request = holder.executions[0]
        other = Network(nodes=4, shards=10).start()
        answer = rpc.grpc(other.ledger_port, rpc.EXECUTE, request)
        self.assertNotIn(answer.status, (None, 0))
        self.assertIn('chain', answer.text.lower())
        other.remove()


if __name__ == '__main__':
    unittest.main()
