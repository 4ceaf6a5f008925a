import { describe, expect, it } from 'vitest';
import { Filters } from './filters.ts';

describe('Filters', () => {
  it('reads both JSON forms', () => {
    for (const json of ['{"key": ["a", "b"]}', '{"key": {"a": true, "b": true}}'])
      expect(Filters.parse(json).get('key')).toEqual(['a', 'b']);
    expect(Filters.parse('').size).toBe(0);
    expect(Filters.parse('null').size).toBe(0);
  });

  it.each(['anything', "['a','list']", "{'key': 'value'}", '{"key": "value"}', '[1]', '{"key": [1]}'])('refuses %s', (json) => {
    expect(() => Filters.parse(json)).toThrow('invalid filter');
  });

  it('names the filter it does not know', () => {
    expect(() => Filters.parse('{"bogus":{"1":true}}').validate(['dangling'])).toThrow("invalid filter 'bogus'");
  });

  it('matches exactly, by prefix, by expression, by pair', () => {
    const filters = Filters.parse('{"name":["foo"],"created":["to(.*)","to(day"],"label":["key1=value1","key2"]}');
    expect(['foo', 'foobar', 'barfoo'].map((value) => filters.exact('name', value))).toEqual([true, false, false]);
    expect(['foo', 'foobar', 'barfoo', 'bar'].map((value) => filters.prefix('name', value))).toEqual([true, true, false, false]);
    expect(filters.match('created', 'today')).toBe(true);
    expect(filters.match('created', 'day')).toBe(false);
    expect(filters.exact('absent', 'anything')).toBe(true);
    expect(filters.pairs('label', { key1: 'value1', key2: 'x' })).toBe(true);
    expect(filters.pairs('label', { key1: 'value2', key2: 'x' })).toBe(false);
    expect(filters.pairs('label', null)).toBe(false);
    expect(filters.pairs('absent', null)).toBe(true);
    expect(Filters.parse('{"label":["toString"]}').pairs('label', {})).toBe(false);
  });

  it('reads flags', () => {
    expect(Filters.parse('{"dangling":["true"]}').flag('dangling', false)).toBe(true);
    expect(Filters.parse('{"dangling":["0"]}').flag('dangling', true)).toBe(false);
    expect(new Filters().flag('dangling', true)).toBe(true);
    expect(() => Filters.parse('{"dangling":["potato"]}').flag('dangling', true)).toThrow("invalid filter 'dangling=[potato]'");
    expect(() => Filters.parse('{"dangling":["true","false"]}').flag('dangling', true)).toThrow("invalid filter 'dangling=[true false]'");
    expect(() => Filters.parse('{"dangling":[]}').flag('dangling', true)).toThrow("invalid filter 'dangling'");
  });
});
