/** Completion, hover, parameters and formatting of Dockerfiles: fetched when the first one is opened; a worker answers. */
import { editor, languages, type IPosition, type IRange } from 'monaco-editor/editor/editor.api.js';
import DockerfileWorker from './dockerfile-worker.ts?worker';
import type { CompletionItem, DockerfileLanguage, Hover, Position, TextEdit } from './dockerfile-worker.ts';

const worker = new DockerfileWorker();
// The first message is the service's settings, of which there are none.
worker.postMessage(undefined);
const service = editor.createWebWorker<DockerfileLanguage>({ worker, keepIdleModels: true });
const language = 'dockerfile';

const ask = (model: editor.ITextModel) => service.withSyncedResources([model.uri]);
const positionOf = ({ lineNumber, column }: IPosition): Position => ({ line: lineNumber - 1, character: column - 1 });
const rangeOf = ({ start, end }: TextEdit['range']): IRange => ({
  startLineNumber: start.line + 1,
  startColumn: start.character + 1,
  endLineNumber: end.line + 1,
  endColumn: end.character + 1,
});

languages.registerCompletionItemProvider(language, {
  triggerCharacters: ['-', '=', '$', ' '],
  async provideCompletionItems(model, position) {
    const word = model.getWordUntilPosition(position);
    const here = {
      startLineNumber: position.lineNumber,
      endLineNumber: position.lineNumber,
      startColumn: word.startColumn,
      endColumn: position.column,
    };
    const items = await (await ask(model)).complete(model.uri.toString(), positionOf(position));
    return { suggestions: items.map((item) => suggestion(item, here)) };
  },
});

languages.registerHoverProvider(language, {
  async provideHover(model, position) {
    const hover = await (await ask(model)).hover(model.uri.toString(), positionOf(position));
    const value = hover ? textOf(hover.contents) : '';
    return value === '' ? null : { contents: [{ value }], ...(hover?.range && { range: rangeOf(hover.range) }) };
  },
});

languages.registerSignatureHelpProvider(language, {
  signatureHelpTriggerCharacters: ['[', ',', '"', ' '],
  async provideSignatureHelp(model, position) {
    const help = await (await ask(model)).signature(model.uri.toString(), positionOf(position));
    if (!help || help.signatures.length === 0) return null;
    const signatures = help.signatures.map(({ label, documentation, parameters = [] }) => ({
      label,
      ...(documentation !== undefined && { documentation: { value: textOf(documentation) } }),
      parameters: parameters.map((parameter) => ({
        label: parameter.label,
        ...(parameter.documentation !== undefined && { documentation: { value: textOf(parameter.documentation) } }),
      })),
    }));
    return {
      value: { signatures, activeSignature: help.activeSignature ?? 0, activeParameter: help.activeParameter ?? 0 },
      dispose() {},
    };
  },
});

languages.registerDocumentFormattingEditProvider(language, {
  async provideDocumentFormattingEdits(model, { tabSize, insertSpaces }) {
    const edits = await (await ask(model)).format(model.uri.toString(), { tabSize, insertSpaces, ignoreMultilineInstructions: true });
    return edits.map(({ range, newText }) => ({ range: rangeOf(range), text: newText }));
  },
});

const kinds: Partial<Record<number, languages.CompletionItemKind>> = {
  5: languages.CompletionItemKind.Field,
  6: languages.CompletionItemKind.Variable,
  10: languages.CompletionItemKind.Property,
  14: languages.CompletionItemKind.Keyword,
  18: languages.CompletionItemKind.Reference,
  19: languages.CompletionItemKind.Folder,
};

function suggestion(item: CompletionItem, here: IRange): languages.CompletionItem {
  const edit = item.textEdit && 'range' in item.textEdit ? item.textEdit : undefined;
  return {
    label: item.label,
    kind: kinds[item.kind ?? 14] ?? languages.CompletionItemKind.Text,
    insertText: edit?.newText ?? item.insertText ?? item.label,
    // 2 is a snippet in the protocol.
    ...(item.insertTextFormat === 2 && { insertTextRules: languages.CompletionItemInsertTextRule.InsertAsSnippet }),
    range: edit ? rangeOf(edit.range) : here,
    ...(item.detail !== undefined && { detail: item.detail }),
    ...(item.documentation !== undefined && { documentation: { value: textOf(item.documentation) } }),
    ...(item.sortText !== undefined && { sortText: item.sortText }),
  };
}

function textOf(content: Hover['contents']): string {
  if (Array.isArray(content)) return content.map(textOf).join('\n\n');
  return typeof content === 'string' ? content : content.value;
}
