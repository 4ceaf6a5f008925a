/**
 * The worker's side of a language service. The texts come by themselves, as Monaco's mirror models.
 * It stands in for monaco-worker-manager's own (see vite.config.ts), which knows only older Monacos.
 */
import { start } from 'monaco-editor/editor/editor.worker.start.js';

type WorkerContext = Parameters<Parameters<typeof start>[0]>[0];

/** @param create makes the service, with what the page posted first */
export function initialize<Data>(create: (context: WorkerContext, data: Data) => object): void {
  self.onmessage = ({ data }: MessageEvent<Data>) => {
    // From here on the worker's messages are Monaco's.
    start((context) => create(context, data));
  };
}
