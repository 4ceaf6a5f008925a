/**
 * What a Dockerfile may use besides the stable language. The engine's own front end is that of BuildKit 0.22; a `# syntax=`
 * line asks for another version of Docker's, and newer ones and those named `labs` know more flags.
 * Source: Dockerfile reference, "Minimum Dockerfile version" of each flag.
 */
export interface Features {
  /** `COPY --exclude`, `ADD --exclude`. */
  readonly exclude: boolean;
  /** `COPY --parents`. */
  readonly parents: boolean;
  /** `RUN --security`. */
  readonly security: boolean;
}

export const stableFeatures: Features = { exclude: false, parents: false, security: false };

/** Since this 1.x a flag is stable. */
const since: Record<keyof Features, number> = { exclude: 19, parents: 20, security: 20 };

/** @param syntax the value of `# syntax=` */
export function featuresOf(syntax: string | undefined): Features {
  const image = syntax?.split(' ', 1)[0];
  const matched = /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::([\w.-]+))?(?:@[\w:]+)?$/.exec(image ?? '');
  if (!matched) return stableFeatures;
  const tag = matched[1] ?? 'latest';
  const newest = tag === 'latest' || tag === 'master' || tag === '1' || tag.endsWith('labs');
  const minor = newest ? Infinity : Number(/^1\.(\d+)/.exec(tag)?.[1] ?? 0);
  return { exclude: minor >= since.exclude, parents: minor >= since.parents, security: minor >= since.security };
}
