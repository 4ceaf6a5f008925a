/**
 * Runs a parsed template over a value. Output goes into a string; an error says where it happened and
 * quotes the part of the template, in Go's words.
 * Source: Go 1.24 text/template/exec.go.
 */
import { quote } from '#engine/go-quote.ts';
import { BUILTINS, type GoFunction } from './functions.ts';
import { printNode, type Argument, type CommandNode, type Node, type PipeNode, type RangeNode } from './node.ts';
import type { ParsedTemplate } from './parse.ts';
import { printValue } from './print.ts';
import {
  GoInteger,
  GoList,
  GoMap,
  GoStruct,
  isTrue,
  JsonNumber,
  Nil,
  sortedEntries,
  typeName,
  type GoMethod,
  type GoValue,
  type ParameterType,
} from './value.ts';

/** A template that failed on its data; the message is Go's, location included. */
export class TemplateExecError extends Error {
  override readonly name = 'TemplateExecError';

  constructor(
    message: string,
    /** What had been written before. */
    readonly output: string,
  ) {
    super(message);
  }
}

export interface ExecOptions {
  functions: Record<string, GoFunction>;
  /** A key that a map does not have is an error instead of `<no value>`. */
  missingKeyIsError?: boolean;
}

export function execute(template: ParsedTemplate, data: GoValue, options: ExecOptions): string {
  return new Execution(template, options).run(data);
}

interface Variable {
  name: string;
  value: GoValue;
}

/** What leaves a range's body early. */
type Jump = 'break' | 'continue' | undefined;

/** Nothing was piped in. */
const NOTHING = Symbol('nothing');
type Piped = GoValue | typeof NOTHING;

const MAX_DEPTH = 10_000;

class Execution {
  #output = '';
  #variables: Variable[] = [];
  #node: Node | CommandNode | undefined;
  #template: string;
  #depth = 0;

  constructor(
    readonly template: ParsedTemplate,
    readonly options: ExecOptions,
  ) {
    this.#template = template.name;
  }

  run(data: GoValue): string {
    this.#variables = [{ name: '$', value: data }];
    this.#walkList(data, this.template.root);
    return this.#output;
  }

  // Statements

  #walkList(dot: GoValue, nodes: Node[]): Jump {
    for (const node of nodes) {
      const jump = this.#walk(dot, node);
      if (jump) return jump;
    }
    return undefined;
  }

  #walk(dot: GoValue, node: Node): Jump {
    this.#node = node;
    switch (node.kind) {
      case 'text':
        this.#output += node.text;
        return undefined;
      case 'action': {
        const value = this.#pipeline(dot, node.pipe);
        if (node.pipe.variables.length === 0) this.#print(value);
        return undefined;
      }
      case 'if':
      case 'with': {
        const scope = this.#variables.length;
        const value = this.#pipeline(dot, node.pipe);
        const inner = node.kind === 'with' ? value : dot;
        const jump = isTrue(value) ? this.#walkList(inner, node.list) : this.#walkList(dot, node.elseList ?? []);
        this.#variables.length = scope;
        return jump;
      }
      case 'range':
        return this.#range(dot, node);
      case 'break':
      case 'continue':
        return node.kind;
      case 'template': {
        const list = this.template.definitions.get(node.name);
        if (!list) this.#fail(`template ${quote(node.name)} not defined`);
        if (++this.#depth > MAX_DEPTH) this.#fail(`exceeded maximum template depth (${MAX_DEPTH})`);
        const inner = node.pipe ? this.#pipeline(dot, node.pipe) : undefined;
        const outer = { variables: this.#variables, template: this.#template };
        this.#variables = [{ name: '$', value: inner }];
        this.#template = node.name;
        this.#walkList(inner, list);
        this.#variables = outer.variables;
        this.#template = outer.template;
        this.#depth--;
        return undefined;
      }
      default:
        return this.#fail(`can't handle node ${printNode(node)}`);
    }
  }

  #range(dot: GoValue, node: RangeNode): Jump {
    const scope = this.#variables.length;
    const value = this.#pipeline(dot, node.pipe);
    const inside = this.#variables.length;
    let count = 0;
    for (const [key, element] of this.#elements(value, node)) {
      count++;
      this.#setRangeVariables(node.pipe, key, element);
      const jump = this.#walkList(element, node.list);
      this.#variables.length = inside;
      if (jump === 'break') break;
    }
    if (count === 0 && node.elseList) {
      const jump = this.#walkList(dot, node.elseList);
      this.#variables.length = scope;
      return jump;
    }
    this.#variables.length = scope;
    return undefined;
  }

  /** Go's order of a range's variables: the last declared is the element, the one before it the key. */
  #setRangeVariables(pipe: PipeNode, key: GoValue, element: GoValue): void {
    const values = pipe.variables.length > 1 ? [key, element] : [element];
    for (const [index, variable] of pipe.variables.entries()) {
      const name = variable.names[0] ?? '';
      if (pipe.assigns) this.#assign(name, values[index]);
      else this.#declared(pipe, index).value = values[index];
    }
  }

  #declared(pipe: PipeNode, index: number): Variable {
    const name = pipe.variables[index]?.names[0] ?? '';
    const found = this.#variables.findLast((variable) => variable.name === name);
    if (!found) throw new Error(`no variable ${name}`);
    return found;
  }

  *#elements(value: GoValue, node: RangeNode): Generator<[GoValue, GoValue]> {
    this.#node = node.pipe;
    if (value instanceof GoList) {
      for (const [index, element] of value.elements.entries()) yield [BigInt(index), element];
    } else if (value instanceof GoMap) {
      for (const [key, element] of sortedEntries(value)) yield [key, element];
    } else if (typeof value === 'bigint' || value instanceof GoInteger) {
      if (node.pipe.variables.length > 1) this.#fail(`can't use ${printValue(value)} to iterate over more than one variable`);
      const end = typeof value === 'bigint' ? value : value.value;
      for (let index = 0n; index < end; index++) yield [index, index];
    } else if (value === undefined || value === null || value instanceof Nil) {
      return;
    } else {
      this.#fail(`range can't iterate over ${printValue(value)}`);
    }
  }

  // Pipelines

  #pipeline(dot: GoValue, pipe: PipeNode): GoValue {
    this.#node = pipe;
    let value: Piped = NOTHING;
    for (const command of pipe.commands) value = this.#command(dot, command, value);
    const result = value === NOTHING ? undefined : value;
    for (const variable of pipe.variables) {
      const name = variable.names[0] ?? '';
      if (pipe.assigns) this.#assign(name, result);
      else this.#variables.push({ name, value: result });
    }
    return result;
  }

  #command(dot: GoValue, command: CommandNode, piped: Piped): GoValue {
    const first = command.args[0];
    if (!first) return undefined;
    switch (first.kind) {
      case 'field':
        return this.#fields(dot, dot, first, first.names, command.args, piped);
      case 'chain':
        return this.#chain(dot, first, command.args, piped);
      case 'identifier':
        return this.#function(dot, first, command, command.args, piped);
      case 'pipe':
        this.#noArguments(command.args, piped);
        return this.#pipeline(dot, first);
      case 'variable':
        return this.#variable(dot, first, command.args, piped);
      default:
        this.#node = first;
        this.#noArguments(command.args, piped);
        if (first.kind === 'nil') return this.#fail('nil is not a command');
        return this.#constant(dot, first);
    }
  }

  #constant(dot: GoValue, node: Argument): GoValue {
    switch (node.kind) {
      case 'bool':
      case 'number':
      case 'string':
        return node.value;
      case 'dot':
        return dot;
      default:
        return this.#fail(`can't evaluate command ${quote(printNode(node))}`);
    }
  }

  #noArguments(args: Argument[], piped: Piped): void {
    if (args.length > 1 || piped !== NOTHING) {
      const first = args[0];
      this.#fail(`can't give argument to non-function ${first ? printNode(first) : ''}`);
    }
  }

  #chain(dot: GoValue, node: Extract<Argument, { kind: 'chain' }>, args: Argument[], piped: Piped): GoValue {
    this.#node = node;
    if (node.node.kind === 'nil') this.#fail(`indirection through explicit nil in ${printNode(node)}`);
    const target = this.#argument(dot, 'any', node.node);
    return this.#fields(dot, target, node, node.fields, args, piped);
  }

  #variable(dot: GoValue, node: Extract<Argument, { kind: 'variable' }>, args: Argument[], piped: Piped): GoValue {
    this.#node = node;
    const [name = '', ...fields] = node.names;
    const variable = this.#variables.findLast((one) => one.name === name);
    if (!variable) this.#fail(`undefined variable: ${name}`);
    if (fields.length === 0) {
      this.#noArguments(args, piped);
      return variable.value;
    }
    return this.#fields(dot, variable.value, node, fields, args, piped);
  }

  #assign(name: string, value: GoValue): void {
    const variable = this.#variables.findLast((one) => one.name === name);
    if (!variable) this.#fail(`undefined variable: ${name}`);
    variable.value = value;
  }

  // Fields, methods, functions

  #fields(dot: GoValue, receiver: GoValue, node: Argument, names: string[], args: Argument[], piped: Piped): GoValue {
    let value = receiver;
    let loose = false;
    for (const [index, name] of names.entries()) {
      const last = index === names.length - 1;
      const holder = value;
      value = this.#field(dot, holder, loose, node, name, last ? args : [node], last ? piped : NOTHING);
      loose = holder instanceof GoMap && holder.elementType === 'interface {}';
    }
    return value;
  }

  /** @param loose the receiver came out of an `interface{}`, which is the type that errors then name */
  #field(dot: GoValue, receiver: GoValue, loose: boolean, node: Argument, name: string, args: Argument[], piped: Piped): GoValue {
    this.#node = node;
    if (receiver === undefined) {
      if (this.options.missingKeyIsError) this.#fail(`nil data; no entry for key ${quote(name)}`);
      return undefined;
    }
    if (receiver === null) this.#fail(`nil pointer evaluating interface {}.${name}`);
    const hasArguments = args.length > 1 || piped !== NOTHING;
    if (receiver instanceof GoStruct) {
      const found = receiver.lookup(name);
      if (found && 'method' in found) return this.#call(dot, { ...found.method, variadic: false }, node, name, args, piped);
      if (found) {
        if (hasArguments) this.#fail(`${name} has arguments but cannot be invoked as function`);
        return found.field;
      }
    } else if (receiver instanceof GoMap) {
      if (hasArguments) this.#fail(`${name} is not a method but has arguments`);
      if (!receiver.entries.has(name) && this.options.missingKeyIsError) this.#fail(`map has no entry for key ${quote(name)}`);
      return receiver.entries.get(name);
    } else if (receiver instanceof Nil) {
      if (receiver.kind === 'map') return undefined;
      if (receiver.kind === 'pointer') this.#fail(`nil pointer evaluating ${receiver.type}.${name}`);
    }
    return this.#fail(`can't evaluate field ${name} in type ${loose ? 'interface {}' : typeName(receiver)}`);
  }

  #function(
    dot: GoValue,
    node: Extract<Argument, { kind: 'identifier' }>,
    command: CommandNode | Argument,
    args: Argument[],
    piped: Piped,
  ): GoValue {
    this.#node = node;
    const { name } = node;
    if (!Object.hasOwn(this.options.functions, name) && (name === 'and' || name === 'or')) {
      return this.#shortCircuit(dot, name, args, piped);
    }
    const known = Object.hasOwn(this.options.functions, name) ? this.options.functions[name] : BUILTINS[name];
    if (!known) this.#fail(`${quote(name)} is not a defined function`);
    return this.#call(dot, known, command, name, args, piped);
  }

  #shortCircuit(dot: GoValue, name: string, args: Argument[], piped: Piped): GoValue {
    const rest = args.slice(1);
    if (rest.length === 0 && piped === NOTHING) this.#wrongCount(name, 'at least 1', 0);
    let value: GoValue;
    for (const arg of rest) {
      value = this.#argument(dot, 'any', arg);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return piped === NOTHING ? value : piped;
  }

  #call(
    dot: GoValue,
    callee: GoMethod & { variadic: boolean },
    node: Node | CommandNode,
    name: string,
    args: Argument[],
    piped: Piped,
  ): GoValue {
    const given = args.slice(1);
    const count = given.length + (piped === NOTHING ? 0 : 1);
    const fixed = callee.parameters.length - (callee.variadic ? 1 : 0);
    if (callee.variadic ? count < fixed : count !== fixed) {
      this.#wrongCount(name, callee.variadic ? `at least ${fixed}` : String(fixed), count);
    }
    const typeAt = (index: number): ParameterType => callee.parameters[Math.min(index, callee.parameters.length - 1)] ?? 'any';
    const values = given.map((arg, index) => this.#argument(dot, typeAt(index), arg));
    if (piped !== NOTHING) values.push(this.#validated(piped, typeAt(given.length)));
    this.#node = node;
    try {
      return callee.call(...values);
    } catch (error) {
      const first = given[0];
      const message = (error as Error).message.replace('%NODE%', first ? printNode(first) : '');
      return this.#fail(`error calling ${name}: ${message}`);
    }
  }

  #wrongCount(name: string, wanted: string, got: number): never {
    this.#fail(`wrong number of args for ${name}: want ${wanted} got ${got}`);
  }

  /** An argument, which must fit the parameter's type. */
  #argument(dot: GoValue, type: ParameterType, node: Argument): GoValue {
    this.#node = node;
    switch (node.kind) {
      case 'dot':
        return this.#validated(dot, type);
      case 'nil':
        if (type === 'any' || type === '[]string') return null;
        return this.#fail(`cannot assign nil to ${type}`);
      case 'field':
        return this.#checked(this.#fields(dot, dot, node, node.names, [node], NOTHING), type, node);
      case 'variable':
        return this.#checked(this.#variable(dot, node, [node], NOTHING), type, node);
      case 'pipe':
        return this.#checked(this.#pipeline(dot, node), type, node);
      case 'identifier':
        return this.#checked(this.#function(dot, node, node, [node], NOTHING), type, node);
      case 'chain':
        return this.#checked(this.#chain(dot, node, [node], NOTHING), type, node);
      case 'bool':
      case 'number':
      case 'string':
        if (type === 'any' || typeName(node.value) === type) return node.value;
        if (type === 'string' || type === 'int') {
          this.#fail(`expected ${type === 'int' ? 'integer' : type}; found ${printNode(node)}`);
        }
        return this.#fail(`can't handle ${printNode(node)} for arg of type ${type}`);
    }
  }

  #checked(value: GoValue, type: ParameterType, node: Argument): GoValue {
    this.#node = node;
    return this.#validated(value, type);
  }

  #validated(value: GoValue, type: ParameterType): GoValue {
    if (type === 'any') return value;
    if (value === undefined || value === null) {
      if (type === '[]string') return new Nil('slice', type);
      this.#fail(`invalid value; expected ${type}`);
    }
    if (typeName(value) === type) return value;
    if (type === 'string' && value instanceof JsonNumber) return value.text;
    this.#fail(`wrong type for value; expected ${type}; got ${typeName(value)}`);
  }

  // Output

  #print(value: GoValue): void {
    this.#output += value === undefined || value === null ? '<no value>' : printValue(value);
  }

  #fail(problem: string): never {
    const { name, text } = this.template;
    const at = this.#node?.at ?? 0;
    const before = text.slice(0, at);
    const line = before.split('\n').length;
    const column = new TextEncoder().encode(before.slice(before.lastIndexOf('\n') + 1)).length;
    const part = this.#node ? ` at <${printNode(this.#node)}>` : '';
    throw new TemplateExecError(`template: ${name}:${line}:${column}: executing ${quote(this.#template)}${part}: ${problem}`, this.#output);
  }
}
