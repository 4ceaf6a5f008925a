import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import tables from '../../../test/data/reference/tables.json' with { type: 'json' };
import {
  familiarMatch,
  familiarName,
  familiarString,
  fullName,
  fullString,
  parseAnyReference,
  parseNormalizedNamed,
  parseReference,
  tagNameOnly,
  withDigest,
  withTag,
} from './reference.ts';

fc.configureGlobal({ seed: 28 });

const messages: Record<string, string> = {
  ErrNameEmpty: 'repository name must have at least one component',
  ErrReferenceInvalidFormat: 'invalid reference format',
  ErrNameContainsUppercase: 'repository name must be lowercase',
  ErrNameTooLong: 'repository name must not be more than 255 characters',
  'digest.ErrDigestInvalidLength': 'invalid checksum digest length',
  'digest.ErrDigestUnsupported': 'unsupported digest algorithm',
};

interface Row {
  input: string;
  repository?: string;
  domain?: string;
  tag?: string;
  digest?: string;
  err?: { $id?: string; $src?: string };
}

describe('the grammar (distribution/reference, TestReferenceParse)', () => {
  // Its test links no SHA-512; Docker itself does, as we do.
  const rows = (tables.TestReferenceParse as Row[]).filter((row) => !row.input.includes('sha512'));
  it.each(rows)('$input', ({ input, repository, domain, tag, digest, err }) => {
    if (err) expect(() => parseReference(input)).toThrow(messages[(err.$id ?? err.$src)!]);
    else {
      const reference = parseReference(input);
      expect(fullName(reference)).toBe(repository);
      expect(reference).toEqual({ domain: domain ?? '', path: repository!.slice(domain ? domain.length + 1 : 0), tag, digest });
    }
  });
});

describe('familiar names', () => {
  it.each(tables.TestParseRepositoryInfo)('$FullName', (row) => {
    for (const name of [row.FamiliarName, row.FullName, row.AmbiguousName].filter(Boolean)) {
      const reference = parseNormalizedNamed(name);
      expect([reference.domain, reference.path, familiarName(reference), fullName(reference)]).toEqual([
        row.Domain,
        row.RemoteName,
        row.FamiliarName,
        row.FullName,
      ]);
    }
  });

  it.each([...tables.validRepoNames, ...tables.validRepositoryNames])('accepts %s', (name) => {
    expect(() => parseNormalizedNamed(name)).not.toThrow();
  });

  it.each([...tables.invalidRepoNames, ...tables.invalidRepositoryNames])('refuses %s', (name) => {
    expect(() => parseNormalizedNamed(name)).toThrow();
  });

  it.each(tables.TestParseAnyReference)('any: $Reference', ({ Reference, Equivalent }) => {
    const parsed = parseAnyReference(Reference);
    expect(parsed.kind === 'digest' ? parsed.digest : fullString(parsed.reference)).toBe(Equivalent);
  });

  it.each(tables.TestParseDockerRef.filter((row) => row.expected))('with tag: $input', ({ input, expected }) => {
    const reference = tagNameOnly(parseNormalizedNamed(input));
    expect(fullString(reference.digest ? { ...reference, tag: undefined } : reference)).toBe(expected);
  });

  it.each(tables.TestMatch)('$pattern on $reference', ({ pattern, reference, expected }) => {
    expect(familiarMatch(pattern, parseNormalizedNamed(reference))).toBe(expected);
  });
});

describe('Docker’s words', () => {
  it.each([
    ['Bad/Name', 'invalid reference format: repository name (Name) must be lowercase'],
    ['Bad', 'invalid reference format: repository name (library/Bad) must be lowercase'],
    ['busybox:bad/tag', 'invalid reference format'],
    ['a'.repeat(64), `invalid repository name (${'a'.repeat(64)}), cannot specify 64-byte hexadecimal strings`],
  ])('%s', (name, message) => {
    expect(() => parseNormalizedNamed(name)).toThrow(message);
  });

  it('refuses endless input without looking at it', () => {
    expect(() => parseNormalizedNamed(`a${'-a'.repeat(100_000)}`)).toThrow('invalid reference format');
    expect(() => parseReference(`${'a.'.repeat(1_000_000)}/x`)).toThrow('invalid reference format');
  });
});

describe('properties', () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,4})?$/);
  const named = fc.record({
    domain: fc.constantFrom('docker.io', 'localhost:5000', 'example.com'),
    // A first part with a dot would be taken for a domain in the familiar form, by Docker too.
    path: fc
      .tuple(fc.stringMatching(/^[a-z0-9]{2,8}$/), fc.array(part, { minLength: 1, maxLength: 2 }))
      .map(([first, rest]) => [first, ...rest].join('/')),
    tag: fc.option(fc.stringMatching(/^\w[\w.-]{0,20}$/), { nil: undefined }),
    digest: fc.option(fc.stringMatching(/^sha256:[a-f0-9]{64}$/), { nil: undefined }),
  });

  it('parse(print(reference)) is the reference, in full and familiar form', () => {
    fc.assert(
      fc.property(named, (reference) => {
        expect(parseNormalizedNamed(fullString(reference))).toEqual(reference);
        expect(parseNormalizedNamed(familiarString(reference))).toEqual(reference);
      }),
    );
  });

  it('parses anything or refuses it with a message', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(fullString(parseNormalizedNamed(text))).not.toBe('');
        } catch (error) {
          expect((error as Error).name).toBe('EngineError');
        }
      }),
    );
  });

  it('checks tags and digests that are put on', () => {
    const busybox = parseNormalizedNamed('busybox');
    expect(familiarString(withTag(busybox, '1.35'))).toBe('busybox:1.35');
    expect(() => withTag(busybox, '-x')).toThrow('invalid tag format');
    expect(() => withDigest(busybox, 'sha256:short')).toThrow('invalid digest format');
  });
});
