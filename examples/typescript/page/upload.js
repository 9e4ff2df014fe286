// SPDX-License-Identifier: Apache-2.0
// Stores a file from a browser with the official SDK, and reads it back.
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { WalrusClient } from '@mysten/walrus';
import wasmUrl from '@mysten/walrus-wasm/web/walrus_wasm_bg.wasm?url';

const chosen = (id) => document.getElementById(id).files[0];
const show = (text) => (document.getElementById('output').textContent = text);

async function store() {
	const network = JSON.parse(await chosen('network').text());
	const client = new WalrusClient({
		suiClient: new SuiGrpcClient({ network: 'walrus', baseUrl: network.rpc_url }),
		packageConfig: {
			systemObjectId: network.system_object_id,
			stakingPoolId: network.staking_object_id,
		},
		storageNodeUrlScheme: 'http',
		wasmUrl,
	});

	// A new account, with money from the network's faucet. A real page would use a wallet.
	const signer = new Ed25519Keypair();
	const funded = await fetch(`${network.rpc_url}/faucet`, {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ recipient: signer.toSuiAddress() }),
	});
	if (!funded.ok) throw new Error(`the faucet answered ${funded.status}`);

	const blob = new Uint8Array(await chosen('file').arrayBuffer());
	const { blobId } = await client.writeBlob({
		blob,
		deletable: true,
		epochs: 3,
		signer,
		onStep: ({ step }) => show(`${step} …`),
	});
	const read = await client.readBlob({ blobId });
	const same = read.length === blob.length && read.every((byte, i) => byte === blob[i]);
	show(`stored ${blobId}, ${same ? 'the same' : 'OTHER'} ${read.length} bytes came back`);
}

document.getElementById('form').addEventListener('submit', async (event) => {
	event.preventDefault();
	try {
		await store();
	} catch (error) {
		show(`failed: ${error.message}`);
	}
});
