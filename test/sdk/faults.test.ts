// SPDX-License-Identifier: Apache-2.0
// Nodes that are away or lie, as far as the official client itself can bear them.
import { createServer, type Server } from 'node:http';
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';

import { fundedKey, randomBytes, transports, walrusClient } from './support/clients.js';
import { Network } from './support/network.js';

let network: Network | undefined;
let liar: Server | undefined;
afterEach(async () => {
	liar?.closeAllConnections();
	liar?.close();
	liar = undefined;
	await network?.stop();
	network = undefined;
});

/** Ends a node for good. */
async function kill(node: { pid: number; url: string }): Promise<void> {
	process.kill(node.pid, 'SIGKILL');
	await expect
		.poll(() => fetch(`${node.url}/v1/health`).then(() => 'answers', () => 'dead'), {
			timeout: 10_000,
		})
		.toBe('dead');
}

/** On a port whose owner is dying: it may hold the port for a moment. */
async function listen(server: Server, port: number): Promise<void> {
	const attempt = () =>
		new Promise<string>((done) => {
			server.once('error', (error) => done(String(error)));
			server.listen(port, '127.0.0.1', () => done('listens'));
		});
	await expect.poll(attempt, { timeout: 20_000, interval: 50 }).toBe('listens');
	server.removeAllListeners('error');
}

describe.each([
	{ nodes: 7, shards: 28, reads: false },
	{ nodes: 13, shards: 40, reads: true },
])('$nodes nodes, one of them down', ({ nodes, shards, reads }) => {
	test('blobs are written, and read where the client can', async () => {
		network = await Network.start({ nodes, shards, processes: true });
		await kill(network.file.nodes[2]!);
		for (const transport of transports) {
			const signer = await fundedKey(network);
			for (const deletable of [true, false]) {
				const blob = randomBytes(20_000);
				const client = walrusClient(network, transport);
				const { blobId, blobObject } = await client.writeBlob({
					blob,
					deletable,
					epochs: 1,
					signer,
				});
				expect(blobObject.certified_epoch).not.toBeNull();
				await expect
					.poll(async () => (await client.getVerifiedBlobStatus({ blobId })).type, {
						timeout: 20_000,
					})
					.toBe(deletable ? 'deletable' : 'permanent');
				// Every client asks the nodes in another order.
				for (let i = 0; reads && i < 5; ++i) {
					const reader = walrusClient(network, transport);
					expect(Buffer.compare(await reader.readBlob({ blobId }), blob)).toBe(0);
				}
				const out = network.path(`read-${transport}-${deletable}`);
				await network.cli('read', blobId, '--out', out);
				expect(Buffer.compare(await readFile(out), blob)).toBe(0);
			}
		}
	});
});

/** The reads of a node's answers to a blob's reader: path → body. */
async function answersOf(node: string, blobId: string, shards: number) {
	const answers = new Map<string, Buffer>();
	const keep = async (path: string) => {
		const response = await fetch(node + path);
		if (response.ok) answers.set(path, Buffer.from(await response.arrayBuffer()));
	};
	await keep(`/v1/blobs/${blobId}/metadata`);
	for (let pair = 0; pair < shards; ++pair)
		await keep(`/v1/blobs/${blobId}/slivers/${pair}/primary`);
	return answers;
}

describe.each([
	{ name: 'bytes of its own', lie: (truth: Buffer) => Buffer.from(randomBytes(truth.length)) },
	{
		name: 'the truth with one bit turned',
		lie: (truth: Buffer) => {
			const changed = Buffer.from(truth);
			changed[Math.floor(changed.length / 2)]! ^= 1;
			return changed;
		},
	},
	{ name: 'half of the truth', lie: (truth: Buffer) => truth.subarray(0, truth.length / 2) },
])('a node answers $name', ({ lie }) => {
	test('nobody ever reads wrong bytes', async () => {
		network = await Network.start({ nodes: 13, shards: 40, processes: true });
		const blob = randomBytes(60_000);
		const signer = await fundedKey(network);
		const { blobId } = await walrusClient(network, transports[0]!).writeBlob({
			blob,
			deletable: true,
			epochs: 1,
			signer,
		});
		const node = network.file.nodes[5]!;
		const truth = await answersOf(node.url, blobId, network.file.n_shards);
		expect(truth.size).toBeGreaterThan(1);
		await kill(node);
		let lies = 0;
		liar = createServer((request, response) => {
			const answer = truth.get(request.url ?? '');
			++lies;
			response.writeHead(answer ? 200 : 404, { 'Content-Type': 'application/octet-stream' });
			response.end(answer ? lie(answer) : 'nothing');
		});
		await listen(liar, Number(new URL(node.url).port));
		let right = 0;
		for (let i = 0; i < 20; ++i) {
			const client = walrusClient(network, transports[i % transports.length]!);
			const read = await client.readBlob({ blobId }).catch((error: unknown) => error);
			if (read instanceof Uint8Array) {
				expect(Buffer.compare(read, blob)).toBe(0);
				++right;
			} else {
				expect(read).toBeInstanceOf(Error);
			}
		}
		expect(lies).toBeGreaterThan(0);
		expect(right).toBeGreaterThan(0);
		// Our own client asks this node too, and always succeeds.
		const config = network.path('client_config.yaml');
		await writeFile(
			config,
			`system_object: ${network.file.system_object_id}\n` +
				`staking_object: ${network.file.staking_object_id}\n` +
				`rpc_urls:\n  - ${network.file.rpc_url}\n` +
				'communication_config:\n  storage_node_url_scheme: http\n',
		);
		for (let i = 0; i < 5; ++i) {
			const out = network.path(`read-${i}`);
			await network.run('read', blobId, '--out', out, '--config', config);
			expect(Buffer.compare(await readFile(out), blob)).toBe(0);
		}
	});
});
