/**
 * Relative paths of a model, resolved against its directory.
 * Source: compose-go v2.6.3 paths.
 */
import { joinPath } from '#engine/go-path.ts';
import { ComposeError } from '../compose-error.ts';
import { isAbsolutePath, isWindowsAbsolute } from './paths.ts';
import { isModel, typeName, type Model, type ModelValue } from './model.ts';
import { PathTable, type ModelPath } from './model-path.ts';

export interface PathOptions {
  /** Paths become children of it; itself relative for a file that is included or extended. */
  directory: string;
  /** `HOME`, for `~`. */
  home: string | undefined;
  warn: (message: string) => void;
}

type Resolve = (this: Resolver, value: ModelValue) => ModelValue;

const RULES = new PathTable<Resolve>({
  'services.*.build.context': context,
  'services.*.build.additional_contexts.*': context,
  'services.*.build.ssh.*': hostPath,
  'services.*.env_file.*.path': path,
  'services.*.label_file.*': path,
  'services.*.extends.file': path,
  'services.*.develop.watch.*.path': path,
  'services.*.volumes.*': mount,
  'configs.*.file': hostPath,
  'secrets.*.file': hostPath,
  'include.path': path,
  'include.project_directory': path,
  'include.env_file': path,
  'volumes.*': driverOptions,
});

/** Changes the model. */
export function resolvePaths(model: Model, options: PathOptions): void {
  new Resolver(options).resolve(model, []);
}

class Resolver {
  constructor(readonly options: PathOptions) {}

  resolve(value: ModelValue, at: ModelPath): ModelValue {
    const rule = RULES.at(at);
    if (rule) return rule.call(this, value);
    if (isModel(value)) {
      for (const [key, entry] of Object.entries(value)) value[key] = this.resolve(entry, [...at, key]);
    } else if (Array.isArray(value)) {
      for (const [index, entry] of value.entries()) value[index] = this.resolve(entry, [...at, '[]']);
    }
    return value;
  }

  withHome(text: string): string {
    if (!text.startsWith('~')) return text;
    if (this.options.home) return joinPath(this.options.home, text.slice(1));
    this.options.warn("cannot expand '~', because the environment lacks HOME");
    return text;
  }

  join(text: string): string {
    return joinPath(this.options.directory, text);
  }
}

function path(this: Resolver, value: ModelValue): ModelValue {
  if (Array.isArray(value)) return value.map((entry) => path.call(this, entry));
  if (typeof value !== 'string') throw new ComposeError(`unexpected type ${typeName(value)}`, 15);
  const expanded = this.withHome(value);
  return expanded === '' || isAbsolutePath(expanded) ? expanded : this.join(expanded);
}

const REMOTE = ['https://', 'http://', 'git://', 'ssh://', 'github.com/', 'git@'];

/** A build context may be elsewhere: a URL, `docker-image://…`, `service:…`. */
function context(this: Resolver, value: ModelValue): ModelValue {
  const text = typeof value === 'string' ? value : '';
  const elsewhere = text.includes('://') || text.startsWith('service:') || REMOTE.some((prefix) => text.startsWith(prefix));
  return elsewhere ? value : path.call(this, value);
}

/** A path of the daemon's host, which may be a Windows one. */
function hostPath(this: Resolver, value: ModelValue): ModelValue {
  if (typeof value !== 'string') return value;
  const expanded = this.withHome(value);
  return isAbsolutePath(expanded) || isWindowsAbsolute(expanded) ? expanded : this.join(expanded);
}

function mount(this: Resolver, value: ModelValue): ModelValue {
  if (!isModel(value) || value['type'] !== 'bind') return value;
  if (!('source' in value)) throw new ComposeError('invalid mount config for type "bind": field Source must not be empty', 15);
  value['source'] = hostPath.call(this, value['source'] ?? null);
  return value;
}

/** A volume of the local driver can be a bind mount. */
function driverOptions(this: Resolver, value: ModelValue): ModelValue {
  const options = isModel(value) && value['driver'] === 'local' ? value['driver_opts'] : undefined;
  if (isModel(options) && options['o'] === 'bind' && 'device' in options) {
    options['device'] = hostPath.call(this, options['device'] ?? null);
  }
  return value;
}
