/** One JSON line per figure, with its target and, where Docker itself was measured in the same run, the ratio to it. */

export interface Figure {
  name: string;
  where: 'node' | 'chromium' | 'docker';
  value: number;
  unit: 'ms' | 's' | 'MB' | 'MB/s' | 'kB' | '%' | 'ratio';
  /** At most (or for MB/s at least) this. */
  target?: number;
  /** The same work on Docker's own engine in this run. */
  docker?: number;
  runs?: number;
}

export function report(figure: Figure): void {
  const { value, docker } = figure;
  const line: Record<string, unknown> = { ...figure, value: round(value) };
  if (docker !== undefined) Object.assign(line, { docker: round(docker), ratio: round(value / docker) });
  console.log(JSON.stringify(line));
}

export function median(values: number[]): number {
  return percentile(values, 50);
}

export function percentile(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? NaN;
}

/** Milliseconds that each of `runs` calls took, after one that is not counted. */
export async function time(runs: number, work: () => Promise<unknown>): Promise<number[]> {
  await work();
  const took: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work();
    took.push(performance.now() - start);
  }
  return took;
}

/** Milliseconds of one call. */
export async function timeOnce(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
