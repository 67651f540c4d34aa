/** Failures of the HTTP interface as RFC 9457 problem details. */
import type { ProblemDetails } from '../../src/protocol/index.ts';

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Codes for failures that come from the framework rather than from a route. */
const CODES: Record<number, string> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'not-found',
  409: 'taken',
  413: 'too-large',
  415: 'media-type',
  429: 'limit',
  503: 'unavailable',
};

export interface ProblemOptions extends ErrorOptions {
  /** Machine-readable detail, for example the issues of a failed validation. */
  readonly details?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by a route, answered as `application/problem+json`. */
export class Problem extends Error {
  readonly status: number;
  /** Stable, for programs. */
  readonly code: string;
  /** For people: what is wrong and what to do. */
  readonly detail: string;
  readonly details: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.details = options.details;
    this.headers = options.headers ?? {};
  }

  toJSON(): ProblemDetails {
    return {
      type: 'about:blank',
      title: TITLES[this.status] ?? 'Error',
      status: this.status,
      code: this.code,
      detail: this.detail,
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}

export const notFound = (detail = 'There is nothing at this address.'): Problem => new Problem(404, 'not-found', detail);

/** Turns whatever was thrown into a problem; what is not ours says nothing about our insides. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const status = statusOf(error);
  if (status === undefined || status >= 500) return new Problem(500, 'server', 'The server failed; its log says more.', { cause: error });
  const message = error instanceof Error ? error.message : 'The request was refused.';
  return new Problem(status, CODES[status] ?? 'invalid', message, { cause: error });
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 600 ? error.statusCode : undefined;
}
