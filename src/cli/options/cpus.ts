/** `--cpus 1.5` as billionths of a CPU, exact as Docker's rational numbers are. */
export function parseCpus(text: string): number {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?(?:\/(\d+))?$/i.exec(text);
  const [, sign = '', whole = '', fraction = '', exponent = '0', divisor = '1'] = match ?? [];
  if (!match || whole + fraction === '' || BigInt(divisor) === 0n) {
    throw new Error(`failed to parse ${text} as a rational number`);
  }
  const power = Number(exponent) - fraction.length + 9;
  const scaled = BigInt(whole + fraction) * 10n ** BigInt(Math.max(0, power));
  const divided = BigInt(divisor) * 10n ** BigInt(Math.max(0, -power));
  if (scaled % divided !== 0n) throw new Error('value is too precise');
  return Number(scaled / divided) * (sign === '-' ? -1 : 1);
}
