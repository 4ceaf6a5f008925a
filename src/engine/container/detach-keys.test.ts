import { describe, expect, it } from 'vitest';
import { EngineError } from '../errors.ts';
import { DetachWatcher, parseDetachKeys } from './detach-keys.ts';

const parse = (text: string) =>
  parseDetachKeys(text, (keys) => new EngineError('invalid-parameter', `Invalid detach keys (${keys}) provided`));

describe('detach keys', () => {
  it('are read', () => {
    expect(parse('ctrl-p,ctrl-q')).toEqual([16, 17]);
    expect(parse('a,b,ctrl-[,ctrl-@,ctrl-_')).toEqual([97, 98, 27, 0, 31]);
    expect(parse('')).toEqual([]);
    for (const wrong of ['ctrl-', 'foo', 'a,,b', 'ctrl-é']) expect(() => parse(wrong)).toThrow(`Invalid detach keys (${wrong}) provided`);
  });

  it('are found over chunk borders, and everything else passes', () => {
    const watcher = new DetachWatcher([]);
    expect(watcher.push(Uint8Array.of(1, 16))).toEqual({ pass: Uint8Array.of(1), detach: false });
    expect(watcher.push(Uint8Array.of(2, 16))).toEqual({ pass: Uint8Array.of(16, 2), detach: false });
    expect(watcher.push(Uint8Array.of(16))).toEqual({ pass: Uint8Array.of(16), detach: false });
    expect(watcher.push(Uint8Array.of(17, 99))).toEqual({ pass: Uint8Array.of(), detach: true });
  });
});
