// SPDX-License-Identifier: Apache-2.0
// Many small files in one blob (quilts), by the official client.
import { WalrusFile } from '@mysten/walrus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { fundedKey, randomBytes, transports, walrusClient } from './support/clients.js';
import { Network } from './support/network.js';

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
});
