/**
 * Monaco with the parts that a few small files need: all that knows Monaco. In a chunk of its own that
 * is fetched when the editor is first opened; its worker comes from this site like everything else.
 */
import type { BuildLineOutcome } from '#engine/api/types/build.ts';
import type { Finding } from '#lessons/engine-view.ts';
import { editor, KeyCode, KeyMod, languages, MarkerSeverity, Uri } from 'monaco-editor/editor/editor.api.js';
import EditorWorker from 'monaco-editor/editor/editor.worker.js?worker';
import 'monaco-editor/features/bracketMatching/register.js';
import 'monaco-editor/features/caretOperations/register.js';
import 'monaco-editor/features/clipboard/register.js';
import 'monaco-editor/features/codeEditor/register.js';
import 'monaco-editor/features/codicon/register.js';
import 'monaco-editor/features/comment/register.js';
import 'monaco-editor/features/contextmenu/register.js';
import 'monaco-editor/features/cursorUndo/register.js';
import 'monaco-editor/features/find/register.js';
import 'monaco-editor/features/folding/register.js';
import 'monaco-editor/features/format/register.js';
import 'monaco-editor/features/gotoError/register.js';
import 'monaco-editor/features/gotoLine/register.js';
import 'monaco-editor/features/hover/register.js';
import 'monaco-editor/features/indentation/register.js';
import 'monaco-editor/features/linesOperations/register.js';
import 'monaco-editor/features/lineSelection/register.js';
import 'monaco-editor/features/multicursor/register.js';
import 'monaco-editor/features/parameterHints/register.js';
import 'monaco-editor/features/snippet/register.js';
// The feature of this name has only completions within a line.
import 'monaco-editor/editor/contrib/suggest/browser/suggestController.js';
import 'monaco-editor/features/toggleTabFocusMode/register.js';
import 'monaco-editor/features/wordHighlighter/register.js';
import 'monaco-editor/features/wordOperations/register.js';
import 'monaco-editor/languages/definitions/css/register.js';
import 'monaco-editor/languages/definitions/dockerfile/register.js';
import 'monaco-editor/languages/definitions/html/register.js';
import 'monaco-editor/languages/definitions/ini/register.js';
import 'monaco-editor/languages/definitions/javascript/register.js';
import 'monaco-editor/languages/definitions/markdown/register.js';
import 'monaco-editor/languages/definitions/python/register.js';
import 'monaco-editor/languages/definitions/shell/register.js';
import 'monaco-editor/languages/definitions/yaml/register.js';
import { composeScheme, isComposeFile } from './compose-files.ts';
import { isDockerfile } from './dockerfile-questions.ts';

globalThis.MonacoEnvironment = { getWorker: () => new EditorWorker() };

// What knows a language comes when a file of it is first opened. Without it there are still colours.
languages.onLanguage('yaml', () => void import('./yaml-language.ts').catch(console.warn));
languages.onLanguage('dockerfile', () => void import('./dockerfile-language.ts').catch(console.warn));

// Monaco's own JSON brings a language server; colours are enough here.
languages.register({ id: 'json', extensions: ['.json'] });
languages.setMonarchTokensProvider('json', {
  tokenizer: {
    root: [
      [/"(?:[^"\\]|\\.)*"(?=\s*:)/, 'type'],
      [/"(?:[^"\\]|\\.)*"?/, 'string'],
      [/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/, 'number'],
      [/\b(?:true|false|null)\b/, 'keyword'],
      [/[{}[\],:]/, 'delimiter'],
    ],
  },
});
languages.setLanguageConfiguration('json', {
  brackets: [
    ['{', '}'],
    ['[', ']'],
  ],
  autoClosingPairs: [
    { open: '{', close: '}' },
    { open: '[', close: ']' },
    { open: '"', close: '"' },
  ],
});

export interface CodeEditor {
  /** Takes over which files are open and what stands in them; a text that differs becomes an edit that can be undone. */
  sync(open: readonly { path: string; text: string }[]): void;
  /** Shows an open file with the undo history and scroll position it had, or nothing. */
  show(path: string | undefined): void;
  /** Marks lines of an open file; what was marked before goes. */
  mark(path: string, findings: readonly Finding[]): void;
  /** Says beside lines of an open file what the last build did with them; what was said before goes. */
  annotate(path: string, outcomes: readonly BuildLineOutcome[]): void;
  focus(): void;
  dispose(): void;
}

export interface CodeEditorOptions {
  onEdit(path: string, text: string): void;
  onSave(path: string): void;
  onLeave(backwards: boolean): void;
}

export function createCodeEditor(place: HTMLElement, options: CodeEditorOptions): CodeEditor {
  applyTheme();
  const code = editor.create(place, {
    model: null,
    automaticLayout: true,
    ariaLabel: 'Editor',
    fontFamily: '"JetBrains Mono Variable", ui-monospace, Menlo, Consolas, monospace',
    fontSize: fontSize(),
    fontLigatures: false,
    lineHeight: 1.65,
    lineNumbersMinChars: 3,
    minimap: { enabled: false },
    overviewRulerLanes: 0,
    padding: { top: 12, bottom: 12 },
    renderLineHighlight: 'none',
    scrollBeyondLastLine: false,
    smoothScrolling: false,
    stickyScroll: { enabled: false },
    tabSize: 2,
    wordBasedSuggestions: 'off',
    wordWrap: 'on',
    fixedOverflowWidgets: true,
  });
  const models = new Map<string, OpenModel>();
  let shown: string | undefined;
  /** While we set text ourselves, edits are not the reader's. */
  let replacing = false;

  const open = (path: string, text: string) => {
    const model = editor.createModel(
      text,
      languageOf(path),
      Uri.from({ scheme: isComposeFile(path) ? composeScheme : 'guest', path: `/root/${path}` }),
    );
    model.updateOptions({ bracketColorizationOptions: { enabled: false, independentColorPoolPerBracketType: false } });
    model.onDidChangeContent(() => {
      if (!replacing) options.onEdit(path, model.getValue());
    });
    models.set(path, { model, view: null, notes: [] });
  };
  const replace = (model: editor.ITextModel, text: string) => {
    if (model.getValue() === text) return;
    replacing = true;
    model.pushStackElement();
    model.pushEditOperations([], [{ range: model.getFullModelRange(), text }], () => null);
    model.pushStackElement();
    replacing = false;
  };
  const save = () => {
    if (shown !== undefined) options.onSave(shown);
  };
  code.addCommand(KeyMod.CtrlCmd | KeyCode.KeyS, save);
  code.addCommand(KeyCode.F6, () => options.onLeave(false));
  code.addCommand(KeyMod.Shift | KeyCode.F6, () => options.onLeave(true));

  const settingsChanged = new MutationObserver(() => {
    applyTheme();
    code.updateOptions({ fontSize: fontSize() });
  });
  settingsChanged.observe(document.documentElement, { attributeFilter: ['data-theme', 'data-size'] });
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', applyTheme);

  return {
    sync(files) {
      for (const { path, text } of files) {
        const known = models.get(path);
        if (known) replace(known.model, text);
        else open(path, text);
      }
      for (const [path, { model }] of models) {
        if (files.some((file) => file.path === path)) continue;
        model.dispose();
        models.delete(path);
      }
    },
    show(path) {
      if (path === shown) return;
      const before = shown !== undefined && models.get(shown);
      if (before) before.view = code.saveViewState();
      shown = path;
      const now = path === undefined ? undefined : models.get(path);
      code.setModel(now?.model ?? null);
      if (now) code.restoreViewState(now.view);
    },
    mark(path, findings) {
      const model = models.get(path)?.model;
      if (!model) return;
      const lastLine = model.getLineCount();
      const markers = findings.map(({ severity, message, rule, url, startLine, endLine }): editor.IMarkerData => {
        const [from, to] = [startLine, endLine].map((line) => Math.min(Math.max(line, 1), lastLine)) as [number, number];
        return {
          severity: severity === 'error' ? MarkerSeverity.Error : MarkerSeverity.Warning,
          message,
          ...(rule !== undefined && { code: url ? { value: rule, target: Uri.parse(url) } : rule }),
          startLineNumber: from,
          startColumn: model.getLineFirstNonWhitespaceColumn(from) || 1,
          endLineNumber: to,
          endColumn: model.getLineMaxColumn(to),
        };
      });
      editor.setModelMarkers(model, 'build-checks', markers);
    },
    annotate(path, outcomes) {
      const open = models.get(path);
      if (open)
        open.notes = open.model.deltaDecorations(
          open.notes,
          outcomes.map((outcome) => noteOf(open.model, outcome)),
        );
    },
    focus: () => code.focus(),
    dispose() {
      settingsChanged.disconnect();
      dark.removeEventListener('change', applyTheme);
      code.dispose();
      for (const { model } of models.values()) model.dispose();
    },
  };
}

interface OpenModel {
  model: editor.ITextModel;
  view: editor.ICodeEditorViewState | null;
  /** Decorations that say what a build did. */
  notes: string[];
}

/** Behind the end of the instruction: `cached`, `built in 11.8 s`. */
function noteOf(model: editor.ITextModel, { end, outcome, ms }: BuildLineOutcome): editor.IModelDeltaDecoration {
  const line = Math.min(end, model.getLineCount());
  const column = model.getLineMaxColumn(line);
  const took = ms < 100 ? '' : outcome === 'built' ? ` in ${(ms / 1000).toFixed(1)} s` : '';
  return {
    range: { startLineNumber: line, startColumn: column, endLineNumber: line, endColumn: column },
    options: {
      showIfCollapsed: true,
      after: { content: `${outcome}${took}`, inlineClassName: `build-outcome ${outcome}`, cursorStops: 3 },
    },
  };
}

function languageOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  if (isDockerfile(path)) return 'dockerfile';
  if (/\.ya?ml$/.test(name)) return 'yaml';
  if (/\.(ba|a)?sh$/.test(name) || name === '.profile') return 'shell';
  if (/\.(conf|ini|cfg|env)$/.test(name) || name === '.env') return 'ini';
  const byEnding: Record<string, string> = { py: 'python', json: 'json', html: 'html', js: 'javascript', css: 'css', md: 'markdown' };
  return byEnding[name.slice(name.lastIndexOf('.') + 1)] ?? 'plaintext';
}

function fontSize(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.875;
}

/** Monaco wants plain hexadecimal colours, so the page's tokens are read out. */
function applyTheme(): void {
  const styles = getComputedStyle(document.documentElement);
  // The build shortens #ffffff, which Monaco does not read.
  const colour = (token: string) =>
    styles
      .getPropertyValue(token)
      .trim()
      .replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3');
  const bare = (token: string) => colour(token).replace('#', '');
  editor.defineTheme('drydock', {
    base: styles.colorScheme === 'dark' ? 'vs-dark' : 'vs',
    inherit: true,
    rules: [
      { token: '', foreground: bare('--ink') },
      { token: 'keyword', foreground: bare('--code-keyword'), fontStyle: 'bold' },
      { token: 'type', foreground: bare('--code-name') },
      { token: 'tag', foreground: bare('--code-name') },
      { token: 'variable', foreground: bare('--code-name') },
      { token: 'string', foreground: bare('--code-string') },
      // The base theme has its own for this one.
      { token: 'string.yaml', foreground: bare('--code-string') },
      { token: 'number', foreground: bare('--code-number') },
      { token: 'comment', foreground: bare('--code-comment'), fontStyle: 'italic' },
      { token: 'delimiter', foreground: bare('--soft') },
    ],
    colors: {
      'editor.background': colour('--raised'),
      'editor.foreground': colour('--ink'),
      'editorLineNumber.foreground': colour('--soft'),
      'editorLineNumber.activeForeground': colour('--ink'),
      'editorCursor.foreground': colour('--ink'),
      'editor.selectionBackground': colour('--accent-line'),
      'editor.inactiveSelectionBackground': colour('--accent-soft'),
      'editorWidget.background': colour('--paper'),
      'editorWidget.border': colour('--line-strong'),
      'editorWarning.foreground': colour('--accent'),
      'editorError.foreground': colour('--accent-ink'),
      'editorHoverWidget.background': colour('--paper'),
      'editorHoverWidget.border': colour('--line-strong'),
      'editorHoverWidget.foreground': colour('--ink'),
      'editorSuggestWidget.background': colour('--paper'),
      'editorSuggestWidget.border': colour('--line-strong'),
      'editorSuggestWidget.foreground': colour('--ink'),
      'editorSuggestWidget.highlightForeground': colour('--accent-ink'),
      'editorSuggestWidget.selectedBackground': colour('--accent-soft'),
      'editorSuggestWidget.selectedForeground': colour('--ink'),
      'editorSuggestWidget.selectedIconForeground': colour('--ink'),
      'editorSuggestWidget.focusHighlightForeground': colour('--accent-ink'),
      'list.hoverBackground': colour('--raised'),
      'list.focusOutline': colour('--accent-line'),
      'textLink.foreground': colour('--accent-ink'),
      'textLink.activeForeground': colour('--accent-ink'),
      'editorIndentGuide.background1': colour('--line'),
      'editorBracketMatch.background': colour('--accent-soft'),
      'editorBracketMatch.border': colour('--accent-line'),
      focusBorder: colour('--accent'),
    },
  });
  editor.setTheme('drydock');
}
