/** What is wrong with a `config.json` is warned of, in Docker's words, and what is right in it counts. */
import { describe, expect, test } from 'vitest';
import { readClientConfig } from './client-config.ts';
import { FakeEnvironment } from './testing.ts';

async function read(text: string): Promise<{ config: object; warning: string }> {
  const environment = new FakeEnvironment({ files: { '/c/config.json': text } });
  const config = await readClientConfig(environment, '/c');
  return { config, warning: environment.stderr.text };
}

describe('config.json', () => {
  test('need not be there', async () => {
    const environment = new FakeEnvironment();
    expect(await readClientConfig(environment, '/none')).toEqual({});
    expect(environment.stderr.text).toBe('');
  });

  test.each([
    ['', {}],
    ['null', {}],
    ['{"PsFormat": "{{.ID}}", "detachKeys": null, "unknown": 1}', { psFormat: '{{.ID}}' }],
    ['{"currentContext": "x"} {', { currentContext: 'x' }],
    ['{"proxies": {"default": {"httpProxy": "p"}}}', { proxies: { default: { httpProxy: 'p' } } }],
  ])('%s is fine', async (text, config) => {
    expect(await read(text)).toEqual({ config, warning: '' });
  });

  test.each([
    ['{', {}, 'unexpected EOF'],
    ['{"psFormat": x}', {}, "invalid character 'x' looking for beginning of value"],
    ['[]', {}, 'json: cannot unmarshal array into Go value of type configfile.ConfigFile'],
    ['true', {}, 'json: cannot unmarshal bool into Go value of type configfile.ConfigFile'],
    [
      '{"psFormat": 3, "detachKeys": "a"}',
      { detachKeys: 'a' },
      'json: cannot unmarshal number into Go struct field ConfigFile.psFormat of type string',
    ],
  ])('%s is warned of', async (text, config, problem) => {
    expect(await read(text)).toEqual({ config, warning: `WARNING: Error parsing config file (/c/config.json): ${problem}\n` });
  });
});
