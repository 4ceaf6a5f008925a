/**
 * A flag as Docker declares it, and what its text means. The declarations come from `help/help.json`; a
 * command adds meaning to single flags (`Command.flags`) where the type's own is not enough.
 */

export interface FlagDeclaration {
  /** Without dashes. */
  name: string;
  /** One letter, or empty. */
  shorthand: string;
  /** The word that help prints after the name (`string`, `list`, `bytes`, …); `bool` prints none. */
  type: string;
  usage: string;
  /** As help prints it in `(default …)`; empty when help prints none. */
  defaultText: string;
  hidden: boolean;
  /** What the warning says when it is used: `use --timeout instead`. */
  deprecated?: string;
}

/** How a flag's text becomes a value. */
export interface FlagSyntax<T = unknown> {
  /** The value when the flag is not given. */
  initial: T;
  /** The value after one more occurrence. Throws an Error whose message pflag puts after `flag: `. */
  set(current: T, text: string, changed: boolean): T;
  /** The text that stands for a flag without a value (`--rm` is `--rm=true`); undefined when it needs one. */
  bare?: string;
}
