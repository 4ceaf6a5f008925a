/**
 * One xterm.js screen with its add-ons: everything of the terminal that knows xterm. In a chunk of its
 * own, fetched while the lesson is already readable. Bytes in, keys out; nothing is interpreted here.
 */
import { FitAddon } from '@xterm/addon-fit';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { type ITheme, Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';

export interface ScreenOptions {
  screenReader: boolean;
  /** Spoken name, e.g. `Terminal node1`. */
  label: string;
  /** Typed or pasted. */
  onInput(bytes: Uint8Array): void;
  /** The terminal's own answer to a question of the program, such as where the cursor is. */
  onReport(bytes: Uint8Array): void;
  onResize(rows: number, columns: number): void;
  /** F6: the reader wants to leave the terminal. */
  onLeave(backwards: boolean): void;
}

export interface Screen {
  /** To be placed by whoever shows the screen; keeps its content wherever it goes. */
  readonly element: HTMLElement;
  readonly rows: number;
  readonly columns: number;
  /** `drawn` is called once the bytes are on the screen's buffer. */
  write(bytes: Uint8Array | string, drawn?: () => void): void;
  /** Fits rows and columns to the element. */
  fit(): void;
  focus(): void;
  reset(): void;
  setScreenReader(on: boolean): void;
  dispose(): void;
}

const webglAfterMs = 3000;
const encoder = new TextEncoder();
/** Cursor position, device attributes and status, focus in and out, colours. */
const report = /^\x1b(?:\[[?>=]?[\d;]*[Rcn]|\[[IO]|\][\d;]+;rgb:[^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\)$/;

export async function createScreen(options: ScreenOptions): Promise<Screen> {
  // Cells are measured once; with the stand-in font they would be measured wrong.
  await document.fonts.load('16px "JetBrains Mono Variable"').catch(() => {});

  const element = document.createElement('div');
  element.className = 'screen';
  const terminal = new Terminal({
    allowProposedApi: true,
    // A blinking cursor would keep an idle page busy.
    cursorBlink: false,
    fontFamily: '"JetBrains Mono Variable", ui-monospace, Menlo, Consolas, monospace',
    fontSize: fontSize(),
    fontWeight: 450,
    fontWeightBold: 700,
    lineHeight: 1.25,
    macOptionIsMeta: true,
    minimumContrastRatio: 4.5,
    rightClickSelectsWord: true,
    screenReaderMode: options.screenReader,
    scrollback: 5000,
    theme: theme(),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = '11';
  terminal.loadAddon(new WebLinksAddon((_, uri) => window.open(uri, '_blank', 'noopener,noreferrer')));

  terminal.onData((text) => (report.test(text) ? options.onReport : options.onInput)(encoder.encode(text)));
  terminal.onBinary((text) => options.onInput(Uint8Array.from(text, (char) => char.charCodeAt(0))));
  terminal.onResize(({ rows, cols }) => options.onResize(rows, cols));
  terminal.attachCustomKeyEventHandler((event) => takesKey(terminal, event, options));

  let opened = false;
  const open = () => {
    opened = true;
    terminal.open(element);
    terminal.textarea?.setAttribute('aria-label', options.label);
    // Asking for a graphics context takes a while; the prompt comes first.
    if (!options.screenReader) setTimeout(() => void useWebgl(terminal), webglAfterMs);
  };
  const settingsChanged = new MutationObserver(() => {
    terminal.options.theme = theme();
    terminal.options.fontSize = fontSize();
    refit();
  });
  settingsChanged.observe(document.documentElement, { attributeFilter: ['data-theme', 'data-size'] });
  const refit = () => {
    if (element.clientWidth === 0 || element.clientHeight === 0) return;
    if (!opened) open();
    fit.fit();
  };

  return {
    element,
    get rows() {
      return terminal.rows;
    },
    get columns() {
      return terminal.cols;
    },
    write: (bytes, drawn) => terminal.write(bytes, drawn),
    fit: refit,
    focus: () => terminal.focus(),
    reset: () => terminal.reset(),
    setScreenReader: (on) => (terminal.options.screenReaderMode = on),
    dispose: () => {
      settingsChanged.disconnect();
      terminal.dispose();
      element.remove();
    },
  };
}

/** False keeps a key from the shell: it copies, pastes or leaves. */
function takesKey(terminal: Terminal, event: KeyboardEvent, options: ScreenOptions): boolean {
  if (event.type !== 'keydown') return true;
  const command = event.ctrlKey || event.metaKey;
  if (event.key === 'F6') {
    event.preventDefault();
    options.onLeave(event.shiftKey);
    return false;
  }
  // With something selected Ctrl-C copies; without, it interrupts.
  if (command && event.key.toLowerCase() === 'c' && terminal.hasSelection()) {
    event.preventDefault();
    void navigator.clipboard.writeText(terminal.getSelection()).catch(() => {});
    terminal.clearSelection();
    return false;
  }
  // The browser's own paste reaches xterm's text area.
  return !(command && event.key.toLowerCase() === 'v');
}

/** Draws with the graphics processor where there is one; WebGL in software is slower than the DOM, which xterm uses otherwise. */
async function useWebgl(terminal: Terminal): Promise<void> {
  if (!terminal.element?.isConnected || !hasGraphicsProcessor()) return;
  try {
    const { WebglAddon } = await import('@xterm/addon-webgl');
    const webgl = new WebglAddon();
    webgl.onContextLoss(() => webgl.dispose());
    terminal.loadAddon(webgl);
  } catch {
    // No WebGL here.
  }
}

/** Browsers fall back to WebGL on the processor and do not always say so but by its name. */
function hasGraphicsProcessor(): boolean {
  const context = document.createElement('canvas').getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  const names = context?.getExtension('WEBGL_debug_renderer_info');
  const name = names ? String(context?.getParameter(names.UNMASKED_RENDERER_WEBGL)) : '';
  context?.getExtension('WEBGL_lose_context')?.loseContext();
  return context !== null && !/swiftshader|llvmpipe|software|basic render/i.test(name);
}

function fontSize(): number {
  const root = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return Math.round(root * 0.8125 * 2) / 2;
}

function theme(): ITheme {
  const styles = getComputedStyle(document.documentElement);
  const colour = (token: string) => styles.getPropertyValue(token).trim();
  return {
    background: colour('--sea'),
    foreground: colour('--foam'),
    cursor: colour('--foam'),
    cursorAccent: colour('--sea'),
    selectionBackground: colour('--sea-line'),
    selectionInactiveBackground: colour('--sea-raised'),
    black: '#24405c',
    red: '#f2846b',
    green: colour('--sea-ok'),
    yellow: '#e5c07b',
    blue: '#7fb2e5',
    magenta: '#c8a2d8',
    cyan: '#79c7cf',
    white: colour('--foam'),
    brightBlack: colour('--foam-soft'),
    brightRed: colour('--sea-accent'),
    brightGreen: '#a5e3c2',
    brightYellow: '#f3d79f',
    brightBlue: '#a9cef2',
    brightMagenta: '#dcc1e8',
    brightCyan: '#a8e0e6',
    brightWhite: '#ffffff',
  };
}
