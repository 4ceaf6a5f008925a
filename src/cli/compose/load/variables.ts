/** The variables that a model names, with the defaults it gives them: `docker compose config --variables`. */
import { isModel, type ModelValue } from './model.ts';
import { findVariables } from './substitute.ts';

export interface Variable {
  name: string;
  defaultValue: string;
  /** What stands for the variable when it is set. */
  presenceValue: string;
  required: boolean;
}

/** By name; the last mention counts. */
export function extractVariables(value: ModelValue): Map<string, Variable> {
  const found = new Map<string, Variable>();
  collect(value, found);
  return found;
}

function collect(value: ModelValue, found: Map<string, Variable>): void {
  if (isModel(value)) for (const entry of Object.values(value)) collect(entry, found);
  else {
    // Of a list Compose looks at the strings only.
    for (const text of Array.isArray(value) ? value : [value]) {
      if (typeof text === 'string') for (const variable of variablesOf(text)) found.set(variable.name, variable);
    }
  }
}

/** How deep defaults may be nested in defaults. */
const MAX_DEPTH = 100;

function variablesOf(text: string, depth = 0): Variable[] {
  const all: Variable[] = [];
  let piece: Variable[][] = [];
  for (const { expression, isFirst } of findVariables(text)) {
    if (isFirst) all.push(...piece.reverse().flat());
    if (isFirst) piece = [];
    if (expression === '$$' || depth > MAX_DEPTH) continue;
    const variable = variableOf(expression.replace(/^\$\{?/, '').replace(/\}$/, ''));
    piece.push([variable, ...variablesOf(variable.defaultValue, depth + 1), ...variablesOf(variable.presenceValue, depth + 1)]);
  }
  // Of those that Compose finds in one piece, the first is the last that it notes.
  return [...all, ...piece.reverse().flat()];
}

function variableOf(expression: string): Variable {
  const name = /^\w*/.exec(expression)?.[0] ?? '';
  const rest = expression.slice(name.length);
  const [, mark = '', operand = ''] = /^:?([-+?])([^]*)$/.exec(rest) ?? [];
  return {
    name,
    defaultValue: mark === '-' ? operand : '',
    presenceValue: mark === '+' ? operand : '',
    required: mark === '?',
  };
}
