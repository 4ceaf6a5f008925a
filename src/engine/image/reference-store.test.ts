import { describe, expect, it } from 'vitest';
import { EngineError } from '../errors.ts';
import { parseNormalizedNamed } from '../oci/reference.ts';
import { MemoryStorage } from '../testing/memory-storage.ts';
import { ReferenceStore } from './reference-store.ts';

const image = (digit: string): string => `sha256:${digit.repeat(64)}`;

describe('names of images on a full disk', () => {
  it('stand for what they stood for', () => {
    const storage = new MemoryStorage();
    const store = new ReferenceStore(storage, 'overlay2');
    const [one, two] = ['one', 'two'].map((name) => parseNormalizedNamed(name)) as [
      ReturnType<typeof parseNormalizedNamed>,
      ReturnType<typeof parseNormalizedNamed>,
    ];
    store.add(one, image('1'));
    const { write } = storage;
    storage.write = () => {
      throw new EngineError('system', 'no space left on device');
    };
    expect(() => store.add(two, image('2'))).toThrow('no space left on device');
    expect(() => store.add(one, image('2'))).toThrow('no space left on device');
    expect(() => store.delete(one)).toThrow('no space left on device');
    storage.write = write;
    for (const each of [store, new ReferenceStore(storage, 'overlay2')]) {
      expect([each.get(one), each.get(two)]).toEqual([image('1'), undefined]);
      expect(each.referencesOf(image('2'))).toEqual([]);
      expect(each.referencesOf(image('1'))).toHaveLength(1);
    }
  });
});
