/** What is known about Dockerfiles, in a worker: completion, hover, parameters and formatting. The engine does the checks. */
import { Util } from 'dockerfile-ast/lib/util.js';
import { DockerfileLanguageServiceFactory, type DockerfileLanguageService, type FormatterSettings } from 'dockerfile-language-service';
import { DockerRegistryClient } from 'dockerfile-language-service/lib/dockerRegistryClient.js';
import { initialize } from './language-worker.ts';

// It would ask Docker Hub for an image's tags; here there is no such network.
DockerRegistryClient.prototype.getTags = () => Promise.resolve([]);
// The parser would look for a byte order mark with Node's Buffer.
Util.isUTF8BOM = (char) => char === '\uFEFF';

export type Position = Parameters<DockerfileLanguageService['computeHover']>[1];
export type CompletionItem = Awaited<ReturnType<DockerfileLanguageService['computeCompletionItems']>>[number];
export type Hover = NonNullable<ReturnType<DockerfileLanguageService['computeHover']>>;
export type TextEdit = ReturnType<DockerfileLanguageService['format']>[number];
type SignatureHelp = ReturnType<DockerfileLanguageService['computeSignatureHelp']>;

export interface DockerfileLanguage {
  complete(uri: string, position: Position): Promise<CompletionItem[]>;
  hover(uri: string, position: Position): Promise<Hover | null>;
  signature(uri: string, position: Position): Promise<SignatureHelp | null>;
  format(uri: string, options: FormatterSettings): Promise<TextEdit[]>;
}

initialize((context): DockerfileLanguage => {
  const service = DockerfileLanguageServiceFactory.createLanguageService();
  service.setCapabilities({
    completion: { completionItem: { documentationFormat: ['markdown'], snippetSupport: true } },
    hover: { contentFormat: ['markdown'] },
  });
  const textOf = (uri: string) =>
    context
      .getMirrorModels()
      .find((model) => model.uri.toString() === uri)
      ?.getValue() ?? '';
  return {
    async complete(uri, position) {
      const items = await service.computeCompletionItems(textOf(uri), position);
      return items.map((item) => service.resolveCompletionItem(item));
    },
    hover: async (uri, position) => service.computeHover(textOf(uri), position),
    signature: async (uri, position) => service.computeSignatureHelp(textOf(uri), position),
    format: async (uri, options) => service.format(textOf(uri), options),
  };
});
