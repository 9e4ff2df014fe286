// SPDX-License-Identifier: Apache-2.0
// Local networks and the command line, as a user has them.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What `network.json` says, as far as the tests need it. */
export interface NetworkFile {
	rpc_url: string;
	package_id: string;
	system_object_id: string;
	staking_object_id: string;
	wal_type: string;
	n_shards: number;
	nodes: { id: string; url: string; pid: number }[];
}

export function program(): string {
	const path = process.env.WALRUS_PROGRAM;
	if (!path) throw new Error('WALRUS_PROGRAM must name the program under test');
	return path;
}

/** Runs the program to its end; its standard output. Throws with what it said when it fails. */
export async function walrus(args: string[], home: string): Promise<string> {
	const env = { PATH: process.env.PATH, HOME: home, WALRUS_HOME: home, LC_ALL: 'C' };
	const { stdout } = await run(program(), args, { env, cwd: home, maxBuffer: 64 << 20 });
	return stdout;
}

function isFree(port: number): Promise<boolean> {
	return new Promise((done) => {
		const server = createServer();
		server.once('error', () => done(false));
		server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
	});
}

/** First of `count` free ports below those that outgoing connections get: tests reuse them. */
async function freePortBase(count: number): Promise<number> {
	for (let attempt = 0; attempt < 200; ++attempt) {
		const base = 12_000 + Math.floor(Math.random() * 19_000);
		let free = true;
		for (let i = 0; i < count && free; ++i) free = await isFree(base + i);
		if (free) return base;
	}
	throw new Error('no free ports');
}

export class Network {
	private constructor(
		/** Folder of this network and of the commands that use it. */
		readonly folder: string,
		readonly file: NetworkFile,
	) {}

	static async start(options: {
		nodes: number;
		shards: number;
		processes?: boolean;
		/** As `walrus up` takes it: "20s". */
		epochDuration?: string;
	}): Promise<Network> {
		const folder = await mkdtemp(join(tmpdir(), 'walrus-sdk-'));
		const args = ['up', '--background', '--json', '--home', join(folder, 'net')];
		args.push('--nodes', String(options.nodes), '--shards', String(options.shards));
		args.push('--port-base', String(await freePortBase(options.nodes + 1)));
		if (options.processes) args.push('--processes');
		if (options.epochDuration) args.push('--epoch-duration', options.epochDuration);
		try {
			const file = JSON.parse(await walrus(args, folder)) as NetworkFile;
			return new Network(folder, file);
		} catch (error) {
			await rm(folder, { recursive: true, force: true });
			throw error;
		}
	}

	async stop(): Promise<void> {
		await walrus(['down', '--home', join(this.folder, 'net')], this.folder);
		await rm(this.folder, { recursive: true, force: true });
	}

	/** The command line on this network, with its funded key; parsed JSON. */
	cli(...args: string[]): Promise<any> {
		return this.run(...args, '--network', join(this.folder, 'net', 'network.json'));
	}
	/** The same, but the arguments say which network. */
	async run(...args: string[]): Promise<any> {
		return JSON.parse(await walrus([...args, '--json'], this.folder));
	}

	/** A file name in the folder of this network. */
	path(name: string): string {
		return join(this.folder, name);
	}
}
