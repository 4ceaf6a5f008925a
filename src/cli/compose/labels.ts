/**
 * How Compose marks what it makes, and how it calls a service's containers. Source: docker/compose 2.26.1 pkg/api/labels.go.
 */
import type { ComposeService, Project } from './project.ts';

/** The version of Compose whose behaviour this is, as its labels and `compose version` say. */
export const COMPOSE_VERSION = '2.26.1';

const prefix = 'com.docker.compose.';
export const PROJECT_LABEL = `${prefix}project`;
export const SERVICE_LABEL = `${prefix}service`;
export const NUMBER_LABEL = `${prefix}container-number`;
export const HASH_LABEL = `${prefix}config-hash`;
export const IMAGE_LABEL = `${prefix}image`;
export const ONEOFF_LABEL = `${prefix}oneoff`;
export const SLUG_LABEL = `${prefix}slug`;
export const DEPENDENCIES_LABEL = `${prefix}depends_on`;
export const REPLACE_LABEL = `${prefix}replace`;
export const NETWORK_LABEL = `${prefix}network`;
export const VOLUME_LABEL = `${prefix}volume`;
export const VERSION_LABEL = `${prefix}version`;
export const CONFIG_FILES_LABEL = `${prefix}project.config_files`;
export const WORKING_DIR_LABEL = `${prefix}project.working_dir`;
export const ENV_FILE_LABEL = `${prefix}project.environment_file`;

/** Of every container of a service. @param envFiles what `--env-file` named */
export function serviceLabels(project: Project, service: ComposeService, envFiles: readonly string[] = []): Record<string, string> {
  return {
    [PROJECT_LABEL]: project.name,
    [SERVICE_LABEL]: service.name,
    [VERSION_LABEL]: COMPOSE_VERSION,
    [WORKING_DIR_LABEL]: project.workingDirectory,
    [CONFIG_FILES_LABEL]: project.composeFiles.join(','),
    [ONEOFF_LABEL]: 'False',
    ...(envFiles.length > 0 && { [ENV_FILE_LABEL]: envFiles.join(',') }),
  };
}

/** `demo-web-1`, or what `container_name` says. */
export function containerName(project: Project, service: ComposeService, number: number): string {
  return service.container_name || `${project.name}-${service.name}-${number}`;
}

/** What the service runs: its image, or the one that is built for it. */
export function imageName(project: Pick<Project, 'name'>, service: ComposeService): string {
  return service.image || `${project.name}-${service.name}`;
}
