/**
 * Variables of the environment that a model names without `${…}`: in lists of variables, in secrets and configurations.
 * Source: compose-go v2.6.3 loader/environment.go.
 */
import { isModel, type Model, type ModelValue } from './model.ts';

/** Under which a secret's value from the environment waits for the project: `content` is no key of a secret. */
export const SECRET_CONTENT = 'x-#value';

/** Changes the model. */
export function resolveEnvironment(model: Model, environment: Record<string, string>): void {
  const lookup = (name: ModelValue | undefined): string | undefined =>
    typeof name === 'string' && Object.hasOwn(environment, name) ? environment[name] : undefined;
  for (const service of mappings(model['services'])) {
    const variables = service['environment'];
    if (!Array.isArray(variables)) continue;
    service['environment'] = variables
      .filter((entry) => typeof entry === 'string')
      .map((entry) => {
        const value = lookup(entry);
        return value === undefined ? entry : `${entry}=${value}`;
      });
  }
  for (const secret of mappings(model['secrets'])) {
    const value = lookup(secret['environment']);
    if (value !== undefined) secret[SECRET_CONTENT] = value;
  }
  for (const config of mappings(model['configs'])) {
    const value = lookup(config['environment']);
    if (value !== undefined) config['content'] = value;
  }
}

function mappings(value: ModelValue | undefined): Model[] {
  return isModel(value) ? Object.values(value).filter(isModel) : [];
}
