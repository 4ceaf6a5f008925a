/**
 * The parts of a parsed template. Each prints as Go prints it: error messages quote the part that failed.
 * Source: Go 1.24 text/template/parse/node.go.
 */
import { quote } from '#engine/go-quote.ts';
import type { GoValue } from './value.ts';

interface Place {
  /** Index in the template's text. */
  at: number;
}

export type Node = TextNode | ActionNode | IfNode | RangeNode | WithNode | TemplateNode | BreakNode | ContinueNode | Argument;
export type Argument =
  BoolNode | ChainNode | DotNode | FieldNode | IdentifierNode | NilNode | NumberNode | PipeNode | StringNode | VariableNode;

export interface TextNode extends Place {
  kind: 'text';
  text: string;
}
export interface ActionNode extends Place {
  kind: 'action';
  pipe: PipeNode;
}
interface Branch extends Place {
  pipe: PipeNode;
  list: Node[];
  /** Undefined without `{{else}}`. */
  elseList?: Node[];
}
export interface IfNode extends Branch {
  kind: 'if';
}
export interface RangeNode extends Branch {
  kind: 'range';
}
export interface WithNode extends Branch {
  kind: 'with';
}
export interface TemplateNode extends Place {
  kind: 'template';
  name: string;
  pipe?: PipeNode;
}
export interface BreakNode extends Place {
  kind: 'break';
}
export interface ContinueNode extends Place {
  kind: 'continue';
}
export interface PipeNode extends Place {
  kind: 'pipe';
  /** Variables that take the result. */
  variables: VariableNode[];
  /** `=` instead of `:=`. */
  assigns: boolean;
  commands: CommandNode[];
}
export interface CommandNode extends Place {
  kind: 'command';
  /** The first one is what is called, or the value. */
  args: Argument[];
}
export interface BoolNode extends Place {
  kind: 'bool';
  value: boolean;
}
export interface ChainNode extends Place {
  kind: 'chain';
  node: Argument;
  fields: string[];
}
export interface DotNode extends Place {
  kind: 'dot';
}
export interface FieldNode extends Place {
  kind: 'field';
  names: string[];
}
export interface IdentifierNode extends Place {
  kind: 'identifier';
  name: string;
}
export interface NilNode extends Place {
  kind: 'nil';
}
export interface NumberNode extends Place {
  kind: 'number';
  text: string;
  value: GoValue;
}
export interface StringNode extends Place {
  kind: 'string';
  /** As written, quotes included. */
  quoted: string;
  value: string;
}
export interface VariableNode extends Place {
  kind: 'variable';
  /** `$x` and the fields after it. */
  names: string[];
}

/** The source text of a part, in Go's normal form. */
export function printNode(node: Node | CommandNode): string {
  switch (node.kind) {
    case 'text':
      return quote(node.text);
    case 'action':
      return `{{${printNode(node.pipe)}}}`;
    case 'if':
    case 'range':
    case 'with': {
      const other = node.elseList ? `{{else}}${printList(node.elseList)}` : '';
      return `{{${node.kind} ${printNode(node.pipe)}}}${printList(node.list)}${other}{{end}}`;
    }
    case 'template':
      return `{{template ${quote(node.name)}${node.pipe ? ` ${printNode(node.pipe)}` : ''}}}`;
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`;
    case 'pipe': {
      const variables = node.variables.map(printNode).join(', ');
      const taken = variables === '' ? '' : `${variables} ${node.assigns ? '=' : ':='} `;
      return taken + node.commands.map(printNode).join(' | ');
    }
    case 'command':
      return node.args.map(printArgument).join(' ');
    case 'bool':
      return String(node.value);
    case 'chain':
      return printArgument(node.node) + node.fields.map((field) => `.${field}`).join('');
    case 'dot':
      return '.';
    case 'field':
      return node.names.map((name) => `.${name}`).join('');
    case 'identifier':
      return node.name;
    case 'nil':
      return 'nil';
    case 'number':
      return node.text;
    case 'string':
      return node.quoted;
    case 'variable':
      return node.names.join('.');
  }
}

export function printList(nodes: Node[]): string {
  return nodes.map(printNode).join('');
}

function printArgument(node: Argument): string {
  return node.kind === 'pipe' ? `(${printNode(node)})` : printNode(node);
}
