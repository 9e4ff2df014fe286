// SPDX-License-Identifier: Apache-2.0
// What the official client does with blob objects: attributes, life, statuses, keys, many at once.
import { Transaction } from '@mysten/sui/transactions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
	fundedKey,
	keyTypes,
	newKey,
	randomBytes,
	suiClient,
	transports,
	walBalance,
	walrusClient,
} from './support/clients.js';
import { Network } from './support/network.js';

describe.each([
	{ nodes: 7, shards: 28 },
	{ nodes: 13, shards: 40 },
])('with $nodes nodes', ({ nodes, shards }) => {
	let network: Network;
	beforeAll(async () => {
		network = await Network.start({ nodes, shards });
	});
	afterAll(() => network?.stop());

	describe.each(transports)('over %s', (transport) => {
		test('attributes given with the blob, changed and removed', async () => {
			const client = walrusClient(network, transport);
			const signer = await fundedKey(network);
			const { blobObject } = await client.writeBlob({
				blob: randomBytes(1000),
				deletable: true,
				epochs: 2,
				signer,
				attributes: { name: 'first', 'content-type': 'text/plain' },
			});
			const blobObjectId = blobObject.id;
			const read = () =>
				walrusClient(network, transport).readBlobAttributes({ blobObjectId });
			expect(await read()).toEqual({ name: 'first', 'content-type': 'text/plain' });
			await walrusClient(network, transport).executeWriteBlobAttributesTransaction({
				blobObjectId,
				signer,
				attributes: { name: 'second', 'content-type': null, more: 'ü – ✓' },
			});
			expect(await read()).toEqual({ name: 'second', more: 'ü – ✓' });
		});

		test('attributes of a blob that had none', async () => {
			const client = walrusClient(network, transport);
			const signer = await fundedKey(network);
			const { blobObject } = await client.writeBlob({
				blob: randomBytes(1000),
				deletable: true,
				epochs: 2,
				signer,
			});
			const blobObjectId = blobObject.id;
			expect(await client.readBlobAttributes({ blobObjectId })).toEqual({});
			await walrusClient(network, transport).executeWriteBlobAttributesTransaction({
				blobObjectId,
				signer,
				attributes: { colour: 'blue' },
			});
			const reader = walrusClient(network, transport);
			expect(await reader.readBlobAttributes({ blobObjectId })).toEqual({ colour: 'blue' });
		});

		test('a blob lives longer', async () => {
			const sui = suiClient(network, transport);
			const client = walrusClient(network, transport, sui);
			const signer = await fundedKey(network);
			const size = 50_000;
			const { blobObject } = await client.writeBlob({
				blob: randomBytes(size),
				deletable: false,
				epochs: 1,
				signer,
			});
			const before = await walBalance(sui, network, signer.toSuiAddress());
			const { storageCost } = await client.storageCost(size, 4);
			await client.executeExtendBlobTransaction({
				blobObjectId: blobObject.id,
				epochs: 4,
				signer,
			});
			const later = await walrusClient(network, transport).getBlobObject(blobObject.id);
			expect(later.storage.end_epoch).toBe(blobObject.storage.end_epoch + 4);
			expect(await walBalance(sui, network, signer.toSuiAddress())).toBe(before - storageCost);
		});

		test('a deleted blob is gone, its storage is the owner’s', async () => {
			const sui = suiClient(network, transport);
			const client = walrusClient(network, transport, sui);
			const signer = await fundedKey(network);
			const { blobId, blobObject } = await client.writeBlob({
				blob: randomBytes(1000),
				deletable: true,
				epochs: 2,
				signer,
			});
			const stored = await client.getVerifiedBlobStatus({ blobId });
			expect(stored).toEqual({
				type: 'deletable',
				initialCertifiedEpoch: blobObject.registered_epoch,
				deletableCounts: { count_deletable_total: 1, count_deletable_certified: 1 },
			});
			await client.executeDeleteBlobTransaction({ blobObjectId: blobObject.id, signer });
			const { objects } = await sui.core.listOwnedObjects({
				owner: signer.toSuiAddress(),
				type: `${network.file.package_id}::storage_resource::Storage`,
			});
			expect(objects.length).toBe(1);
			await expect(
				walrusClient(network, transport).getBlobObject(blobObject.id),
			).rejects.toThrow();
			// Nodes learn it from the ledger, within moments.
			await expect
				.poll(
					async () => {
						try {
							return (await client.getVerifiedBlobStatus({ blobId })).type;
						} catch (error) {
							return String(error);
						}
					},
					{ timeout: 20_000 },
				)
				.toMatch(/nonexistent|does not exist/);
		});

		test('the status of a permanent blob', async () => {
			const client = walrusClient(network, transport);
			const signer = await fundedKey(network);
			const { blobId, blobObject } = await client.writeBlob({
				blob: randomBytes(1000),
				deletable: false,
				epochs: 3,
				signer,
			});
			await expect
				.poll(async () => await client.getVerifiedBlobStatus({ blobId }), { timeout: 20_000 })
				.toMatchObject({
					type: 'permanent',
					isCertified: true,
					endEpoch: blobObject.storage.end_epoch,
					initialCertifiedEpoch: blobObject.certified_epoch,
				});
			const blob = await client.getBlob({ blobId });
			expect(await blob.exists()).toBe(true);
			expect(await blob.storedUntil()).toBe(blobObject.storage.end_epoch);
		});

		test('all nodes say the same of a blob, byte for byte, and have its metadata', async () => {
			const client = walrusClient(network, transport);
			const signer = await fundedKey(network);
			const blob = randomBytes(500);
			// The same content twice, deletable and permanent.
			for (const deletable of [true, false])
				await client.writeBlob({ blob, deletable, epochs: 2, signer });
			const { blobId } = await client.computeBlobMetadata({ bytes: blob });
			const answers = (path: string) =>
				Promise.all(
					network.file.nodes.map(async ({ url }) => {
						const response = await fetch(`${url}/v1/blobs/${blobId}${path}`);
						return Buffer.from(await response.arrayBuffer()).toString('latin1');
					}),
				);
			await expect
				.poll(async () => new Set(await answers('/status')).size, { timeout: 20_000 })
				.toBe(1);
			const [status] = await answers('/status');
			const { data } = JSON.parse(status!).success;
			expect(Object.keys(data)).toEqual(['permanent']);
			expect(data.permanent.isCertified).toBe(true);
			expect(data.permanent.deletableCounts).toEqual({
				count_deletable_total: 1,
				count_deletable_certified: 1,
			});
			expect(new Set(await answers('/metadata')).size).toBe(1);
		});

		test.each(keyTypes)('a key of type %s', async (type) => {
			const client = walrusClient(network, transport);
			const signer = await fundedKey(network, type);
			const blob = randomBytes(2000);
			const { blobId, blobObject } = await client.writeBlob({
				blob,
				deletable: true,
				epochs: 1,
				signer,
			});
			expect(Buffer.compare(await client.readBlob({ blobId }), blob)).toBe(0);
			await client.executeDeleteBlobTransaction({ blobObjectId: blobObject.id, signer });
		});

		test('five writes at once by one key', async () => {
			const sui = suiClient(network, transport);
			const client = walrusClient(network, transport, sui);
			const signer = await fundedKey(network);
			const blobs = [1, 2, 3, 4, 5].map((i) => randomBytes(10_000 * i));
			const before = await walBalance(sui, network, signer.toSuiAddress());
			const written = await Promise.all(
				blobs.map((blob) => client.writeBlob({ blob, deletable: true, epochs: 1, signer })),
			);
			let paid = 0n;
			for (const [i, { blobId }] of written.entries()) {
				expect(Buffer.compare(await client.readBlob({ blobId }), blobs[i]!)).toBe(0);
				paid += (await client.storageCost(blobs[i]!.length, 1)).totalCost;
			}
			expect(await walBalance(sui, network, signer.toSuiAddress())).toBe(before - paid);
		});

		test('a flow: encode, register, upload and certify as steps of their own', async () => {
			const sui = suiClient(network, transport);
			const client = walrusClient(network, transport, sui);
			const signer = await fundedKey(network);
			const blob = randomBytes(30_000);
			const flow = client.writeBlobFlow({ blob });
			const { blobId } = await flow.encode();
			const execute = async (transaction: Transaction) => {
				const result = await signer.signAndExecuteTransaction({ transaction, client: sui });
				expect(result.$kind).toBe('Transaction');
				const { digest } = result.Transaction!;
				await sui.core.waitForTransaction({ digest });
				return digest;
			};
			const owner = signer.toSuiAddress();
			const digest = await execute(flow.register({ epochs: 2, deletable: true, owner }));
			await flow.upload({ digest });
			await execute(flow.certify());
			const { blobObject } = await flow.getBlob();
			expect(blobObject.certified_epoch).not.toBeNull();
			const reader = walrusClient(network, transport);
			expect(Buffer.compare(await reader.readBlob({ blobId }), blob)).toBe(0);
		});

		test('a storage reservation, which the client looks for under the wrong type', async () => {
			const sui = suiClient(network, transport);
			const client = walrusClient(network, transport, sui);
			const signer = await fundedKey(network);
			await expect(
				client.executeCreateStorageTransaction({ size: 1000, epochs: 3, signer }),
			).rejects.toThrow('Storage object not found');
			const { objects } = await sui.core.listOwnedObjects({
				owner: signer.toSuiAddress(),
				type: `${network.file.package_id}::storage_resource::Storage`,
			});
			expect(objects.length).toBe(1);
		});

		test('who cannot pay is told so, and which rule was broken', async () => {
			const client = walrusClient(network, transport);
			const options = { blob: randomBytes(10), deletable: true, epochs: 1 };
			await expect(client.writeBlob({ ...options, signer: newKey() })).rejects.toThrow(
				/insufficient balance/i,
			);
			const signer = await fundedKey(network);
			await expect(client.writeBlob({ ...options, epochs: 54, signer })).rejects.toThrow(
				'EInvalidEpochsAhead',
			);
		});

		test('an unknown transaction is not found', async () => {
			const sui = suiClient(network, transport);
			await expect(
				sui.core.getTransaction({ digest: '4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi' }),
			).rejects.toThrow(/not found|not known/i);
		});
	});
});
