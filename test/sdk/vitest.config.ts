// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

// Every file starts networks of its own: one after the other, the machine is shared.
export default defineConfig({
	test: {
		include: ['*.test.ts'],
		fileParallelism: false,
		testTimeout: 120_000,
		hookTimeout: 120_000,
		pool: 'forks',
	},
});
