// SPDX-License-Identifier: Apache-2.0
// Stores a file with the official SDK and reads it back.
//
//     walrus up --background
//     npm install
//     node store.mjs ~/.walrus/localnet/network.json FILE
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { WalrusClient } from '@mysten/walrus';

const [networkFile, file] = process.argv.slice(2);
if (!networkFile || !file) {
	console.error('usage: node store.mjs NETWORK_JSON FILE');
	process.exit(2);
}
const network = JSON.parse(await readFile(networkFile, 'utf8'));

// All that is not the public network: a URL and two object ids.
const client = new WalrusClient({
	suiClient: new SuiGrpcClient({ network: 'walrus', baseUrl: network.rpc_url }),
	packageConfig: {
		systemObjectId: network.system_object_id,
		stakingPoolId: network.staking_object_id,
	},
	storageNodeUrlScheme: 'http',
});

// A new account, with money from the network's faucet.
const signer = new Ed25519Keypair();
const funded = await fetch(`${network.rpc_url}/faucet`, {
	method: 'POST',
	headers: { 'Content-Type': 'application/json' },
	body: JSON.stringify({ recipient: signer.toSuiAddress() }),
});
if (!funded.ok) throw new Error(`the faucet answered ${funded.status}: ${await funded.text()}`);

const blob = new Uint8Array(await readFile(file));
const { totalCost } = await client.storageCost(blob.length, 3);
const { blobId, blobObject } = await client.writeBlob({
	blob,
	deletable: true,
	epochs: 3,
	signer,
	attributes: { name: basename(file) },
});
const read = await client.readBlob({ blobId });
console.log(
	JSON.stringify({
		blobId,
		object: blobObject.id,
		endEpoch: blobObject.storage.end_epoch,
		frost: String(totalCost),
		attributes: await client.readBlobAttributes({ blobObjectId: blobObject.id }),
		same: Buffer.compare(read, blob) === 0,
	}),
);
