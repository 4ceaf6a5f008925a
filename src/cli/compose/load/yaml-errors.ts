/** What the `yaml` package finds wrong with a text, in go-yaml's words, which Compose prints. */
import type { LineCounter, YAMLParseError } from 'yaml';
import { ComposeError } from '../compose-error.ts';

export function goYamlError(text: string, error: YAMLParseError, lines: LineCounter): ComposeError {
  const { line } = lines.linePos(error.pos[0]);
  return new ComposeError(`yaml: line ${line}: ${error.message}`, 15);
}
