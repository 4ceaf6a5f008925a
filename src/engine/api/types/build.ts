/** Lines that `POST /build?version=2` answers with, beside those of `ProgressMessage`; see docs/api-extensions.md. */

/** A finding of the build checks. */
export interface BuildWarning {
  rule: string;
  description: string;
  url: string;
  message: string;
  /** From 1, inclusive. */
  startLine: number;
  endLine: number;
}

/** Number, text, and whether it is one of those meant. */
export type SourceLine = [number: number, text: string, meant: boolean];

/** What a check answers with. */
export type BuildCheckLine = { error?: string } & (
  | { id: 'drydock.build.source'; aux: { file: string; lines: SourceLine[] } }
  | { id: 'drydock.build.check'; aux: { warnings: BuildWarning[] } }
  | { id?: undefined; aux?: undefined }
);

/** What `POST /build/lines` tells of the lines of an instruction. */
export interface BuildLineOutcome {
  /** From 1, inclusive. */
  start: number;
  end: number;
  outcome: 'cached' | 'built' | 'failed';
  /** How long it took; of what was cached, to find it. */
  ms: number;
}
