/** The `name` of each document of a compose file, read before the file is: it is needed for its variables. */
import { ComposeError } from '../compose-error.ts';
import { parseYaml } from './yaml-nodes.ts';

/** Names as they are written. A text that cannot be read has none: what is wrong is told when it is loaded. */
export function namesInYaml(text: string): string[] {
  try {
    return parseYaml(text).flatMap((document) => {
      const at = document.kind === 'mapping' ? document.content.findIndex((node, index) => index % 2 === 0 && node.value === 'name') : -1;
      const value = at < 0 ? undefined : document.content[at + 1];
      const node = value?.alias ?? value;
      return node?.kind === 'scalar' && node.tag !== '!!null' ? [node.value] : [];
    });
  } catch (error) {
    if (error instanceof ComposeError) return [];
    throw error;
  }
}
