/** How far an operation is: `1.99MB`, `512B / 2.00kB`. Source: tonistiigi/units. */
import { formatFixed } from '../../units/number.ts';
import type { OperationUpdate } from './solve-status.ts';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** Empty when nothing is known. */
export function amountOf({ current, total = 0 }: OperationUpdate): string {
  if (total !== 0) return `${bytes(current)} / ${bytes(total)}`;
  return current === 0 ? '' : bytes(current);
}

function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (Math.abs(value) >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${count}B` : `${formatFixed(value, 2)}${UNITS[unit] ?? ''}`;
}
