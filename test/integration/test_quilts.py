# SPDX-License-Identifier: Apache-2.0
"""Quilts: many small files in one blob, stored, listed and read with nodes up, down and frozen. The
bytes are compared with an implementation of docs/formats/quilt.md that shares nothing with ours."""
import base64
import json
import os
import random
import shutil
import signal
import unittest

from network import Network, free_port_base, scratch, wait_until, write_random
from proxy import HttpProxy, tls_of_node

SHARDS, ROWS, COLUMNS = 13, 5, 9  # n, P, S


def uleb(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def text(value):
    raw = value.encode()
    return uleb(len(raw)) + raw


def tag_map(tags):
    entries = sorted((text(k), text(v)) for k, v in tags.items())
    return uleb(len(entries)) + b''.join(k + v for k, v in entries)


def make_quilt(files, rows=ROWS, columns=COLUMNS):
    """The quilt of {identifier: (tags, data)}, by the words of the format page."""
    order = sorted(files, key=str.encode)
    bodies = []
    for name in order:
        tags, data = files[name]
        after = len(text(name)).to_bytes(2, 'little') + text(name)
        if tags:
            after += len(tag_map(tags)).to_bytes(2, 'little') + tag_map(tags)
        after += data
        bodies.append(b'\1' + len(after).to_bytes(4, 'little') + bytes([bool(tags)]) + after)

    def index(ends):
        entries = b''.join(end.to_bytes(2, 'little') + text(name) + tag_map(files[name][0])
                           for name, end in zip(order, ends))
        entries = uleb(len(order)) + entries
        return b'\1' + len(entries).to_bytes(4, 'little') + entries

    symbol = 2
    while True:
        size = rows * symbol
        takes = [-(-len(part) // size) for part in [index([0] * len(order))] + bodies]
        if size >= 5 and takes[0] <= 10 and sum(takes) <= columns:
            break
        symbol += 2
    ends, at = [], takes[0]
    for take in takes[1:]:
        at += take
        ends.append(at)
    regions = b''.join(part.ljust(take * size, b'\0')
                       for part, take in zip([index(ends)] + bodies, takes))
    regions = regions.ljust(columns * size, b'\0')
    return b''.join(regions[c * size + r * symbol:c * size + (r + 1) * symbol]
                    for r in range(rows) for c in range(columns))


class Quilts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.network = Network(nodes=7, shards=SHARDS, processes=True).start()
        cls.user = cls.network.client()
        cls.folder = scratch('quilts')
        rng = random.Random(6)
        cls.files = {'a.txt': ({'language': 'en'}, b'hello'),
                     'b.bin': ({}, rng.randbytes(3000)),
                     'empty': ({'language': 'de', 'kind': 'none'}, b''),
                     'ü/ß.html': ({'language': 'en', 'kind': 'page'}, rng.randbytes(777))}
        cls.quilt = cls.store(cls.files)

    @classmethod
    def tearDownClass(cls):
        cls.network.remove()

    def tearDown(self):
        for node in range(7):
            if self.network.health(node) is None:
                self.network.run_role(node)

    @classmethod
    def command(cls, files, *options):
        """`store-quilt` of {identifier: (tags, data)}; what it prints."""
        folder = scratch('in')
        blobs = []
        for number, (name, (tags, data)) in enumerate(files.items()):
            path = os.path.join(folder, str(number))
            with open(path, 'wb') as file:
                file.write(data)
            blobs.append(json.dumps({'path': path, 'identifier': name, 'tags': tags}))
        return cls.user.good('store-quilt', '--blobs', *blobs, '--epochs', 2, *options).json

    @classmethod
    def store(cls, files, *options):
        out = cls.command(files, *options)
        result = out['blobStoreResult']
        out['id'] = (result['newlyCreated']['blobObject'] if 'newlyCreated' in result
                     else result['alreadyCertified'])['blobId']
        return out

    def fails(self, code, name, *arguments, **options):
        outcome = self.user.run(*arguments, **options)
        self.assertEqual(outcome.code, code, outcome)
        self.assertEqual(outcome.error['code'], name, outcome)
        return outcome.error['message']

    def read(self, *selection):
        """Reads to memory: {identifier: (tags, data)}, and the report."""
        out = self.user.good('read-quilt', *selection).json
        return {entry['identifier']: (entry['tags'], base64.b64decode(entry['blob']))
                for entry in out['retrievedBlobs']}, out

    # -- what is stored

    def test_bytes_and_attribute(self):
        path = os.path.join(scratch('blob'), 'quilt')
        self.user.good('read', self.quilt['id'], '--out', path)
        with open(path, 'rb') as file:
            self.assertEqual(file.read(), make_quilt(self.files))
        blob = self.quilt['blobStoreResult']['newlyCreated']['blobObject']
        shown = self.user.good('get-blob-attribute', blob['id']).json
        self.assertEqual(shown['attribute']['metadata']['contents'],
                         [{'key': '_walrusBlobType', 'value': 'quilt'}])
        entries = self.quilt['storedQuiltBlobs']
        self.assertEqual([e['identifier'] for e in entries], sorted(self.files, key=str.encode))
        for entry in entries:
            raw = base64.urlsafe_b64decode(entry['quiltPatchId'] + '==')
            start, end = entry['range']
            self.assertEqual(raw, base64.urlsafe_b64decode(self.quilt['id'] + '=') + b'\1' +
                             start.to_bytes(2, 'little') + end.to_bytes(2, 'little'))

    def test_quilts_of_others(self):
        """Stored as a plain blob, it is a quilt all the same."""
        rng = random.Random(7)
        for count in range(1, COLUMNS):
            files = {f'{"x" * rng.randrange(60)}{i}': ({'n': str(i)} if rng.randrange(2) else {},
                                                      rng.randbytes(rng.randrange(2000)))
                     for i in range(count)}
            path = os.path.join(self.folder, f'foreign-{count}')
            with open(path, 'wb') as file:
                file.write(make_quilt(files))
            blob = self.user.store(path)
            self.assertEqual(self.read('--quilt-id', blob['blob_id'])[0], files)
            ours = self.command(files, '--dry-run')
            self.assertEqual(ours['quiltBlobOutput']['blobId'], blob['blob_id'])
            self.assertEqual(len(ours['quiltIndex']['V1']['quiltPatches']), count)

    def test_stored_again_costs_nothing(self):
        before = self.user.balance()
        again = self.store(dict(reversed(self.files.items())))
        self.assertEqual(again['id'], self.quilt['id'])
        self.assertIn('alreadyCertified', again['blobStoreResult'])
        self.assertEqual(again['storedQuiltBlobs'], self.quilt['storedQuiltBlobs'])
        self.assertEqual(self.user.balance(), before)

    def test_interrupted_store_continues(self):
        path = write_random(os.path.join(self.folder, 'interrupted'), 5000)
        arguments = ('store-quilt', '--paths', path, '--epochs', 1)
        before = self.user.balance()
        outcome = self.user.run(*arguments, env={'WALRUS_TEST_KILL_AT': 'register-answered'})
        self.assertEqual(outcome.code, -signal.SIGKILL, outcome)
        paid = before - self.user.balance()
        self.assertGreater(paid, 0)
        out = self.user.good(*arguments).json
        self.assertIn('reuseRegistration',
                      out['blobStoreResult']['newlyCreated']['resourceOperation'])
        self.assertEqual(self.user.balance(), before - paid)
        blob = out['blobStoreResult']['newlyCreated']['blobObject']
        shown = self.user.good('get-blob-attribute', blob['id']).json
        self.assertIn('_walrusBlobType', json.dumps(shown))

    # -- folders and files

    def test_folders(self):
        source = scratch('site')
        os.makedirs(os.path.join(source, 'css', 'deep'))
        contents = {'index.html': b'<html>', 'css/main.css': b'body', 'css/deep/x.bin': b'\0' * 99}
        for name, data in contents.items():
            with open(os.path.join(source, name), 'wb') as file:
                file.write(data)
        out = self.user.good('store-quilt', '--paths', source, '--relative-paths', '--epochs',
                             1).json
        quilt = out['blobStoreResult']['newlyCreated']['blobObject']['blobId']
        target = os.path.join(scratch('out'), 'new')
        out = self.user.good('read-quilt', '--quilt-id', quilt, '--out', target).json
        self.assertEqual(out['out'], target)
        self.assertTrue(all('blob' not in entry for entry in out['retrievedBlobs']))
        found = {}
        for root, _, names in os.walk(target):
            for name in names:
                path = os.path.join(root, name)
                with open(path, 'rb') as file:
                    found[os.path.relpath(path, target)] = file.read()
        self.assertEqual(found, contents)
        # By name only, as long as no two are alike.
        out = self.user.good('store-quilt', '--paths', source, '--epochs', 1, '--dry-run').json
        names = [e['identifier'] for e in out['quiltIndex']['V1']['quiltPatches']]
        self.assertEqual(names, ['index.html', 'main.css', 'x.bin'])
        shutil.copy(os.path.join(source, 'index.html'), os.path.join(source, 'css'))
        message = self.fails(2, 'INVALID_ARGUMENT', 'store-quilt', '--paths', source, '--epochs', 1)
        self.assertIn('--relative-paths', message)

    def test_a_quilt_larger_than_memory(self):
        """It is made in a scratch file, and is the same."""
        paths = [write_random(os.path.join(self.folder, f'big-{i}'), 400_000, seed=i)
                 for i in range(3)]
        arguments = ('store-quilt', '--paths', *paths, '--epochs', 1)
        plain = self.user.good(*arguments, '--dry-run').json['quiltBlobOutput']
        self.assertGreater(plain['unencodedSize'], 1_200_000)
        small = {'WALRUS_MEMORY_MB': '7'}  # a sixth of it is less than the quilt
        out = self.user.good(*arguments, '--dry-run', env=small).json['quiltBlobOutput']
        self.assertEqual(out, plain)
        out = self.user.good(*arguments, '--scratch', self.folder, env=small).json
        blob = out['blobStoreResult']['newlyCreated']['blobObject']
        self.assertEqual(blob['blobId'], plain['blobId'])
        target = scratch('out')
        self.user.good('read-quilt', '--quilt-id', blob['blobId'], '--out', target)
        for path in paths:
            with open(path, 'rb') as source, open(os.path.join(target, os.path.basename(path)),
                                                  'rb') as copy:
                self.assertEqual(source.read(), copy.read())
        message = self.fails(1, 'RESOURCES', *arguments, '--force', '--scratch', '/nowhere',
                             env=small)
        self.assertIn('/nowhere', message)

    def test_identifiers_cannot_leave_the_folder(self):
        quilt = self.store({'../evil': ({}, b'x'), 'good': ({}, b'y')})['id']
        target = os.path.join(scratch('out'), 'inner')
        message = self.fails(2, 'INVALID_ARGUMENT', 'read-quilt', '--quilt-id', quilt, '--out',
                             target)
        self.assertIn('evil', message)
        self.assertFalse(os.path.exists(os.path.join(target, '..', 'evil')))
        self.assertEqual(self.read('--quilt-id', quilt, '--identifiers', '../evil')[0],
                         {'../evil': ({}, b'x')})

    def test_limits(self):
        many = {f'{i}': ({}, b'') for i in range(COLUMNS - 1)}
        self.assertEqual(self.read('--quilt-id', self.store(many)['id'])[0], many)
        paths = [write_random(os.path.join(self.folder, f'many-{i}'), 1) for i in range(COLUMNS)]
        message = self.fails(2, 'INPUT_FILE', 'store-quilt', '--paths', *paths, '--epochs', 1)
        self.assertIn('8', message)
        largest = self.user.good('info', 'size').json['maxBlobSizeInQuilt']
        large = write_random(os.path.join(self.folder, 'l'), largest + 1)
        self.fails(2, 'INPUT_FILE', 'store-quilt', '--paths', large, '--epochs', 1)
        os.truncate(large, largest)
        self.user.good('store-quilt', '--paths', large, '--epochs', 1, '--dry-run')

    # -- reading

    def test_all_patches(self):
        files, out = self.read('--quilt-id', self.quilt['id'])
        self.assertEqual(files, self.files)
        self.assertFalse(out['wholeQuilt'])
        blob = self.quilt['blobStoreResult']['newlyCreated']['blobObject']['id']
        self.assertEqual(self.read('--quilt-id', blob)[0], self.files)

    def test_identifiers_and_tags(self):
        files, out = self.read('--quilt-id', self.quilt['id'], '--identifiers', 'empty', 'a.txt')
        self.assertEqual(list(files), ['empty', 'a.txt'])
        self.assertEqual(files['a.txt'], self.files['a.txt'])
        for entry in self.quilt['storedQuiltBlobs']:
            if entry['identifier'] == 'a.txt':
                index_columns = entry['range'][0]
        taken = sum(e['range'][1] - e['range'][0] for e in self.quilt['storedQuiltBlobs']
                    if e['identifier'] in files)
        self.assertEqual(out['slivers'], index_columns + taken)  # and nothing else
        files, _ = self.read('--quilt-id', self.quilt['id'], '--tag', 'language', 'en')
        self.assertEqual(files, {n: f for n, f in self.files.items()
                                 if f[0].get('language') == 'en'})
        message = self.fails(4, 'NOT_FOUND', 'read-quilt', '--quilt-id', self.quilt['id'],
                             '--identifiers', 'a.txt', 'nope', 'neither')
        self.assertIn('nope', message)
        self.assertIn('neither', message)
        self.fails(4, 'NOT_FOUND', 'read-quilt', '--quilt-id', self.quilt['id'], '--tag',
                   'language', 'fr')

    def test_patch_ids(self):
        other = self.store({'other': ({}, b'of another quilt')})
        ids = {e['identifier']: e['quiltPatchId']
               for e in self.quilt['storedQuiltBlobs'] + other['storedQuiltBlobs']}
        files, out = self.read('--quilt-patch-ids', ids['b.bin'])
        self.assertEqual(files, {'b.bin': self.files['b.bin']})
        start, end = next(e['range'] for e in self.quilt['storedQuiltBlobs']
                          if e['identifier'] == 'b.bin')
        self.assertEqual(out['slivers'], end - start)  # no index
        order = ['ü/ß.html', 'other', 'a.txt']
        outcome = self.user.good('read-quilt', '--patch-ids', *[ids[n] for n in order]).json
        self.assertEqual([e['identifier'] for e in outcome['retrievedBlobs']], order)
        # To standard output, one after the other.
        raw = self.user.good('read-quilt', '--patch-ids', ids['a.txt'], ids['other'],
                             json=False).out
        self.assertEqual(raw, 'helloof another quilt')
        # An id that names columns which are no patch, or that are not there.
        raw = base64.urlsafe_b64decode(ids['b.bin'] + '==')
        forge = lambda a, b: base64.urlsafe_b64encode(
            raw[:33] + a.to_bytes(2, 'little') + b.to_bytes(2, 'little')).decode().rstrip('=')
        self.fails(7, 'INTEGRITY', 'read-quilt', '--patch-ids', forge(start + 1, end))
        self.fails(4, 'NOT_FOUND', 'read-quilt', '--patch-ids', forge(start, COLUMNS + 1))
        self.fails(2, 'INVALID_ARGUMENT', 'read-quilt', '--patch-ids', forge(end, start))

    def test_list(self):
        out = self.user.good('list-patches-in-quilt', self.quilt['id']).json['V1']
        self.assertEqual(out['quiltId'], self.quilt['id'])
        listed = [{k: e[k] for k in ('identifier', 'quiltPatchId', 'range')}
                  for e in out['index']['quiltPatches']]
        self.assertEqual(listed, self.quilt['storedQuiltBlobs'])
        self.assertEqual([e['tags'] for e in out['index']['quiltPatches']],
                         [self.files[e['identifier']][0] for e in listed])
        table = self.user.good('resolve-quilt', self.quilt['id'], json=False).out
        self.assertIn('QuiltPatchId', table.splitlines()[0])
        self.assertEqual(len(table.splitlines()), 1 + len(self.files))

    def test_what_is_no_quilt(self):
        for size in (1000, 18 * ROWS * COLUMNS):
            blob = self.user.store(write_random(os.path.join(self.folder, f'plain-{size}'), size))
            self.fails(7, 'INTEGRITY', 'list-patches-in-quilt', blob['blob_id'])
            self.fails(7, 'INTEGRITY', 'read-quilt', '--quilt-id', blob['blob_id'])
        self.fails(4, 'NOT_FOUND', 'list-patches-in-quilt', '123456789')

    # -- nodes that fail

    def holder(self, column):
        """The node that has this column, as secondary sliver of pair n-1-column."""
        return next(node for node in range(7)
                    if SHARDS - 1 - column in self.network.pairs_of(node, self.quilt['id']))

    def test_with_nodes_down(self):
        first = self.holder(0)
        down = {first, next(self.holder(c) for c in range(1, 9) if self.holder(c) != first)}
        for node in down:
            self.network.kill(node)
        selection = ('--quilt-id', self.quilt['id'])
        files, out = self.read(*selection)
        self.assertEqual(files, self.files)
        self.assertTrue(out['wholeQuilt'])
        self.assertIn(f'node-0{first}', out['wholeQuiltReason'])
        for name, content in self.files.items():
            self.assertEqual(self.read(*selection, '--identifiers', name)[0], {name: content})
        quilt = self.store({'stored': ({}, b'with two nodes down')})
        self.assertEqual(self.read('--quilt-id', quilt['id'])[0],
                         {'stored': ({}, b'with two nodes down')})

    def test_with_a_lying_node(self):
        """Slivers that are not what the metadata says are never shown, whoever sent them."""
        node = self.holder(0)
        port, elsewhere = self.network.node_port(node), free_port_base(1)
        self.network.halt(node)
        text = self.network.configure(node, port=elsewhere)
        try:
            self.network.run_role(node, wait=False)
            wait_until(lambda: (self.network.health(node, elsewhere) or {}).get('nodeStatus') ==
                       'Active', 'the node is ready elsewhere', 20)
            tls = tls_of_node(self.network.directory(node), elsewhere)

            def lie(request, answer):
                if request.path.endswith('/secondary') and answer.status == 200:
                    wrong = bytearray(answer.body)
                    wrong[len(wrong) // 2] ^= 1
                    answer.body = bytes(wrong)

            with HttpProxy(elsewhere, port, tls, on_answer=lie):
                files, out = self.read('--quilt-id', self.quilt['id'])
            self.assertEqual(files, self.files)
            self.assertTrue(out['wholeQuilt'])
            self.assertIn('wrong secondary sliver', out['wholeQuiltReason'])
        finally:
            self.network.halt(node)
            self.network.restore(node, text)
            self.network.run_role(node)

    def test_with_a_frozen_node(self):
        node = self.holder(0)
        self.network.signal(node, signal.SIGSTOP)
        try:
            files, out = self.read('--quilt-id', self.quilt['id'])
        finally:
            self.network.signal(node, signal.SIGCONT)
        self.assertEqual(files, self.files)
        self.assertTrue(out['wholeQuilt'])
        wait_until(lambda: not self.read('--quilt-id', self.quilt['id'])[1]['wholeQuilt'],
                   'a read of columns only')
