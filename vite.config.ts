/**
 * Builds the page and configures the tests. The machine's files (saved state, registry, v86's wasm) are
 * plain files beside the page: see bin/assets.ts.
 */
import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { machineAssets } from './bin/assets.ts';
import { previewOrigin } from './bin/preview-origin.ts';
import { lessonModules } from './src/lessons/lesson-module.ts';

const shared = { exclude: ['**/node_modules/**', 'dist/**', '.cache/**', 'images/.cache/**'] };

export default defineConfig({
  base: './',
  publicDir: 'public',
  plugins: [svelte({ configFile: false }), lessonModules(), machineAssets(), previewOrigin()],
  worker: { format: 'es' },
  resolve: { alias: { 'monaco-worker-manager/worker': join(import.meta.dirname, 'src/ui/editor/language-worker.ts') } },
  build: { outDir: 'dist', target: 'es2023', chunkSizeWarningLimit: 4000, assetsInlineLimit: 0 },
  server: { host: '127.0.0.1', port: 8600 },
  preview: { host: '127.0.0.1', port: 8600 },
  test: {
    reporters: ['default', './test/reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          ...shared,
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bin/**/*.test.ts'],
          exclude: [...shared.exclude, '**/*.machine.test.ts', 'test/browser/**'],
          // What the files import takes longer than most of them; none keeps anything to itself.
          isolate: false,
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'machine',
          include: ['**/*.machine.test.ts'],
          // A machine is busy on one core, and translates on another what it will run.
          fileParallelism: false,
          isolate: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...shared,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
