// SPDX-License-Identifier: Apache-2.0
// What a change of epoch does to the official client.
import { NotEnoughBlobConfirmationsError } from '@mysten/walrus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { fundedKey, randomBytes, transports, walrusClient } from './support/clients.js';
import { Network } from './support/network.js';

let network: Network;
beforeAll(async () => {
	network = await Network.start({ nodes: 7, shards: 28, epochDuration: '30s' });
});
afterAll(() => network?.stop());

/** Waits until the network is in a later epoch, and its nodes too. */
async function nextEpoch(after: number): Promise<void> {
	const settled = async () => {
		const state = await walrusClient(network, 'gRPC').stakingState();
		return state.epoch > after && state.epoch_state.$kind !== 'EpochChangeSync';
	};
	await expect.poll(settled, { timeout: 150_000, interval: 500 }).toBe(true);
}

// Both wait for the same epochs.
describe.concurrent.each(transports)('over %s', (transport) => {
	test('a write across a change of epoch fails, and succeeds after a reset', async () => {
		const signer = await fundedKey(network);
		const client = walrusClient(network, transport);
		const blob = randomBytes(5000);
		const options = { blob, deletable: true, epochs: 5, signer };
		// The client looks at the network in one epoch and writes in another.
		const { epoch } = await client.stakingState();
		await client.encodeBlob(blob);
		await nextEpoch(epoch);
		await expect(client.writeBlob(options)).rejects.toBeInstanceOf(
			NotEnoughBlobConfirmationsError,
		);
		client.reset();
		const { blobId, blobObject } = await client.writeBlob(options);
		expect(blobObject.certified_epoch).toBeGreaterThan(epoch);
		// What was written in one epoch is read in the next, by new clients and by this one.
		await nextEpoch(blobObject.certified_epoch!);
		const fresh = walrusClient(network, transport);
		expect(Buffer.compare(await fresh.readBlob({ blobId }), blob)).toBe(0);
		expect(Buffer.compare(await client.readBlob({ blobId }), blob)).toBe(0);
		expect((await fresh.getVerifiedBlobStatus({ blobId })).type).toBe('deletable');
	});
});
