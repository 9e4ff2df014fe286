// SPDX-License-Identifier: Apache-2.0
// Many small files in one blob (quilts), by the official client and by ours.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { WalrusFile } from '@mysten/walrus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { fundedKey, randomBytes, transports, walrusClient } from './support/clients.js';
import { Network, program } from './support/network.js';

let network: Network;
beforeAll(async () => {
	network = await Network.start({ nodes: 7, shards: 28 });
});
afterAll(() => network?.stop());

describe.each(transports)('over %s', (transport) => {
	test('files written together are read one by one', async () => {
		const client = walrusClient(network, transport);
		const signer = await fundedKey(network);
		const contents = [randomBytes(1), randomBytes(5000), randomBytes(70_000)];
		const files = contents.map((bytes, i) =>
			WalrusFile.from({
				contents: bytes,
				identifier: `file-${i}.bin`,
				tags: { number: String(i) },
			}),
		);
		const written = await client.writeFiles({ files, deletable: true, epochs: 2, signer });
		expect(written.length).toBe(3);
		const reader = walrusClient(network, transport);
		const read = await reader.getFiles({ ids: written.map((file) => file.id) });
		for (const [i, file] of read.entries()) {
			expect(await file.getIdentifier()).toBe(`file-${i}.bin`);
			expect(await file.getTags()).toEqual({ number: String(i) });
			expect(Buffer.compare(await file.bytes(), contents[i]!)).toBe(0);
		}
		const blob = await walrusClient(network, transport).getBlob({ blobId: written[0]!.blobId });
		const all = await blob.files();
		expect(await Promise.all(all.map((file) => file.getIdentifier()))).toEqual([
			'file-0.bin',
			'file-1.bin',
			'file-2.bin',
		]);
		const [second] = await blob.files({ identifiers: ['file-1.bin'] });
		expect(Buffer.compare(await second!.bytes(), contents[1]!)).toBe(0);
	});

	test('a quilt names its patches', async () => {
		const client = walrusClient(network, transport);
		const signer = await fundedKey(network);
		const blobs = ['a', 'b'].map((identifier) => ({ identifier, contents: randomBytes(3000) }));
		const { blobObject, index } = await client.writeQuilt({
			blobs,
			deletable: false,
			epochs: 1,
			signer,
		});
		expect(index.patches.map((patch) => patch.identifier)).toEqual(['a', 'b']);
		expect(await client.readBlobAttributes({ blobObjectId: blobObject.id })).toMatchObject({
			_walrusBlobType: 'quilt',
		});
		const [file] = await walrusClient(network, transport).getFiles({
			ids: [index.patches[1]!.patchId],
		});
		expect(Buffer.compare(await file!.bytes(), blobs[1]!.contents)).toBe(0);
	});

	test('our command line reads the files of the official client', async () => {
		const client = walrusClient(network, transport);
		const signer = await fundedKey(network);
		const contents = [randomBytes(10), randomBytes(20_000)];
		const files = contents.map((bytes, i) =>
			WalrusFile.from({ contents: bytes, identifier: `theirs-${i}`, tags: { n: String(i) } }),
		);
		const written = await client.writeFiles({ files, deletable: true, epochs: 1, signer });
		const { retrievedBlobs } = await network.cli('read-quilt', '--quilt-id', written[0]!.blobId);
		expect(retrievedBlobs.map((file: any) => file.identifier)).toEqual(['theirs-0', 'theirs-1']);
		for (const [i, file] of retrievedBlobs.entries()) {
			expect(file.quiltPatchId).toBe(written[i]!.id);
			expect(file.tags).toEqual({ n: String(i) });
			expect(Buffer.compare(Buffer.from(file.blob, 'base64'), contents[i]!)).toBe(0);
		}
	});

	test('the official client reads the files of our command line', async () => {
		const folder = network.path(`files-${transport}`);
		await mkdir(folder);
		const contents = [randomBytes(100), randomBytes(30_000), randomBytes(1)];
		const paths = contents.map((_, i) => join(folder, `ours-${i}`));
		await Promise.all(contents.map((bytes, i) => writeFile(paths[i]!, bytes)));
		const stored = await network.cli('store-quilt', '--paths', ...paths, '--epochs', '1');
		const ids = stored.storedQuiltBlobs.map((patch: any) => patch.quiltPatchId);
		const files = await walrusClient(network, transport).getFiles({ ids });
		for (const [i, file] of files.entries()) {
			const identifier = stored.storedQuiltBlobs[i].identifier;
			expect(await file.getIdentifier()).toBe(identifier);
			const number = Number(identifier.split('-')[1]);
			expect(Buffer.compare(await file.bytes(), contents[number]!)).toBe(0);
		}
	});
});

test('random quilts made by either side are read by the other', async () => {
	const check = join(import.meta.dirname, '../quilt/check.mjs');
	const args = [check, '--packages', import.meta.dirname, '--walrus', program()];
	const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 16 << 20 });
	expect(stdout).toMatch(/^[1-9]\d* passed, 0 failed$/m);
});
