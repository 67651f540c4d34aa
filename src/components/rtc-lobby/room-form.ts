import type { GlasscastError } from '../../protocol/errors.ts';
import { slugify } from '../../protocol/names.ts';
import { refusalOf } from '../../signaling/lobby-session.ts';
import { errorText, toGlasscastError } from '../../ui/errors.ts';
import { lobbyMessages as msg } from './lobby-messages.ts';

/** What is wrong with the form, and with which of its fields; null where it is not about one. */
export interface FormProblem {
  readonly field: 'title' | 'slug' | null;
  readonly text: string;
}

/** The fields of a room that is being described: the address follows the name until somebody writes another one. */
export class RoomForm {
  readonly title: string;
  /** What was written into the field; null while the address follows the name. */
  readonly typedSlug: string | null;
  readonly problem: FormProblem | null;
  readonly busy: boolean;

  constructor({ title = '', typedSlug = null, problem = null, busy = false }: Partial<Omit<RoomForm, 'slug' | 'with'>> = {}) {
    this.title = title;
    this.typedSlug = typedSlug;
    this.problem = problem;
    this.busy = busy;
  }

  /** The address that the room will have; null where only the server can choose one. */
  get slug(): string | null {
    return slugify(this.typedSlug?.trim() || this.title);
  }

  /** The form after a change; what was wrong with it is told again when it is sent again. */
  with(change: Partial<Omit<RoomForm, 'slug' | 'with'>>): RoomForm {
    return new RoomForm({ title: this.title, typedSlug: this.typedSlug, ...change });
  }
}

/** What keeps the form from being sent. */
export function problemBefore({ title, typedSlug, slug }: RoomForm): FormProblem | null {
  if (title.trim() === '') return { field: 'title', text: msg('titleMissing') };
  if (typedSlug?.trim() && slug === null) return { field: 'slug', text: msg('slugInvalid') };
  return null;
}

/** What the server has against it. */
export function problemAfter(cause: unknown): FormProblem {
  const error: GlasscastError = toGlasscastError(cause);
  const refusal = refusalOf(error);
  if (refusal === 'taken') return { field: 'slug', text: msg('taken') };
  if (error.code === 'network') return { field: null, text: msg('offline') };
  return { field: null, text: refusal === 'other' ? errorText(error) : msg(refusal) };
}
