// SPDX-License-Identifier: Apache-2.0
// Reads at a fixed rate, whatever the answers take: BatchGetObjects of the system, the staking object
// and all nodes.
//
//     node bench/read_load.mjs NETWORK_JSON [RATE] [SECONDS]
import { readFileSync } from 'node:fs';
import http from 'node:http';

const [file, rateText = '1000', secondsText = '10'] = process.argv.slice(2);
const network = JSON.parse(readFileSync(file, 'utf8'));
const [rate, seconds] = [Number(rateText), Number(secondsText)];

// BatchGetObjectsRequest { 1 requests: GetObjectRequest { 1 object_id } } in one frame.
const field = (number, bytes) =>
	Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
const ids = [network.system_object_id, network.staking_object_id, ...network.nodes.map((n) => n.id)];
const message = Buffer.concat(ids.map((id) => field(1, field(1, Buffer.from(id)))));
const header = Buffer.alloc(5);
header.writeUInt32BE(message.length, 1);
const body = Buffer.concat([header, message]);

const url = new URL('/sui.rpc.v2.LedgerService/BatchGetObjects', network.rpc_url);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const headers = { 'Content-Type': 'application/grpc-web+proto', 'Content-Length': body.length };
const times = [];
let failed = 0;
let open = 0;
function ask() {
	const begin = performance.now();
	++open;
	const end = (good) => {
		--open;
		if (good) times.push(performance.now() - begin);
		else ++failed;
	};
	const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
		let bytes = 0;
		response.on('data', (data) => (bytes += data.length));
		response.on('end', () => end(bytes > 1000));
	});
	request.on('error', () => end(false));
	request.end(body);
}

const begin = performance.now();
let asked = 0;
await new Promise((done) => {
	const timer = setInterval(() => {
		const due = Math.min(rate * seconds, ((performance.now() - begin) / 1000) * rate);
		for (; asked < due; ++asked) ask();
		if (asked < rate * seconds || open > 0) return;
		clearInterval(timer);
		done();
	}, 1);
});
times.sort((a, b) => a - b);
const at = (share) => times[Math.floor((times.length - 1) * share)].toFixed(1);
console.log(
	`${asked} asked, ${failed} failed, ${Math.round((asked / (performance.now() - begin)) * 1000)}/s; ` +
		`ms: p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, most ${at(1)}`,
);
agent.destroy();
