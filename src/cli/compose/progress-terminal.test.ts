/** Against what docker compose 2.26.1 drew on a terminal of 80 columns (`up`, `down`, with the times of that run). */
import { describe, expect, test } from 'vitest';
import { done, working } from './progress.ts';
import { TerminalProgress } from './progress-terminal.ts';

const ESC = '\x1b[';
const blue = (text: string): string => `${ESC}34m${text}${ESC}0m`;
const green = (text: string): string => `${ESC}32m${text}${ESC}0m`;
const spinner = `${ESC}33m⠋${ESC}0m`;
const up = (lines: number): string => `${ESC}1A`.repeat(lines);
const [a, b] = ['Container compose-up-attached-a-1', 'Container compose-up-attached-b-1'];
const network = 'Network compose-up-attached_default';

function screen(): TerminalProgress {
  return new TerminalProgress({ title: 'Running', prefix: '', size: () => ({ rows: 24, columns: 80 }) });
}

describe('a block of lines', () => {
  test('grows, and shows what is over in green', () => {
    const display = screen();
    display.event(working(network, 'Creating'), 0);
    expect(display.draw(100)).toBe(
      `${up(1)}${ESC}1B${ESC}0G${ESC}?25l[+] Running 0/0\n` +
        ` ${spinner} Network compose-up-attached_default  Creating${' '.repeat(27)}${blue('0.1s ')}\n${ESC}?25h`,
    );
    display.event(done(network, 'Created'), 110);
    for (const id of [b, a]) display.event(working(id, 'Created'), 120);
    expect(display.draw(170)).toBe(
      `${up(2)}${ESC}0G${ESC}?25l${blue('[+] Running 1/1')}\n` +
        ` ${green('✔')} Network compose-up-attached_default  ${green('Created')}${' '.repeat(28)}${blue('0.1s ')}\n` +
        ` ${spinner} Container compose-up-attached-b-1    Created${' '.repeat(28)}${blue('0.1s ')}\n` +
        ` ${spinner} Container compose-up-attached-a-1    Created${' '.repeat(28)}${blue('0.1s ')}\n${ESC}?25h`,
    );
  });

  test('is drawn over', () => {
    const display = screen();
    for (const id of [b, a]) {
      display.event(working(id, 'Stopping'), 0);
      display.event(done(id, 'Removed'), 40);
    }
    display.event(working(network, 'Removing'), 40);
    const removed = (id: string): string => ` ${green('✔')} ${id}    ${green('Removed')}${' '.repeat(28)}${blue('0.0s ')}\n`;
    expect(display.draw(100)).toContain(`[+] Running 2/0\n${removed(b)}${removed(a)}`);
    display.event(done(network, 'Removed'), 140);
    expect(display.draw(150)).toMatch(new RegExp(`^(\\x1b\\[1A){4}\\x1b\\[0G\\x1b\\[\\?25l\\x1b\\[34m\\[\\+\\] Running 3/3`));
  });

  test('nothing is drawn before anything happens', () => {
    expect(screen().draw(0)).toBe('');
  });

  test('an image shows its layers in one bar and below it', () => {
    const display = screen();
    display.event({ id: 'web', text: 'Pulling', status: 'working' }, 0);
    const layer = { id: 'abcdef123456', parentId: 'web', text: 'Downloading', status: 'working' as const, statusText: '[=>  ] 1MB/2MB' };
    display.event({ ...layer, current: 1e6, total: 2e6, percent: 50 }, 0);
    const text = display.draw(0);
    expect(text).toContain(`web [${green('⣤')}]     1MB / 2MB     Pulling`);
    expect(text).toContain(`   ${spinner} abcdef123456 Downloading`);
  });
});
