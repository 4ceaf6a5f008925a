/** The `name` of each document of a compose file, read before the file is: it is needed for its variables. */
import { ComposeError } from '../compose-error.ts';
import { parseYaml, type YamlNode } from './yaml-nodes.ts';

/** Names as they are written, up to a document that cannot be read: what is wrong is told when the file is loaded. */
export function namesInYaml(text: string): string[] {
  const names: string[] = [];
  try {
    for (const document of parseYaml(text)) {
      const name = document.kind === 'mapping' ? nameIn(document) : undefined;
      if (name !== undefined) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof ComposeError)) throw error;
  }
  return names;
}

function nameIn(mapping: YamlNode): string | undefined {
  const at = mapping.content.findIndex((node, index) => index % 2 === 0 && node.value === 'name');
  const value = at < 0 ? undefined : mapping.content[at + 1];
  const node = value?.alias ?? value;
  return node?.kind === 'scalar' && node.tag !== '!!null' ? node.value : undefined;
}
