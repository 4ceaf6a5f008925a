import { expect, test } from 'vitest';
import { isComposeFile } from './compose-files.ts';

test.each([
  'compose.yaml',
  'compose.yml',
  'app/docker-compose.yml',
  'compose.override.yaml',
  'docker-compose-test.yml',
  'compose.dev.test.yml',
])('%s is a Compose file', (path) => expect(isComposeFile(path)).toBe(true));

test.each(['composer.yml', 'compose/config.yml', 'compose.json', 'my-compose.yaml', 'stack.yml', 'compose.yaml.bak'])(
  '%s is none',
  (path) => expect(isComposeFile(path)).toBe(false),
);
