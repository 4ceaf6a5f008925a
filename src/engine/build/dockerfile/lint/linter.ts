/**
 * Collects what the build checks find, less what `# check=` leaves out.
 * Source: BuildKit frontend/dockerfile/linter/linter.go.
 */
import { quote } from '../../../go-quote.ts';
import { DockerfileError, type LineRange } from '../dockerfile-error.ts';
import { readDirective } from '../directives.ts';
import { parseGoBool } from '../../../go-values.ts';
import { type RuleArgs, type RuleName, rules, urlOf } from './rules.ts';

export interface LintWarning {
  rule: RuleName;
  description: string;
  url: string;
  message: string;
  startLine: number;
  endLine: number;
}

/** What `# check=skip=A,B;error=true;experimental=all` says. */
interface Settings {
  skip: ReadonlySet<string> | 'all';
  experimental: ReadonlySet<string> | 'all';
  error: boolean;
}

/** More warnings than a person reads. */
const maxWarnings = 10_000;

export class Linter {
  readonly warnings: LintWarning[] = [];

  private constructor(private readonly settings: Settings) {}

  /** @throws DockerfileError when the file's `# check=` line cannot be read */
  static of(dockerfile: string): Linter {
    const directive = readDirective(dockerfile, 'check');
    try {
      // Only what comes before the first blank counts.
      return new Linter(parseSettings(directive?.value.split(' ', 1)[0] ?? ''));
    } catch (error) {
      if (!(error instanceof DockerfileError)) throw error;
      throw new DockerfileError(`failed to parse check options: ${error.message}`);
    }
  }

  report<Name extends RuleName>(name: Name, lines: LineRange, ...args: RuleArgs<Name>): void {
    const { description, experimental, message } = rules[name];
    const { skip } = this.settings;
    if (experimental ? !includes(this.settings.experimental, name) : includes(skip, name)) return;
    if (this.warnings.length >= maxWarnings) return;
    const text = (message as (...args: RuleArgs<Name>) => string)(...args);
    this.warnings.push({ rule: name, description, url: urlOf(name), message: text, startLine: lines.start, endLine: lines.end });
  }

  /** @throws DockerfileError when there are warnings and the file says that they are errors */
  check(): void {
    if (!this.settings.error || this.warnings.length === 0) return;
    const names = new Set(this.warnings.map((warning) => warning.rule));
    throw new DockerfileError(`lint violation found for rules: ${[...names].join(', ')}`);
  }
}

function includes(set: ReadonlySet<string> | 'all', name: string): boolean {
  return set === 'all' || set.has(name);
}

function parseSettings(text: string): Settings {
  const settings: Settings = { skip: new Set(), experimental: new Set(), error: false };
  if (text.trim() === '') return settings;
  const [first = '', second, ...others] = text.trim().split(';');
  const parts = [first, second, others.length > 0 ? others.join(';') : undefined].filter((part) => part !== undefined);
  for (const part of parts) {
    const equals = part.indexOf('=');
    if (equals < 0) throw new DockerfileError(`invalid check option ${quote(part)}`);
    const key = part.slice(0, equals).trim();
    const value = part.slice(equals + 1).trim();
    if (key === 'skip' || key === 'experimental') {
      settings[key] = value === 'all' ? 'all' : new Set(value.split(',').map((name) => name.trim()));
    } else if (key === 'error') {
      const flag = parseGoBool(value);
      if (flag === undefined) {
        throw new DockerfileError(
          `failed to parse check option ${quote(part)}: strconv.ParseBool: parsing ${quote(value)}: invalid syntax`,
        );
      }
      settings.error = flag;
    } else throw new DockerfileError(`invalid check option ${quote(key)}`);
  }
  return settings;
}
