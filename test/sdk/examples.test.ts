// SPDX-License-Identifier: Apache-2.0
// The examples, as their readers run them.
import { execFile } from 'node:child_process';
import { copyFile, cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { launch } from 'puppeteer-core';
import { build, preview } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { randomBytes } from './support/clients.js';
import { Network } from './support/network.js';

const examples = join(import.meta.dirname, '../../examples/typescript');
let network: Network;
beforeAll(async () => {
	network = await Network.start({ nodes: 7, shards: 28 });
});
afterAll(() => network?.stop());

test('the packages of the examples are those that are tested', async () => {
	const packages = async (folder: string) =>
		JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
	const ours = await packages(import.meta.dirname);
	const theirs = await packages(examples);
	expect(theirs.dependencies).toEqual(ours.dependencies);
	expect(ours.devDependencies).toMatchObject(theirs.devDependencies);
});

test('a script stores a file and reads it back', async () => {
	// Below node_modules of the tests, so that the packages are found.
	const script = join(import.meta.dirname, 'node_modules/example-store.mjs');
	await copyFile(join(examples, 'store.mjs'), script);
	const file = network.path('photo.jpg');
	await writeFile(file, randomBytes(12_345));
	const json = join(network.folder, 'net', 'network.json');
	const { stdout } = await promisify(execFile)(process.execPath, [script, json, file]);
	const result = JSON.parse(stdout);
	expect(result.same).toBe(true);
	expect(result.attributes).toEqual({ name: 'photo.jpg' });
	const out = network.path('copy');
	await network.cli('read', result.blobId, '--out', out);
	expect(Buffer.compare(await readFile(out), await readFile(file))).toBe(0);
});

test('a page stores a file from a browser', async () => {
	const root = join(import.meta.dirname, 'node_modules/example-page');
	await cp(join(examples, 'page'), root, { recursive: true });
	await build({ root, logLevel: 'error' });
	const server = await preview({ root, logLevel: 'error', preview: { port: 0, host: '127.0.0.1' } });
	const browser = await launch({
		executablePath: process.env.WALRUS_CHROMIUM ?? '/usr/bin/chromium',
		args: ['--no-sandbox'],
	});
	try {
		const file = network.path('picture.png');
		await writeFile(file, randomBytes(54_321));
		const page = await browser.newPage();
		const problems: string[] = [];
		page.on('pageerror', (error) => problems.push(String(error)));
		await page.goto(server.resolvedUrls!.local[0]!);
		const json = join(network.folder, 'net', 'network.json');
		await (await page.$('#network'))!.uploadFile(json);
		await (await page.$('#file'))!.uploadFile(file);
		await page.click('button');
		const output = () => page.$eval('#output', (element) => element.textContent!);
		await expect.poll(output, { timeout: 200_000 }).toMatch(/^(stored|failed)/);
		const said = await output();
		expect(said).toMatch(/^stored \S+, the same 54321 bytes came back$/);
		expect(problems).toEqual([]);
		const out = network.path('picture-copy');
		await network.cli('read', said.split(/[ ,]/)[1]!, '--out', out);
		expect(Buffer.compare(await readFile(out), await readFile(file))).toBe(0);
	} finally {
		await browser.close();
		await server.close();
	}
});
