/** How the reader wants the page: theme, text size, terminals for screen readers. Kept over a reload. */

export type Theme = 'system' | 'light' | 'dark';
export type TextSize = 'normal' | 'large' | 'projector';

const key = 'drydock.settings.1';

export class Settings {
  theme = $state<Theme>('system');
  textSize = $state<TextSize>('normal');
  /** xterm's mode that mirrors the screen as text. */
  screenReader = $state(false);

  constructor() {
    try {
      const saved = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Record<string, unknown>>;
      if (saved['theme'] === 'light' || saved['theme'] === 'dark') this.theme = saved['theme'];
      if (saved['textSize'] === 'large' || saved['textSize'] === 'projector') this.textSize = saved['textSize'];
      this.screenReader = saved['screenReader'] === true;
    } catch {
      // Unreadable or forbidden storage: the defaults.
    }
  }

  /** Puts the settings on the document and keeps them; to be run in an effect. */
  apply(): void {
    const { dataset } = document.documentElement;
    if (this.theme === 'system') delete dataset['theme'];
    else dataset['theme'] = this.theme;
    if (this.textSize === 'normal') delete dataset['size'];
    else dataset['size'] = this.textSize;
    try {
      localStorage.setItem(key, JSON.stringify({ theme: this.theme, textSize: this.textSize, screenReader: this.screenReader }));
    } catch {
      // The settings hold until the tab is closed.
    }
  }
}
