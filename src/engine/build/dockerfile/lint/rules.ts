/**
 * Docker's build checks, as data: what each is called, what it says, where it is explained. When one applies is decided
 * where the facts are known: in the parser, the instructions and the plan.
 * Source: BuildKit 0.22 frontend/dockerfile/linter/ruleset.go.
 */
import { quote } from '../../../go-quote.ts';

interface Rule<Args extends string[]> {
  description: string;
  /** The last part of the explanation's address; none for a rule that has no page. */
  page?: string;
  /** Only checked when `# check=experimental=…` asks for it. */
  experimental?: boolean;
  message: (...args: Args) => string;
}

const rule = <Args extends string[]>(definition: Rule<Args>): Rule<Args> => definition;

export const rules = {
  StageNameCasing: rule({
    description: 'Stage names should be lowercase',
    page: 'stage-name-casing',
    message: (name: string) => `Stage name '${name}' should be lowercase`,
  }),
  FromAsCasing: rule({
    description: "The 'as' keyword should match the case of the 'from' keyword",
    page: 'from-as-casing',
    message: (from: string, as: string) => `'${as}' and '${from}' keywords' casing do not match`,
  }),
  NoEmptyContinuation: rule({
    description: 'Empty continuation lines will become errors in a future release',
    page: 'no-empty-continuation',
    message: () => 'Empty continuation line',
  }),
  ConsistentInstructionCasing: rule({
    description: 'All commands within the Dockerfile should use the same casing (either upper or lower)',
    page: 'consistent-instruction-casing',
    message: (keyword: string, casing: string) => `Command '${keyword}' should match the case of the command majority (${casing})`,
  }),
  DuplicateStageName: rule({
    description: 'Stage names should be unique',
    page: 'duplicate-stage-name',
    message: (name: string) => `Duplicate stage name ${quote(name)}, stage names should be unique`,
  }),
  ReservedStageName: rule({
    description: 'Reserved words should not be used as stage names',
    page: 'reserved-stage-name',
    message: (name: string) => `Stage name should not use the same name as reserved stage ${quote(name)}`,
  }),
  JSONArgsRecommended: rule({
    description: 'JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals',
    page: 'json-args-recommended',
    message: (keyword: string) => `JSON arguments recommended for ${keyword} to prevent unintended behavior related to OS signals`,
  }),
  MaintainerDeprecated: rule({
    description: 'The MAINTAINER instruction is deprecated, use a label instead to define an image author',
    page: 'maintainer-deprecated',
    message: () => 'Maintainer instruction is deprecated in favor of using label',
  }),
  UndefinedArgInFrom: rule({
    description: 'FROM command must use declared ARGs',
    page: 'undefined-arg-in-from',
    message: (name: string, suggestion: string) =>
      `FROM argument '${name}' is not declared${suggestion && ` (did you mean ${suggestion}?)`}`,
  }),
  WorkdirRelativePath: rule({
    description:
      'Relative workdir without an absolute workdir declared within the build can have unexpected results if the base image changes',
    page: 'workdir-relative-path',
    message: (path: string) => `Relative workdir ${quote(path)} can have unexpected results if the base image changes`,
  }),
  UndefinedVar: rule({
    description: 'Variables should be defined before their use',
    page: 'undefined-var',
    message: (name: string, suggestion: string) =>
      `Usage of undefined variable '$${name}'${suggestion && ` (did you mean $${suggestion}?)`}`,
  }),
  MultipleInstructionsDisallowed: rule({
    description: 'Multiple instructions of the same type should not be used in the same stage',
    page: 'multiple-instructions-disallowed',
    message: (keyword: string) =>
      `Multiple ${keyword} instructions should not be used in the same stage because only the last one will be used`,
  }),
  LegacyKeyValueFormat: rule({
    description: 'Legacy key/value format with whitespace separator should not be used',
    page: 'legacy-key-value-format',
    message: (keyword: string) => `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`,
  }),
  InvalidBaseImagePlatform: rule({
    description: 'Base image platform does not match expected target platform',
    message: (image: string, expected: string, actual: string) =>
      `Base image ${image} was pulled with platform ${quote(actual)}, expected ${quote(expected)} for current build`,
  }),
  RedundantTargetPlatform: rule({
    description: 'Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior',
    page: 'redundant-target-platform',
    message: (platform: string) => `Setting platform to predefined ${platform} in FROM is redundant as this is the default behavior`,
  }),
  SecretsUsedInArgOrEnv: rule({
    description: 'Sensitive data should not be used in the ARG or ENV commands',
    page: 'secrets-used-in-arg-or-env',
    message: (keyword: string, name: string) => `Do not use ARG or ENV instructions for sensitive data (${keyword} ${quote(name)})`,
  }),
  InvalidDefaultArgInFrom: rule({
    description: 'Default value for global ARG results in an empty or invalid base image name',
    page: 'invalid-default-arg-in-from',
    message: (baseName: string) => `Default value for ARG ${baseName} results in empty or invalid base image name`,
  }),
  FromPlatformFlagConstDisallowed: rule({
    description: 'FROM --platform flag should not use a constant value',
    page: 'from-platform-flag-const-disallowed',
    message: (platform: string) => `FROM --platform flag should not use constant value ${quote(platform)}`,
  }),
  CopyIgnoredFile: rule({
    description: 'Attempting to Copy file that is excluded by .dockerignore',
    page: 'copy-ignored-file',
    experimental: true,
    message: (verb: string, file: string) => `Attempting to ${verb} file ${quote(file)} that is excluded by .dockerignore`,
  }),
  InvalidDefinitionDescription: rule({
    description:
      'Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is not intended to be a description comment, add an empty line or comment between the instruction and the comment.',
    page: 'invalid-definition-description',
    experimental: true,
    message: (keyword: string, name: string) => `Comment for ${keyword} should follow the format: \`# ${name} <description>\``,
  }),
};

export type RuleName = keyof typeof rules;
export type RuleArgs<Name extends RuleName> = Parameters<(typeof rules)[Name]['message']>;

export function urlOf(name: RuleName): string {
  const { page } = rules[name];
  return page === undefined ? '' : `https://docs.docker.com/go/dockerfile/rule/${page}/`;
}
