import { describe, expect, test } from 'vitest';
import { FakeEnvironment } from '../testing.ts';
import { monitorTerminalSize } from './terminal-size.ts';

const terminal = { rows: 24, columns: 80 };

describe('monitorTerminalSize', () => {
  test('once at the start and at every change', async () => {
    const environment = new FakeEnvironment({ terminal: { ...terminal } });
    const asked: number[][] = [];
    const stop = await monitorTerminalSize(environment, async (...size) => void asked.push(size));
    environment.signal('WINCH');
    environment.signal('INT');
    await environment.clock.advance(1);
    stop();
    environment.signal('WINCH');
    expect(asked).toEqual([
      [24, 80],
      [24, 80],
    ]);
  });

  test('tries again while there is no process yet', async () => {
    const environment = new FakeEnvironment({ terminal });
    let tries = 0;
    const resize = async (): Promise<void> => {
      if (++tries < 4) throw new Error('not running');
    };
    await monitorTerminalSize(environment, resize);
    await environment.clock.advance(10 + 20);
    expect(tries).toBe(3);
    await environment.clock.advance(1000);
    expect(tries).toBe(4);
    expect(environment.stderr.text).toBe('');
  });

  test('gives up after ten', async () => {
    const environment = new FakeEnvironment({ terminal });
    let tries = 0;
    await monitorTerminalSize(environment, async () => {
      tries++;
      throw new Error('not running');
    });
    await environment.clock.advance(1000);
    expect(tries).toBe(11);
    expect(environment.stderr.text).toBe('failed to resize tty, using default size\n');
  });

  test('asks for nothing without a terminal', async () => {
    const environment = new FakeEnvironment();
    await monitorTerminalSize(environment, () => Promise.reject(new Error('asked')));
    await environment.clock.advance(1000);
    expect(environment.stderr.text).toBe('');
  });
});
