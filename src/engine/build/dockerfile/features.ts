/**
 * What a Dockerfile may use besides the stable language. The engine's own front end is that of BuildKit 0.22; a `# syntax=`
 * line asks for another version of Docker's, and newer ones and those named `labs` know more flags.
 * Source: BuildKit frontend/dockerfile/docs/reference.md, the versions given there for each flag.
 */
export interface Features {
  /** `COPY --parents`, `COPY --exclude`, `ADD --exclude`. */
  readonly copyFilters: boolean;
  /** `RUN --security`. */
  readonly security: boolean;
}

export const stableFeatures: Features = { copyFilters: false, security: false };

/** Since this version of the 1.x front end the filters of COPY and ADD are stable. */
const filtersSince = 20;

/** @param syntax the value of `# syntax=` */
export function featuresOf(syntax: string | undefined): Features {
  const image = syntax?.split(' ', 1)[0];
  const matched = /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::([\w.-]+))?(?:@[\w:]+)?$/.exec(image ?? '');
  if (!matched) return stableFeatures;
  const tag = matched[1] ?? 'latest';
  const labs = /(?:^|-)labs$/.test(tag);
  const minor = /^1\.(\d+)/.exec(tag)?.[1];
  const newest = tag === 'latest' || tag === 'master' || tag === '1' || labs;
  return { copyFilters: newest || Number(minor ?? 0) >= filtersSince, security: labs || tag === 'master-labs' };
}
