// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

// Every file starts networks of its own: one after the other, the machine is shared.
export default defineConfig({
	test: {
		include: ['*.test.ts'],
		fileParallelism: false,
		testTimeout: 300_000,
		hookTimeout: 300_000,
		pool: 'forks',
	},
});
