/** Pictures as requests, for networks that let no WebSocket through: `POST /frames/:id`, the file itself or as a form's. */
import * as v from 'valibot';
import { GlasscastError } from '../../protocol/errors.ts';
import type { Milliseconds } from '../../protocol/units.ts';
import { errorFromReply } from '../../signaling/refusal.ts';
import type { EncodedPicture } from './encode-picture.ts';
import { answerOf, type FrameAnswer, readReply } from './frame-answer.ts';
import type { FrameSender, FrameSenderOptions } from './frame-sender.ts';

/** What matters of a problem (RFC 9457). */
const ProblemSchema = v.object({ code: v.string(), details: v.optional(v.unknown()) });

/** Statuses of a proxy whose server is away. */
const AWAY = new Set([502, 504]);
const TOO_MUCH = new Set([429, 503]);

export class HttpFrameSender implements FrameSender {
  readonly #options: FrameSenderOptions;
  readonly #asForm: boolean;
  readonly #abort = new AbortController();
  #token: string | undefined;

  /** @param asForm as multipart instead of the file itself */
  constructor(options: FrameSenderOptions, asForm: boolean) {
    this.#options = options;
    this.#asForm = asForm;
    this.#token = options.token;
  }

  async ready(): Promise<void> {
    if (this.#token !== undefined || this.#options.tokenProvider === undefined) return;
    try {
      this.#token = await this.#options.tokenProvider();
    } catch (cause) {
      throw new GlasscastError('network', 'The page could not get a token for the server.', { cause });
    }
  }

  async send(picture: EncodedPicture): Promise<FrameAnswer> {
    const token = this.#token;
    const answer = await this.#post(picture);
    const isTokenRefused = answer.kind === 'refused' && (answer.error.code === 'token-expired' || answer.error.code === 'unauthorized');
    if (!isTokenRefused || this.#options.tokenProvider === undefined) return answer;
    // Asked once for each refusal: another token that is refused as well is final.
    if (this.#token === token) {
      this.#token = undefined;
      await this.ready().catch(() => undefined);
    }
    return this.#token === undefined ? answer : await this.#post(picture);
  }

  setToken(token: string | undefined): void {
    this.#token = token;
  }

  close(): void {
    // A reason without a stack, which would keep everything alive that was under way.
    this.#abort.abort('closed');
  }

  async #post(picture: EncodedPicture): Promise<FrameAnswer> {
    try {
      const response = await fetch(this.#url(), {
        method: 'POST',
        ...(this.#asForm ? { body: formOf(picture) } : { body: picture.bytes, headers: { 'content-type': picture.type } }),
        cache: 'no-store',
        signal: this.#abort.signal,
      });
      return await read(response);
    } catch (cause) {
      return { kind: 'lost', error: new GlasscastError('network', `The server at ${this.#options.server} does not answer.`, { cause }) };
    }
  }

  /** The token goes in the address, as in a viewer's. */
  #url(): URL {
    const url = new URL(`/frames/${encodeURIComponent(this.#options.id)}`, this.#options.server);
    if (this.#token !== undefined) url.searchParams.set('token', this.#token);
    return url;
  }
}

function formOf({ bytes, type }: EncodedPicture): FormData {
  const form = new FormData();
  form.append('file', new Blob([bytes], { type }), type === 'image/webp' ? 'frame.webp' : 'frame.jpg');
  return form;
}

async function read(response: Response): Promise<FrameAnswer> {
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return readReply(body);
  const problem = v.safeParse(ProblemSchema, body);
  if (AWAY.has(response.status)) {
    return { kind: 'lost', error: new GlasscastError('network', `A proxy answers in the place of the server (${response.status}).`) };
  }
  const code = problem.success ? problem.output.code : '';
  if (code === 'skipped') return { kind: 'skipped' };
  const error = await errorFromReply({ reason: code, details: problem.success ? problem.output.details : undefined });
  if (!TOO_MUCH.has(response.status)) return answerOf(error);
  return { kind: 'busy', error, retryAfter: retryAfterOf(response) };
}

/** RFC 9110 §10.2.3: seconds, or a date, which is left to our own pace. */
function retryAfterOf({ headers }: Response): Milliseconds | null {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null;
}
