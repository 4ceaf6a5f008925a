/** `--progress`, `-q` and `BUILDKIT_PROGRESS`: how a build is shown. Source: docker/buildx commands/build.go; BuildKit progressui. */
import type { CommandContext } from '../command.ts';
import { quietDisplay, rawJsonDisplay, type Display } from './progress/display.ts';
import { PlainDisplay } from './progress/plain-display.ts';
import { TerminalDisplay } from './progress/terminal-display.ts';

export type ProgressMode = 'quiet' | 'rawjson' | 'plain' | 'tty';

/** What is assumed of a terminal that does not say how large it is. */
const DEFAULT_SIZE = { rows: 10, columns: 80 };

/** @throws Error with buildx's words */
export function progressMode({ flags, environment }: CommandContext): ProgressMode {
  const given = flags.string('progress');
  if (flags.bool('quiet')) {
    if (given !== 'auto' && given !== 'quiet') throw new Error(`progress=${given} and quiet cannot be used together`);
    return 'quiet';
  }
  const mode = given === 'auto' ? environment.env.BUILDKIT_PROGRESS || given : given;
  switch (mode) {
    case 'quiet':
    case 'rawjson':
    case 'plain':
      return mode;
    case 'tty':
      if (!environment.stderr.isTerminal) throw new Error('failed to get console: provided file is not a console');
      return 'tty';
    case 'auto':
    case '':
      return environment.stderr.isTerminal ? 'tty' : 'plain';
    default:
      throw new Error(`invalid progress mode ${mode}`);
  }
}

export function displayOf(mode: ProgressMode, { environment }: CommandContext): Display {
  switch (mode) {
    case 'quiet':
      return quietDisplay;
    case 'rawjson':
      return rawJsonDisplay;
    case 'plain':
      return new PlainDisplay('building with "default" instance using docker driver');
    case 'tty':
      return new TerminalDisplay({
        title: 'docker:default',
        size: () => environment.stderr.size() ?? DEFAULT_SIZE,
        colors: !environment.env.NO_COLOR,
      });
  }
}
