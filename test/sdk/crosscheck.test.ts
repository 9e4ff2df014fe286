// SPDX-License-Identifier: Apache-2.0
// The official client and our program on the same blobs: one stores, the other reads; equal ids.
import { readFile, writeFile } from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { WalrusClient } from '@mysten/walrus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { fundedKey, randomBytes, transports, walrusClient } from './support/clients.js';
import { Network, walrus } from './support/network.js';

describe('ids of blobs', () => {
	let folder: string;
	// Encoding needs no network: these lead nowhere.
	const client = new WalrusClient({
		packageConfig: { systemObjectId: '0x1', stakingPoolId: '0x2' },
		suiClient: new SuiGrpcClient({ network: 'none', baseUrl: 'http://127.0.0.1:9' }),
	});
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'walrus-sdk-'));
	});
	afterAll(() => rm(folder, { recursive: true, force: true }));

	async function compare(shards: number, sizes: number[]): Promise<void> {
		const blobs = sizes.map((size) => randomBytes(size));
		const paths = blobs.map((_, i) => join(folder, `blob-${i}`));
		await Promise.all(blobs.map((blob, i) => writeFile(paths[i]!, blob)));
		for (const [i, bytes] of blobs.entries()) {
			const said = await walrus(['blob-id', paths[i]!, '--n-shards', String(shards), '--json'], folder);
			const ours = JSON.parse(said);
			const theirs = await client.computeBlobMetadata({ bytes, numShards: shards });
			expect(ours.blobId, `${bytes.length} bytes on ${shards} shards`).toBe(theirs.blobId);
		}
	}
	/** Small ones, ones about the size of symbols and ones of any size. */
	const someSizes = (count: number) =>
		Array.from({ length: count }, (_, i) => {
			if (i < 5) return i;
			return Math.floor(Math.random() * (i % 3 === 0 ? 300_000 : i % 3 === 1 ? 10_000 : 300));
		});

	test.each([7, 10, 13, 100])('50 random blobs on %i shards', (shards) =>
		compare(shards, someSizes(50)),
	);
	test('three on 1000 shards', () => compare(1000, [1, 500_000, 3_000_001]));
});

describe.each(transports)('over %s', (transport) => {
	let network: Network;
	beforeAll(async () => {
		network = await Network.start({ nodes: 7, shards: 28 });
	});
	afterAll(() => network?.stop());

	test.each([1, 4_000, 1_234_567])('%i bytes by the official client, read by ours', async (size) => {
		const blob = randomBytes(size);
		const signer = await fundedKey(network);
		const client = walrusClient(network, transport);
		const { blobId } = await client.writeBlob({ blob, deletable: true, epochs: 1, signer });
		const out = network.path(`theirs-${size}`);
		await network.cli('read', blobId, '--out', out);
		expect(Buffer.compare(await readFile(out), blob)).toBe(0);
	});

	test.each([0, 1, 4_000, 1_234_567])('%i bytes by ours, read by the official client', async (size) => {
		const blob = randomBytes(size);
		const path = network.path(`ours-${size}`);
		await writeFile(path, blob);
		const [stored] = await network.cli('store', path, '--epochs', '1');
		const { blobId } = stored.blobStoreResult.newlyCreated.blobObject;
		const client = walrusClient(network, transport);
		expect(Buffer.compare(await client.readBlob({ blobId }), blob)).toBe(0);
		expect((await client.getVerifiedBlobStatus({ blobId })).type).toBe('deletable');
	});
});
