/**
 * Instructions as progress shows them.
 * Source: BuildKit dockerfile2llb, uppercaseCmd, processCmdEnv.
 */
import { DockerfileError } from './dockerfile-error.ts';
import type { Environment, ShellLexer } from './shell/lexer.ts';

/** An instruction's text with its keyword in capitals, and variables expanded as far as that is possible. */
export function shownCode(lexer: ShellLexer, code: string, environment: Environment): string {
  try {
    return upperKeyword(lexer.process(code, environment).result);
  } catch (error) {
    if (error instanceof DockerfileError) return upperKeyword(code);
    throw error;
  }
}

function upperKeyword(code: string): string {
  const blank = code.indexOf(' ');
  return blank < 0 ? code.toUpperCase() : code.slice(0, blank).toUpperCase() + code.slice(blank);
}
