// SPDX-License-Identifier: Apache-2.0
// Blobs written and read by the official client.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { fundedKey, randomBytes, suiClient, transports, walBalance, walrusClient } from './support/clients.js';
import { Network } from './support/network.js';

let network: Network;
beforeAll(async () => {
	network = await Network.start({ nodes: 7, shards: 28 });
});
afterAll(() => network?.stop());

describe.each(transports)('over %s', (transport) => {
	test('the cost of storage follows the prices of the network', async () => {
		const client = walrusClient(network, transport);
		const state = await client.systemState();
		expect(state.committee.n_shards).toBe(28);
		expect(state.committee.members.length).toBe(7);
		// 28 shards: 10 × 19 source symbols; one MiB encodes to 5 units.
		const one = await client.storageCost(1, 1);
		expect(one.storageCost).toBe(BigInt(state.storage_price_per_unit_size));
		expect(one.writeCost).toBe(BigInt(state.write_price_per_unit_size));
		const three = await client.storageCost(1, 3);
		expect(three.storageCost).toBe(3n * one.storageCost);
		expect(three.writeCost).toBe(one.writeCost);
		expect(three.totalCost).toBe(three.storageCost + three.writeCost);
	});

	test.each([
		{ deletable: true, size: 100_000 },
		{ deletable: false, size: 100_001 },
		{ deletable: true, size: 1 },
		{ deletable: false, size: 3_000_000 },
	])('a blob of $size bytes, deletable: $deletable', async ({ deletable, size }) => {
		const sui = suiClient(network, transport);
		const client = walrusClient(network, transport, sui);
		const signer = await fundedKey(network);
		const before = await walBalance(sui, network, signer.toSuiAddress());
		const blob = randomBytes(size);
		const { blobId, blobObject } = await client.writeBlob({ blob, deletable, epochs: 3, signer });
		const { totalCost } = await client.storageCost(size, 3);
		expect(await walBalance(sui, network, signer.toSuiAddress())).toBe(before - totalCost);
		expect(blobObject.deletable).toBe(deletable);
		expect(Number(blobObject.size)).toBe(size);
		expect(blobObject.certified_epoch).toBe(blobObject.registered_epoch);
		expect(blobObject.storage.end_epoch).toBe(blobObject.registered_epoch + 3);

		const { blobId: computed } = await client.computeBlobMetadata({ bytes: blob });
		expect(blobId).toBe(computed);
		const reader = walrusClient(network, transport);
		expect(Buffer.compare(await reader.readBlob({ blobId }), blob)).toBe(0);
	});
});
