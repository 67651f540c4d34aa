import * as v from 'valibot';

/** Every join carries the wire's version; the value is checked apart, so that a refusal can name the versions spoken. */
export const VersionField = { v: v.number() };

/** Renews the grant of a live socket; may be pushed on any joined topic. */
export const TokenPushSchema = v.object({ token: v.pipe(v.string(), v.maxLength(16_384)) });

/** Server push: the grant ends in `in` milliseconds. */
export const TokenExpiringSchema = v.object({ in: v.number() });

export interface ValidationIssue {
  readonly path: string;
  readonly message: string;
}

/** The issues of a failed validation, as sent in `details`. */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[]): ValidationIssue[] {
  return issues.slice(0, 10).map((issue) => ({ path: v.getDotPath(issue) ?? '', message: issue.message }));
}
