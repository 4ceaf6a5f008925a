/** The name under which a Compose file's text is known to the editor's services: they find the schema by it. */
export const composeScheme = 'compose';

/** Whether Compose would look for a file of this name, or it is one that is named beside it (`compose.test.yaml`). */
export function isComposeFile(path: string): boolean {
  return /(^|\/)(docker-)?compose([.-][^/]*)?\.ya?ml$/i.test(path);
}
