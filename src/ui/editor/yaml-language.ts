/** Compose files by the Compose specification, other YAML by its syntax: fetched when the first YAML file is opened. */
import { editor, languages } from 'monaco-editor/editor/editor.api.js';
import { configureMonacoYaml, type JSONSchema } from 'monaco-yaml';
import YamlWorker from 'monaco-yaml/yaml.worker.js?worker';
import { composeScheme } from './compose-files.ts';
import composeSpec from './compose-spec.json' with { type: 'json' };

// Every shape may be reset or overridden.
const customTags = ['!reset', '!override'].flatMap((tag) => ['scalar', 'sequence', 'mapping'].map((shape) => `${tag} ${shape}`));

const monaco = {
  // Monaco's own configuration of YAML stays: it indents after a key, monaco-yaml's does not.
  languages: { ...languages, setLanguageConfiguration: () => ({ dispose() {} }) },
  editor: {
    ...editor,
    createWebWorker({ createData }: { createData: unknown }) {
      const worker = new YamlWorker();
      worker.postMessage(createData);
      return editor.createWebWorker({ worker });
    },
  },
};

configureMonacoYaml(monaco as unknown as Parameters<typeof configureMonacoYaml>[0], {
  customTags,
  enableSchemaRequest: false,
  hoverAnchor: false,
  format: { enable: false },
  schemas: [{ uri: 'https://compose-spec.io/compose-spec.json', fileMatch: [`${composeScheme}:/**`], schema: composeSpec as JSONSchema }],
});
