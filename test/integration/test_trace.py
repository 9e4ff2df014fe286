# SPDX-License-Identifier: Apache-2.0
"""What the system calls of client and node show."""
import os
import re
import shutil
import unittest

from network import Client, Network, scratch, sha256, write_random

CONNECT = re.compile(r'connect\(.*sin_port=htons\((\d+)\)')


def strace():
    program = shutil.which('strace')
    assert program, 'these tests need strace: ./run setup'
    return program


class Connections(unittest.TestCase):
    def test_a_store_goes_to_every_live_node(self):
        net = Network(processes=True).start()
        client = net.client()
        path = write_random(os.path.join(scratch('files'), 'traced'), 1 << 20)
        dead = (3, 7)
        for node in dead:
            net.kill(node)
        trace = os.path.join(scratch('trace'), 'connections')
        process = client.start('store', path, '--epochs', 1,
                               prefix=[strace(), '-f', '-e', 'trace=connect', '-o', trace])
        outcome = client.finish(process)
        self.assertEqual(outcome.code, 0, outcome)
        with open(trace) as file:
            ports = {int(port) for port in CONNECT.findall(file.read())}
        live = {net.node_port(node) for node in range(10) if node not in dead}
        self.assertLessEqual(live, ports)
        self.assertIn(net.ledger_port, ports)
        # And nothing else is asked: neither other ports nor names.
        self.assertLessEqual(ports, {net.port(r) for r in ['ledger', *range(10)]})
        self.assertEqual(outcome.json[0]['report']['nodesConfirmed'], 8)
        net.remove()


class Call:
    """One system call of a trace: when it began and ended, on which descriptor, what it gave."""

    def __init__(self, begin, end, name, text, result):
        self.begin, self.end, self.name, self.text, self.result = begin, end, name, text, result
        found = re.match(r'(\d+)', text)
        self.descriptor = int(found.group(1)) if found else -1


LINE = re.compile(r'^(\d+) +(\d+\.\d+) (.*)$')
DONE = re.compile(r'^(\w+)\((.*)\) += (-?\d+|\?).*?<(\d+\.\d+)>$', re.S)
RESUMED = re.compile(r'^<\.\.\. (\w+) resumed>(.*)\) += (-?\d+|\?).*?<(\d+\.\d+)>$', re.S)


def read_trace(path):
    """The completed calls, in order of their end."""
    out, open_calls = [], {}
    with open(path, errors='replace') as file:
        for line in file:
            found = LINE.match(line.rstrip('\n'))
            if not found:
                continue
            thread, time, text = found.group(1), float(found.group(2)), found.group(3)
            if text.endswith('<unfinished ...>'):
                open_calls[thread] = (time, text[:-len('<unfinished ...>')])
            elif done := DONE.match(text):
                result = -1 if done.group(3) == '?' else int(done.group(3))
                out.append(Call(time, time + float(done.group(4)), done.group(1), done.group(2),
                                result))
            elif (done := RESUMED.match(text)) and thread in open_calls:
                begin, head = open_calls.pop(thread)
                result = -1 if done.group(3) == '?' else int(done.group(3))
                out.append(Call(begin, time, done.group(1), head.split('(', 1)[1] + done.group(2),
                                result))
    return sorted(out, key=lambda call: call.end)


class Durability(unittest.TestCase):
    def test_disk_is_synced_between_last_byte_and_confirmation(self):
        net = Network(nodes=4, shards=10, processes=True).start()
        trace = os.path.join(scratch('trace'), 'node')
        net.halt(0)
        calls = 'recvmsg,recvfrom,sendmsg,sendto,pwrite64,pwritev,fdatasync'
        net.run_role(0, prefix=[strace(), '-f', '-ttt', '-T', '-y', '-s', '200', '-e',
                                'trace=' + calls, '-o', trace])
        # Over plain HTTP the trace can be read.
        client = Client(config=net.client_config('http'),
                        home=scratch('plain'))
        client.options += ['--wallet', os.path.join(client.home, 'wallet.json')]
        client.fund()
        blobs = []
        for number in range(5):
            path = write_random(os.path.join(scratch('files'), 'synced'), 300_000 + number)
            blobs.append(client.store(path))
            self.assertEqual(blobs[-1]['report']['nodesConfirmed'], 4)
        net.stop_own(0)
        done = read_trace(trace)
        self.assertTrue([c for c in done if c.name == 'fdatasync'])
        for blob in blobs:
            self.check(done, blob['blob_id'])
        net.run_role(0)
        copy, _ = client.read(blobs[-1]['blob_id'])
        self.assertEqual(sha256(copy), sha256(path))
        net.remove()

    def check(self, done, blob_id):
        """For one blob: last byte received < written < fdatasync begins and ends < answer."""
        request, last_byte, answered, received = {}, None, None, 0
        for call in done:
            if call.result <= 0:
                continue
            fd = call.descriptor
            if call.name in ('recvmsg', 'recvfrom'):
                if f'GET /v1/blobs/{blob_id}/confirmation' in call.text:
                    request[fd] = 'confirmation'
                elif f'PUT /v1/blobs/{blob_id}/slivers' in call.text:
                    request[fd] = 'sliver'
                elif 'HTTP/1.1' in call.text:
                    request[fd] = 'other'
                if request.get(fd) == 'sliver':
                    last_byte = call.end
                    received += call.result
            elif call.name in ('sendmsg', 'sendto') and request.get(fd) == 'confirmation' \
                    and 'HTTP/1.1 200' in call.text:
                answered = call.begin
                break
        self.assertIsNotNone(last_byte, 'no sliver was received')
        self.assertIsNotNone(answered, 'no confirmation was answered')
        self.assertGreater(received, 200_000)  # a quarter of the slivers at least
        written = [c for c in done if c.name.startswith('pwrite') and '.seg' in c.text and
                   c.end < answered]
        self.assertTrue(written)
        last_write = max(c.end for c in written)
        syncs = [c for c in done if c.name == 'fdatasync' and c.result == 0 and '.seg' in c.text and
                 c.begin >= last_byte and c.begin >= last_write and c.end <= answered]
        self.assertTrue(syncs, f'no fdatasync between {last_byte} and {answered}')


if __name__ == '__main__':
    unittest.main()
