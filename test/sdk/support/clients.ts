// SPDX-License-Identifier: Apache-2.0
// The official clients, set up as their users do: URLs and two object ids, nothing else.
import type { ClientWithCoreApi } from '@mysten/sui/client';
import type { Keypair } from '@mysten/sui/cryptography';
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { SuiJsonRpcClient } from '@mysten/sui/jsonRpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Secp256k1Keypair } from '@mysten/sui/keypairs/secp256k1';
import { Secp256r1Keypair } from '@mysten/sui/keypairs/secp256r1';
import { WalrusClient } from '@mysten/walrus';

import type { Network } from './network.js';

export type Transport = 'gRPC' | 'JSON-RPC';
export const transports: Transport[] = ['gRPC', 'JSON-RPC'];

export function suiClient(network: Network, transport: Transport): ClientWithCoreApi {
	const url = network.file.rpc_url;
	return transport === 'gRPC'
		? new SuiGrpcClient({ network: 'walrus', baseUrl: url })
		: new SuiJsonRpcClient({ network: 'walrus', url });
}

/** A client that has seen nothing yet. */
export function walrusClient(
	network: Network,
	transport: Transport,
	suiClientToUse = suiClient(network, transport),
): WalrusClient {
	return new WalrusClient({
		packageConfig: {
			systemObjectId: network.file.system_object_id,
			stakingPoolId: network.file.staking_object_id,
		},
		suiClient: suiClientToUse,
		storageNodeUrlScheme: 'http',
	});
}

export type KeyType = 'ed25519' | 'secp256k1' | 'secp256r1';
export const keyTypes: KeyType[] = ['ed25519', 'secp256k1', 'secp256r1'];

export function newKey(type: KeyType = 'ed25519'): Keypair {
	switch (type) {
		case 'ed25519':
			return new Ed25519Keypair();
		case 'secp256k1':
			return new Secp256k1Keypair();
		case 'secp256r1':
			return new Secp256r1Keypair();
	}
}

/** A new key with money from the network's faucet. */
export async function fundedKey(network: Network, type: KeyType = 'ed25519'): Promise<Keypair> {
	const key = newKey(type);
	const response = await fetch(`${network.file.rpc_url}/faucet`, {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ recipient: key.toSuiAddress() }),
	});
	if (!response.ok) throw new Error(`the faucet answered ${response.status}: ${await response.text()}`);
	return key;
}

export async function walBalance(
	client: ClientWithCoreApi,
	network: Network,
	owner: string,
): Promise<bigint> {
	const { balance } = await client.core.getBalance({ owner, coinType: network.file.wal_type });
	return BigInt(balance.balance);
}

export function randomBytes(size: number): Uint8Array {
	const bytes = new Uint8Array(size);
	for (let at = 0; at < size; at += 65536)
		crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65536)));
	return bytes;
}
