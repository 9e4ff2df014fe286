# SPDX-License-Identifier: Apache-2.0
"""`walrus up`, `status`, `down`: one network's folder over its life."""
import http.client
import json
import os
import re
import signal
import socket
import ssl
import stat
import time
import unittest

from network import Client, Encoded, Network, alive, call, scratch, sha256, wait_until, write_random


class Folder(unittest.TestCase):
    """A small network in one process."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(nodes=4, shards=10).start()
        cls.client = cls.network.client()

    @classmethod
    def tearDownClass(cls):
        cls.network.remove()

    def up(self, *options):
        return self.network.admin.run('up', '--background', '--home', self.network.home, *options)

    def test_second_up_names_the_pid(self):
        for options in ((), ('--processes',)):
            outcome = self.up(*options)
            self.assertEqual(outcome.code, 1, outcome)
            self.assertIn(str(self.network.up_pid), outcome.error['message'])
        self.assertEqual(self.network.health('ledger')['status'], 'ok')

    def test_network_file(self):
        path = os.path.join(self.network.home, 'network.json')
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path) as file:
            document = json.load(file)
        self.assertEqual(document, self.network.file)
        for key in ('rpc_url', 'chain_id', 'package_id', 'system_object_id', 'staking_object_id',
                    'wal_type', 'n_shards', 'nodes', 'node_urls', 'funded_key', 'funded_address'):
            self.assertIn(key, document)
        for node in document['nodes']:
            self.assertLessEqual({'id', 'url', 'public_key', 'pid'}, node.keys())
        self.assertEqual(document['node_urls'], [node['url'] for node in document['nodes']])
        self.assertEqual(document['rpc_url'], f'http://127.0.0.1:{self.network.port_base}')
        self.assertEqual([self.network.node_port(i) for i in range(4)],
                         [self.network.port_base + 1 + i for i in range(4)])

    def test_secrets_are_private(self):
        for root, _, names in os.walk(self.network.home):
            for name in names:
                if name.endswith(('.key', '.pem')):
                    mode = stat.S_IMODE(os.stat(os.path.join(root, name)).st_mode)
                    self.assertEqual(mode, 0o600, name)

    def test_restart_continues(self):
        path = write_random(os.path.join(scratch('files'), 'kept'), 20_000)
        before = self.client.balance()
        blob = self.client.store(path, '--permanent')
        paid = before - self.client.balance()
        self.assertEqual(paid, blob['cost'])
        blocks = self.network.health('ledger')['nextBlock']
        chain = self.network.file['chain_id']
        self.network.stop()
        self.assertFalse(os.path.exists(os.path.join(self.network.home, 'network.json'))
                         and alive(self.network.up_pid))
        for options in (('--shards', 13), ('--nodes', 5), ('--port-base', 25000)):
            outcome = self.up(*options)
            self.assertEqual(outcome.code, 2, outcome)
            self.assertIn(options[0], outcome.error['message'])
        self.network.start()
        self.assertLess(self.network.seconds_to_ready, 5.0)
        self.assertEqual(self.network.file['chain_id'], chain)
        self.assertEqual(self.network.ledger_port, self.network.port_base)
        self.assertGreaterEqual(self.network.health('ledger')['nextBlock'], blocks)
        self.assertEqual(self.client.balance(), before - paid)
        copy, _ = self.client.read(blob['blob_id'])
        self.assertEqual(sha256(copy), sha256(path))
        again = self.client.store(path, '--permanent')
        self.assertEqual(again['kind'], 'certified')
        # The other form, on the same folder.
        self.network.stop()
        self.network.processes = True
        self.network.start()
        try:
            copy, _ = self.client.read(blob['blob_id'])
            self.assertEqual(sha256(copy), sha256(path))
        finally:
            self.network.stop()
            self.network.processes = False
            self.network.start()

    def test_status_and_health(self):
        status = self.network.admin.good('status', '--home', self.network.home).json
        self.assertEqual([role['name'] for role in status['roles']],
                         ['ledger', 'node-00', 'node-01', 'node-02', 'node-03'])
        self.assertTrue(all(role['healthy'] for role in status['roles']))
        text = self.network.admin.good('status', '--home', self.network.home, json=False).out
        self.assertIn('node-03', text)
        self.client.good('health')

    def test_metrics(self):
        self.client.store(write_random(os.path.join(scratch('files'), 'm'), 100))
        for role in ('ledger', 0, 3):
            status, headers, body = call(self.network.port(role), 'GET', '/metrics')
            self.assertEqual(status, 200)
            self.assertIn('text/plain', headers['Content-Type'])
            samples = re.findall(rb'(?m)^walrus_\w+(?:\{[^}]*\})? [0-9.eE+-]+$', body)
            self.assertGreater(len(samples), 5, body[:300])

    def test_idle_means_no_blocks(self):
        before = self.network.health('ledger')['nextBlock']
        time.sleep(1.0)
        self.assertEqual(self.network.health('ledger')['nextBlock'], before)

    def test_home_of_another_format_is_refused(self):
        home = os.path.join(scratch('format'), 'home')
        os.mkdir(home)
        with open(os.path.join(self.network.home, 'localnet.yaml')) as file:
            text = file.read()
        with open(os.path.join(home, 'localnet.yaml'), 'w') as file:
            file.write(text.replace('format: 1', 'format: 99'))
        outcome = self.network.admin.run('up', '--background', '--home', home)
        self.assertNotEqual(outcome.code, 0)
        self.assertIn('99', outcome.error['message'])


class Life(unittest.TestCase):
    """Networks of their own, short ones."""

    def test_free_ports(self):
        net = Network(nodes=4, shards=10, port_base=0).start()
        ports = [net.ledger_port, *(net.node_port(i) for i in range(4))]
        self.assertEqual(len(set(ports)), 5)
        net.stop()
        net.start()
        self.assertEqual([net.ledger_port, *(net.node_port(i) for i in range(4))], ports)
        net.remove()

    def test_port_in_use(self):
        net = Network(nodes=4, shards=10)
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(('127.0.0.1', net.port_base + 2))
            taken.listen()
            outcome = net.admin.run('up', '--background', '--home', net.home, '--nodes', 4,
                                    '--shards', 10, '--port-base', net.port_base)
            self.assertNotEqual(outcome.code, 0)
            self.assertIn(str(net.port_base + 2), outcome.error['message'])

    def test_bad_options(self):
        user = Client()
        for options in (('--nodes', 0), ('--shards', 3), ('--nodes', 11, '--shards', 10),
                        ('--port-base', 65535), ('--nodes', 'ten'), ('--shards', 5000)):
            home = os.path.join(user.home, 'refused')
            outcome = user.run('up', '--background', '--home', home, *options)
            self.assertEqual(outcome.code, 2, outcome)
            self.assertFalse(os.path.exists(os.path.join(home, 'localnet.yaml')))

    def test_down_and_status_without_a_network(self):
        user = Client()
        for command in ('down', 'status'):
            outcome = user.run(command, '--home', os.path.join(user.home, 'none'))
            self.assertEqual(outcome.code, 4, outcome)
            self.assertEqual(outcome.error['code'], 'NOT_FOUND')

    def test_foreground_prints_ready_and_ends_by_signal(self):
        for number, processes in ((signal.SIGTERM, False), (signal.SIGINT, True)):
            net = Network(nodes=4, shards=10, processes=processes)
            arguments = ['up', '--home', net.home, '--nodes', 4, '--shards', 10, '--port-base',
                         net.port_base] + (['--processes'] if processes else [])
            begin = time.monotonic()
            process = net.admin.start(*arguments, json=False)
            line = process.stdout.readline().decode()
            self.assertTrue(line.startswith('ready'), line)
            self.assertLess(time.monotonic() - begin, 5.0)
            with open(os.path.join(net.home, 'network.json')) as file:
                net.file = json.load(file)
            pids = {net.file['ledger_pid'], *(node['pid'] for node in net.file['nodes'])}
            self.assertEqual(len(pids), 5 if processes else 1)
            process.send_signal(number)
            process.communicate(timeout=30)
            self.assertIn(process.returncode, (0, 128 + number))
            for pid in pids:
                wait_until(lambda: not alive(pid), f'{pid} has ended', 5)

    def test_term_drains(self):
        """What is on its way when the signal comes is done, and answered."""
        net = Network(nodes=4, shards=10, processes=True).start()
        path = write_random(os.path.join(scratch('files'), 'draining'), 50_000)
        encoded = Encoded(path, 10)
        net.client().register_only(path)
        with socket.create_connection(('127.0.0.1', net.node_port(0)), timeout=20) as connection:
            head = (f'PUT {encoded.metadata_path} HTTP/1.1\r\nHost: x\r\n'
                    f'Content-Length: {len(encoded.metadata)}\r\n\r\n')
            connection.sendall(head.encode() + encoded.metadata[:100])
            time.sleep(0.3)  # it is being received
            os.kill(net.pid(0), signal.SIGTERM)
            time.sleep(0.3)
            connection.sendall(encoded.metadata[100:])
            self.assertIn(b' 201 ', connection.recv(1000).split(b'\r\n')[0])
        wait_until(lambda: not alive(net.pid(0)), 'the node has stopped', 10)
        net.run_role(0)
        status, _, body = call(net.node_port(0), 'GET', encoded.metadata_path)
        self.assertEqual(status, 200)
        self.assertEqual(body[32:], encoded.metadata)
        net.remove()

    def test_plain_http_needs_the_flag(self):
        net = Network(nodes=4, shards=10, processes=True).start()
        net.restart(1, insecure=False, wait=False)
        process = net.own[1]
        try:
            def refused():
                """An answer that is none, from a node that listens."""
                try:
                    self.assertNotEqual(call(net.node_port(1), 'GET', '/v1/health')[0], 200)
                except ConnectionRefusedError:
                    return False
                except (http.client.HTTPException, OSError):
                    pass
                return True

            wait_until(refused, 'the node listens', 20)
            context = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection('127.0.0.1', net.node_port(1),
                                                     context=context, timeout=10)
            connection.request('GET', '/v1/health')
            self.assertEqual(connection.getresponse().status, 200)
            connection.close()
            path = write_random(os.path.join(scratch('files'), 'tls'), 1000)
            self.assertEqual(net.client().store(path)['report']['nodesConfirmed'], 4)
            self.assertIsNone(process.poll())
        finally:
            net.remove()

    def test_bare_roles_tell_what_is_missing(self):
        user = Client()
        for kind in ('ledger', 'node'):
            outcome = user.run(kind, 'run', '--home', os.path.join(user.home, 'nothing'))
            self.assertEqual(outcome.code, 4, outcome)
            outcome = user.run(kind, 'run')
            self.assertEqual(outcome.code, 2, outcome)


if __name__ == '__main__':
    unittest.main()
