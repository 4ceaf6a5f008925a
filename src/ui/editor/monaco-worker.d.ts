/** Monaco has no types for the entry its own language workers start with. */
declare module 'monaco-editor/editor/editor.worker.start.js' {
  interface MirrorModel {
    uri: { toString(): string };
    version: number;
    getValue(): string;
  }
  /** Answers Monaco's messages from now on. @param create makes what the page may call */
  export function start(create: (context: { getMirrorModels(): MirrorModel[] }) => object): void;
}
