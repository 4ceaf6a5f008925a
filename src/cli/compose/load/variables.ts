/** The variables that a model names, with the defaults it gives them: `docker compose config --variables`. */
import { isModel, type ModelValue } from './model.ts';
import { closingBrace, findVariables } from './substitute.ts';

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

function* variablesOf(text: string): Iterable<Variable> {
  for (const { match } of findVariables(text)) {
    if (match === '$$') continue;
    let inner = match.slice(1);
    if (inner.startsWith('{')) {
      const close = closingBrace(match);
      inner = close > 0 ? match.slice(2, close) : '';
      if (close > 0) yield* variablesOf(match.slice(close + 1));
    }
    const variable = variableOf(inner);
    yield variable;
    yield* variablesOf(variable.defaultValue);
    yield* variablesOf(variable.presenceValue);
  }
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
