import { describe, expect, test } from 'vitest';
import { displayPorts } from '#cli/format/display-ports.ts';
import { readData } from './recording.ts';

interface Row {
  ports: { IP?: string; PrivatePort: number; PublicPort?: number; Type: string }[];
  expected: string;
}

const { rows } = readData('displayable-ports.json') as { rows: Row[] };

describe("rows of docker/cli's own test", () => {
  test.each(rows)('$expected', ({ ports, expected }) => {
    expect(displayPorts(ports)).toBe(expected);
  });
});
