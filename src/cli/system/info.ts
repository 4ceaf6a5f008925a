/**
 * What daemon and client are like. The client's part is printed even when no daemon answers.
 * Source: docker/cli cli/command/system/info.go.
 */
import { ApiError } from '#engine/api/client.ts';
import { messageOf } from '#engine/errors.ts';
import { clientRelease, type ClientRelease } from '../client-release.ts';
import type { Command, CommandContext } from '../command.ts';
import { errorLine } from '../error-line.ts';
import { ExitError } from '../exit-error.ts';
import { TemplateExecError } from '../format/gotemplate/exec.ts';
import { Template } from '../format/gotemplate/template.ts';
import { typed } from '../inspect/go-types.ts';
import { CLIENT_BUILD } from '../version.ts';
import { serverInfoText, type FullInfo } from './info-text.ts';

const BAD_TEMPLATE = 64;

/** @cli  Y  docker system info  "Display system-wide information" */
export const infoCommand: Command = {
  path: ['system', 'info'],
  async run(context) {
    const format = context.flags.string('format');
    if (format === '') return await printText(context);
    const source = format === 'json' ? '{{json .}}' : format;
    const document = {
      ClientInfo: clientInfo(context, await clientRelease(context.environment), await context.contextName()),
    };
    if (needsDaemon(source, document)) return await printTemplate(context, source, document);
    await context.out(`${new Template(source).run(typed('system.dockerInfo', document))}\n`);
  },
};

async function printText(context: CommandContext): Promise<void> {
  await context.host();
  const name = await context.contextName();
  const { version } = await clientRelease(context.environment);
  await context.out(`Client:\n Version:    ${version}\n Context:    ${name}\n Debug Mode: ${context.debug}\n\nServer:\n`);
  const info = await (await context.api()).get<FullInfo>('/info').catch(answeredError);
  if (typeof info === 'string') return await fail(context, [info]);
  const { text, errors } = serverInfoText(info, context.debug);
  await context.out(text);
  for (const warning of info.Warnings ?? []) await context.err(`${warning}\n`);
  if (errors.length > 0) await fail(context, errors);
}

async function fail(context: CommandContext, errors: string[]): Promise<void> {
  for (const error of errors) await context.err(`ERROR: ${error}\n`);
  throw new ExitError(1, 'errors pretty printing info');
}

/** The line for a daemon that answered with an error; one that does not answer ends the command. */
function answeredError(error: unknown): string {
  if (error instanceof ApiError) return errorLine(error);
  throw error;
}

/** A daemon that does not answer leaves the template with zeros, and ends the command with a failure. */
async function printTemplate(context: CommandContext, source: string, document: object): Promise<void> {
  let info: object | undefined;
  try {
    info = await (await context.api()).get<FullInfo>('/info');
  } catch (error) {
    await context.err(`${errorLine(error)}\n`);
    // A daemon that answers with an error has answered.
    if (error instanceof ApiError) info = { ServerErrors: [errorLine(error)] };
  }
  const template = parse(source);
  try {
    await context.out(`${template.run(typed('system.dockerInfo', { ...info, ...document }))}\n`);
  } catch (error) {
    if (error instanceof TemplateExecError) await context.out(`${error.output}\n`);
    throw error;
  }
  if (!info) throw new ExitError(1, '');
}

/** Whether the template asks for more than the client knows. */
function needsDaemon(source: string, document: object): boolean {
  if (!/\.[a-zA-Z]/.test(source)) return true;
  try {
    new Template(source).run(typed('system.sparseInfo', document));
    return false;
  } catch {
    return true;
  }
}

function clientInfo(context: CommandContext, release: ClientRelease, contextName: string): object {
  return {
    Debug: context.debug,
    Version: release.version,
    DefaultAPIVersion: release.apiVersion,
    ...CLIENT_BUILD,
    GitCommit: release.gitCommit,
    BuildTime: release.buildTime,
    Context: contextName,
    Plugins: [],
    Warnings: null,
  };
}

function parse(source: string): Template {
  try {
    return new Template(source);
  } catch (error) {
    throw new ExitError(BAD_TEMPLATE, `template parsing error: ${messageOf(error)}`, { cause: error });
  }
}
