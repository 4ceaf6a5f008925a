/**
 * `--secret id=NAME[,src=FILE|,env=VARIABLE]`: read here, sent beside the build.
 * Source: docker/buildx util/buildflags/secrets.go; BuildKit session/secrets/secretsprovider.
 */
import { base64 } from '#engine/base64.ts';
import type { CliEnvironment } from '../environment.ts';
import { csvFields } from '../options/csv.ts';
import { openError } from '../options/open-error.ts';
import { messageOf } from '#engine/errors.ts';

const MAX_SECRET_BYTES = 500 * 1024;

interface Secret {
  id: string;
  file: string;
  variable: string;
}

/** The header that carries them, or none. @throws Error with buildx's words */
export async function secretHeaders(environment: CliEnvironment, specs: readonly string[]): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const spec of specs) {
    if (spec === '') continue;
    const secret = parseSecret(spec);
    contents[secret.id] = base64(await contentOf(environment, secret));
  }
  if (Object.keys(contents).length === 0) return {};
  const json = base64(new TextEncoder().encode(JSON.stringify(contents)));
  return { 'X-Drydock-Build-Secrets': json.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '') };
}

export function parseSecret(spec: string): Secret {
  const secret: Secret = { id: '', file: '', variable: '' };
  let type = '';
  for (const field of fieldsOf(spec)) {
    const equals = field.indexOf('=');
    if (equals < 0) throw new Error(`invalid field '${field}' must be a key=value pair`);
    const [key, value] = [field.slice(0, equals).toLowerCase(), field.slice(equals + 1)];
    switch (key) {
      case 'type':
        if (value !== 'file' && value !== 'env') throw new Error(`unsupported secret type "${value}"`);
        type = value;
        break;
      case 'id':
        secret.id = value;
        break;
      case 'source':
      case 'src':
        secret.file = value;
        break;
      case 'env':
        secret.variable = value;
        break;
      default:
        throw new Error(`unexpected key '${key}' in '${field}'`);
    }
  }
  if (type === 'env' && secret.variable === '') return { ...secret, variable: secret.file, file: '' };
  return secret;
}

function fieldsOf(spec: string): string[] {
  try {
    return csvFields(spec);
  } catch (error) {
    throw new Error(`failed to parse csv secret: ${messageOf(error)}`, { cause: error });
  }
}

async function contentOf({ env, files }: CliEnvironment, { id, file, variable }: Secret): Promise<Uint8Array> {
  if (id === '') throw new Error('secret missing ID');
  // Without a source the variable of that name counts, else the file.
  const isPlain = file === '' && variable === '';
  const name = isPlain && env[id] !== undefined ? id : variable;
  const path = isPlain && name === '' ? id : file;
  if (path === '') return new TextEncoder().encode(env[name] ?? '');
  const stated = await files.stat(path).catch((error: unknown) => {
    throw new Error(`failed to stat ${path}: ${openError(path, error).message.replace(/^open /, 'stat ')}`, { cause: error });
  });
  if (stated.sizeBytes > MAX_SECRET_BYTES) throw new Error(`secret ${id} too big. max size 500KB`);
  return await files.read(path);
}
