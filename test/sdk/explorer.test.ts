// SPDX-License-Identifier: Apache-2.0
// Lists and descriptions, as explorers read them; what is not offered says so.
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { fundedKey, randomBytes, suiClient, transports, walrusClient } from './support/clients.js';
import { Network } from './support/network.js';

let network: Network;
let owner: string;
const blobObjects: string[] = [];
beforeAll(async () => {
	network = await Network.start({ nodes: 7, shards: 28 });
	const signer = await fundedKey(network);
	owner = signer.toSuiAddress();
	const client = walrusClient(network, 'gRPC');
	for (let i = 0; i < 3; ++i) {
		const { blobObject } = await client.writeBlob({
			blob: randomBytes(100),
			deletable: true,
			epochs: 1,
			signer,
			attributes: { number: String(i) },
		});
		blobObjects.push(blobObject.id);
	}
	await fundedKey(network);
});
afterAll(() => network?.stop());

describe.each(transports)('over %s', (transport) => {
	test('objects of an owner', async () => {
		const { core } = suiClient(network, transport);
		const type = `${network.file.package_id}::blob::Blob`;
		const all = await core.listOwnedObjects({ owner, type, include: { content: true } });
		expect(all.objects.map((object) => object.objectId).sort()).toEqual([...blobObjects].sort());
		expect(all.objects[0]!.content!.length).toBeGreaterThan(100);
		const first = await core.listOwnedObjects({ owner, type, limit: 2 });
		expect(first.hasNextPage).toBe(true);
		const second = await core.listOwnedObjects({ owner, type, limit: 2, cursor: first.cursor });
		expect(second.hasNextPage).toBe(false);
		expect(second.objects.length).toBe(1);
	});

	test('balances and coins', async () => {
		const { core } = suiClient(network, transport);
		const { balances } = await core.listBalances({ owner });
		const wal = balances.find((balance) => balance.coinType === network.file.wal_type);
		expect(BigInt(wal!.balance)).toBeGreaterThan(0n);
		expect(wal!.addressBalance).toBe(wal!.balance);
		const { coinMetadata } = await core.getCoinMetadata({ coinType: network.file.wal_type });
		expect(coinMetadata).toMatchObject({ decimals: 9, symbol: 'WAL' });
		expect(await core.getCoinMetadata({ coinType: '0x5::a::B' })).toEqual({ coinMetadata: null });
	});

	test('dynamic fields', async () => {
		const { core } = suiClient(network, transport);
		const system = await core.listDynamicFields({ parentId: network.file.system_object_id });
		expect(system.dynamicFields.length).toBe(1);
		const field = system.dynamicFields[0]!;
		expect(field.name.type).toBe('u64');
		const { object } = await core.getObject({ objectId: field.fieldId });
		expect(object.type).toBe(field.type);
		const blob = await core.listDynamicFields({ parentId: blobObjects[0]! });
		expect(blob.dynamicFields[0]!.valueType).toMatch(/::metadata::Metadata$/);
	});

	test('transactions by sender and by function, in pages', async () => {
		const { core } = suiClient(network, transport);
		const filter = { sender: owner };
		const all = await core.listTransactions({ filter, include: { effects: true } });
		const digestOf = (result: (typeof all.transactions)[0]) =>
			(result.Transaction ?? result.FailedTransaction)!.digest;
		// Three registrations, three certifications.
		expect(all.transactions.length).toBe(6);
		expect(all.hasNextPage).toBe(false);
		const digests = all.transactions.map(digestOf);
		const seen: string[] = [];
		let after: string | null = null;
		do {
			const page = await core.listTransactions({ filter, limit: 4, after });
			seen.push(...page.transactions.map(digestOf));
			after = page.hasNextPage ? page.endCursor : null;
		} while (after);
		expect(seen).toEqual(digests);
		const latest = await core.listTransactions({ filter, limit: 2, order: 'descending' });
		expect(latest.transactions.map(digestOf)).toEqual(digests.slice(-2).reverse());
		const certified = await core.listTransactions({
			filter: { function: `${network.file.package_id}::system::certify_blob` },
		});
		expect(certified.transactions.length).toBe(3);
	});

	test('events by type, by module and by sender', async () => {
		const { core } = suiClient(network, transport);
		const registered = `${network.file.package_id}::events::BlobRegistered`;
		const byType = await core.listEvents({ filter: { eventType: registered } });
		expect(byType.events.length).toBe(3);
		expect(byType.events.every((event) => event.eventType === registered)).toBe(true);
		expect(byType.events.every((event) => event.sender === owner)).toBe(true);
		const bySender = await core.listEvents({ filter: { sender: owner } });
		const byModule = await core.listEvents({
			filter: { eventType: `${network.file.package_id}::events` },
		});
		expect(bySender.events.length).toBeGreaterThanOrEqual(6);
		expect(byModule.events.length).toBeGreaterThanOrEqual(6);
		const first = await core.listEvents({ filter: { sender: owner }, limit: 4 });
		expect(first.hasNextPage).toBe(true);
		const next = await core.listEvents({ filter: { sender: owner }, after: first.endCursor });
		expect([...first.events, ...next.events].map((event) => event.transactionDigest)).toEqual(
			bySender.events.map((event) => event.transactionDigest),
		);
	});

	test('a transaction shows what it did', async () => {
		const { core } = suiClient(network, transport);
		const { transactions } = await core.listTransactions({
			filter: { sender: owner },
			limit: 1,
			include: { transaction: true, balanceChanges: true, events: true, objectTypes: true },
		});
		const { Transaction } = transactions[0]!;
		expect(Transaction!.transaction!.commands.length).toBeGreaterThan(3);
		expect(Transaction!.balanceChanges!.length).toBe(1);
		expect(BigInt(Transaction!.balanceChanges![0]!.amount)).toBeLessThan(0n);
		expect(Transaction!.events!.length).toBeGreaterThan(0);
		expect(Object.values(Transaction!.objectTypes!)).toContain(
			`${network.file.package_id}::blob::Blob`,
		);
	});
});

test('what is not offered says so', async () => {
	const grpc = new SuiGrpcClient({ network: 'walrus', baseUrl: network.file.rpc_url });
	await expect(grpc.nameService.lookupName({ name: 'walrus.sui' })).rejects.toMatchObject({
		code: 'UNIMPLEMENTED',
	});
	const response = await fetch(network.file.rpc_url, {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'sui_devInspectTransactionBlock' }),
	});
	expect(await response.json()).toMatchObject({ id: 1, error: { code: -32601 } });
});

test('browsers of any origin may call the ledger and the nodes', async () => {
	const preflight = async (url: string, method: string, headers: string) => {
		const response = await fetch(url, {
			method: 'OPTIONS',
			headers: {
				Origin: 'https://example.org',
				'Access-Control-Request-Method': method,
				'Access-Control-Request-Headers': headers,
			},
		});
		expect(response.ok).toBe(true);
		expect(response.headers.get('access-control-allow-origin')).toBe('*');
		expect(response.headers.get('access-control-allow-methods')).toContain(method);
		return response.headers.get('access-control-allow-headers') ?? '';
	};
	const grpc = 'content-type,accept,x-grpc-web,x-sui-client-protocol-version,grpc-timeout';
	const method = `${network.file.rpc_url}/sui.rpc.v2.LedgerService/GetServiceInfo`;
	const allowed = await preflight(method, 'POST', grpc);
	for (const header of grpc.split(',')) expect(allowed).toContain(header);
	const json = 'client-request-method,client-sdk-type,client-sdk-version,content-type';
	const allowedJson = await preflight(`${network.file.rpc_url}/`, 'POST', json);
	for (const header of json.split(',')) expect(allowedJson).toContain(header);
	for (const node of network.file.nodes)
		await preflight(`${node.url}/v1/blobs/${'A'.repeat(43)}/metadata`, 'PUT', 'content-type');
});
