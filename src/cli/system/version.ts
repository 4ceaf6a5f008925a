/**
 * What client and daemon are. The client's part is printed even when no daemon answers.
 * Source: docker/cli cli/command/system/version.go.
 */
import type { ComponentVersion, Version } from '#engine/api/types/system.ts';
import { messageOf } from '#engine/errors.ts';
import { clientRelease, type ClientRelease } from '../client-release.ts';
import type { Command, CommandContext } from '../command.ts';
import { wantedApiVersion } from '../connection.ts';
import { ExitError } from '../exit-error.ts';
import { TemplateExecError } from '../format/gotemplate/exec.ts';
import { Template } from '../format/gotemplate/template.ts';
import { compareStrings } from '../format/gotemplate/value.ts';
import { alignColumns } from '../format/tabwriter.ts';
import { typed } from '../inspect/go-types.ts';
import { CLIENT_BUILD } from '../version.ts';
import { reformatDate } from './build-date.ts';

const BAD_TEMPLATE = 64;
const LAYOUT = { minWidth: 20, padding: 1, padCharacter: ' ' };

export interface ClientVersion {
  Version: string;
  ApiVersion: string;
  DefaultAPIVersion: string;
  GitCommit: string;
  GoVersion: string;
  Os: string;
  Arch: string;
  BuildTime: string;
  Context: string;
}

/** @cli  Y  docker version  "Show the Docker version information" */
export const versionCommand: Command = {
  path: ['version'],
  async run(context) {
    const format = context.flags.string('format');
    const template = format === '' ? undefined : parse(format === 'json' ? '{{json .}}' : format);
    await context.host();
    let server: Version | undefined;
    let problem: unknown;
    let apiVersion = await wantedApiVersion(context.environment);
    try {
      const api = await context.api();
      apiVersion = api.version;
      server = reformatted(await api.get<Version>('/version'));
    } catch (error) {
      problem = error;
    }
    const client = clientVersion(await clientRelease(context.environment), apiVersion, await context.contextName());
    if (!template) await context.out(versionText(client, server));
    else await printTemplate(context, template, client, server).catch((error: unknown) => (problem ??= error));
    if (problem !== undefined) throw problem;
  },
};

function clientVersion(release: ClientRelease, apiVersion: string, contextName: string): ClientVersion {
  return {
    Version: release.version,
    ApiVersion: apiVersion,
    DefaultAPIVersion: release.apiVersion,
    ...CLIENT_BUILD,
    GitCommit: release.gitCommit,
    BuildTime: release.buildTime,
    Context: contextName,
  };
}

/** The client's and the daemon's part, aligned. */
export function versionText(client: ClientVersion, server: Version | undefined): string {
  const downgraded = client.ApiVersion === client.DefaultAPIVersion ? '' : ` (downgraded from ${client.DefaultAPIVersion})`;
  const lines = [
    'Client:',
    ` Version:\t${client.Version}`,
    ` API version:\t${client.ApiVersion}${downgraded}`,
    ` Go version:\t${client.GoVersion}`,
    ` Git commit:\t${client.GitCommit}`,
    ` Built:\t${client.BuildTime}`,
    ` OS/Arch:\t${client.Os}/${client.Arch}`,
    ` Context:\t${client.Context}`,
  ];
  if (server) lines.push('', ...serverLines(server));
  return alignColumns(`${lines.join('\n')}\n`, LAYOUT);
}

function serverLines(server: Version): string[] {
  const platform = server.Platform?.Name ?? '';
  return [`Server:${platform === '' ? '' : ` ${platform}`}`, ...(server.Components ?? []).flatMap(componentLines)];
}

function componentLines({ Name, Version: version, Details }: ComponentVersion): string[] {
  const details = Details ?? {};
  if (Name !== 'Engine') {
    const names = Object.keys(details).sort(compareStrings);
    return [` ${Name}:`, `  Version:\t${version}`, ...names.map((name) => `  ${name}:\t${details[name] ?? ''}`)];
  }
  const detail = (name: string): string => details[name] ?? '';
  return [
    ' Engine:',
    `  Version:\t${version}`,
    `  API version:\t${detail('ApiVersion')} (minimum version ${detail('MinAPIVersion')})`,
    `  Go version:\t${detail('GoVersion')}`,
    `  Git commit:\t${detail('GitCommit')}`,
    `  Built:\t${detail('BuildTime')}`,
    `  OS/Arch:\t${detail('Os')}/${detail('Arch')}`,
    `  Experimental:\t${detail('Experimental')}`,
  ];
}

/** The engine's build time as people read it. */
function reformatted(version: Version): Version {
  const components = (version.Components ?? []).map((component) => {
    const time = component.Details?.['BuildTime'];
    if (component.Name !== 'Engine' || time === undefined) return component;
    return { ...component, Details: { ...component.Details, BuildTime: reformatDate(time) } };
  });
  return { ...version, Components: components };
}

async function printTemplate(
  context: CommandContext,
  template: Template,
  client: ClientVersion,
  server: Version | undefined,
): Promise<void> {
  try {
    const text = template.run(typed('system.versionInfo', { Client: client, Server: server ?? null }));
    await context.out(alignColumns(`${text}\n`, LAYOUT));
  } catch (error) {
    if (error instanceof TemplateExecError) await context.out(`${error.output}\n`);
    throw error;
  }
}

function parse(format: string): Template {
  try {
    return new Template(format, 'version');
  } catch (error) {
    throw new ExitError(BAD_TEMPLATE, `template parsing error: ${messageOf(error)}`, { cause: error });
  }
}
