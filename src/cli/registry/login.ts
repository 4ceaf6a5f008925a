/** Logs in to a registry. Source: docker/cli cli/command/registry/login.go and cli/command/registry.go. */
import { ApiError } from '#engine/api/client.ts';
import { parseGoBool } from '#engine/go-values.ts';
import type { Command, CommandContext } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';
import { printNote } from '../format/note.ts';
import { credentialsFor, HUB_ADDRESS, hostOf, storeCredentials, type AuthConfig } from './credentials.ts';
import { Prompt } from './prompt.ts';

const HUB_HINT =
  "Log in with your Docker ID or email address to push and pull images from Docker Hub. If you don't have a Docker ID, head over to https://hub.docker.com/ to create one.";
const TOKEN_HINT =
  'You can log in with your password or a Personal Access Token (PAT). Using a limited-scope PAT grants better security and is required for organizations using SSO. Learn more at https://docs.docker.com/go/access-tokens/';

/** @cli  P[Docker Hub is out of reach; no credential helpers]  docker login  "Authenticate to a registry" */
export const loginCommand: Command = {
  path: ['login'],
  async run(context) {
    checkFlags(context);
    const { username, password } = await givenLogin(context);
    const [server = ''] = context.args;
    const address = server === '' || server === 'docker.io' ? HUB_ADDRESS : server;
    const known = await storedLogin(context, address, username === '' && password === '');
    const status =
      (known.username && known.password && (await loginWithStored(context, known))) ||
      (await loginAsTold(context, username, password, known, address));
    await context.out(`${status}\n`);
  },
};

function checkFlags({ flags }: CommandContext): void {
  if (flags.changed('password-stdin')) {
    if (flags.changed('password')) throw new ExitError(1, 'conflicting options: cannot specify both --password and --password-stdin');
    if (!flags.changed('username')) throw new ExitError(1, 'the --password-stdin option requires --username to be set');
  }
  if (flags.changed('username') && flags.string('username') === '') throw new ExitError(1, 'username is empty');
  if (flags.changed('password') && flags.string('password') === '') throw new ExitError(1, 'password is empty');
}

async function givenLogin({ flags, environment, err }: CommandContext): Promise<{ username: string; password: string }> {
  const username = flags.string('username');
  const password = flags.string('password');
  if (password !== '') await err('WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n');
  if (!flags.bool('password-stdin')) return { username, password };
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of environment.stdin.chunks()) text += decoder.decode(chunk, { stream: true });
  return { username, password: text.replace(/\n$/, '').replace(/\r$/, '') };
}

/** What an earlier login left; the address alone when somebody named another user. */
async function storedLogin(context: CommandContext, address: string, look: boolean): Promise<AuthConfig> {
  const serveraddress = address === HUB_ADDRESS ? address : hostOf(address);
  const stored = look ? credentialsFor(await context.config(), serveraddress) : {};
  return { ...stored, identitytoken: undefined, serveraddress };
}

/** The daemon's answer; undefined when what was stored does not work any more. */
async function loginWithStored(context: CommandContext, stored: AuthConfig): Promise<string | undefined> {
  await context.err(`Authenticating with existing credentials... [Username: ${stored.username ?? ''}]\n`);
  await printNote(context.environment.stderr, "To login with a different account, run 'docker logout' followed by 'docker login'");
  await context.err('\n\n');
  try {
    return await logIn(context, stored);
  } catch (error) {
    const isWrong = error instanceof ApiError && error.status === 401;
    await context.err(isWrong ? 'Stored credentials invalid or expired\n' : `Login did not succeed, error: ${errorLine(error)}\n`);
    return undefined;
  }
}

async function loginAsTold(
  context: CommandContext,
  username: string,
  password: string,
  known: AuthConfig,
  address: string,
): Promise<string> {
  const { environment, err } = context;
  if ((username === '' || password === '') && !environment.stdin.isTerminal)
    throw new ExitError(1, 'Error: Cannot perform an interactive login from a non TTY device');
  // As where there is no way to the internet.
  if (address === HUB_ADDRESS && username === '' && password === '' && !oauthIsDisabled(environment.env['DOCKER_CLI_DISABLE_OAUTH_LOGIN']))
    await err('Failed to start web-based login - falling back to command line login...\n\n');
  return logIn(context, await ask(context, username.trim(), password.trim(), known.username ?? '', known.serveraddress ?? address));
}

async function ask(
  context: CommandContext,
  username: string,
  password: string,
  defaultUsername: string,
  serveraddress: string,
): Promise<AuthConfig> {
  if (username !== '' && password !== '') return { username, password, serveraddress };
  const prompt = new Prompt(context);
  const isHub = serveraddress === HUB_ADDRESS;
  let name = username;
  if (name === '') {
    if (isHub) await context.out(`${HUB_HINT}\n${TOKEN_HINT}\n\n`);
    name = (await prompt.line(defaultUsername === '' ? 'Username: ' : `Username (${defaultUsername}): `)) || defaultUsername;
    if (name === '') throw new ExitError(1, 'Error: Non-null Username Required');
  }
  let secret = password;
  if (secret === '') {
    if (isHub) {
      const link = '\x1b[4mhttps://app.docker.com/settings\x1b[0m';
      await printNote(context.environment.stderr, `A Personal Access Token (PAT) can be used instead.\nTo create a PAT, visit ${link}\n\n`);
    }
    secret = await prompt.hidden('Password: ');
    if (secret === '') throw new ExitError(1, 'Error: Password Required');
  }
  return { username: name, password: secret, serveraddress };
}

/** Asks the daemon to try, and keeps what worked. @returns what the daemon says */
async function logIn(context: CommandContext, auth: AuthConfig): Promise<string> {
  const { username, password, serveraddress } = auth;
  const api = await context.api();
  const { Status, IdentityToken } = await api.post<{ Status: string; IdentityToken: string }>('/auth', {
    json: { username, password, serveraddress },
  });
  await storeCredentials(context, IdentityToken ? { ...auth, password: '', identitytoken: IdentityToken } : auth);
  return Status;
}

/** As Go's strconv.ParseBool reads a yes. */
function oauthIsDisabled(value = ''): boolean {
  return parseGoBool(value) === true;
}
