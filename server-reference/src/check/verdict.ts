/** What a rule finds, and on whose authority. */
import type { Milliseconds } from '../../../src/protocol/index.ts';
import type { CheckLog } from './log.ts';

/**
 * `must` and `should` are those of RFC 8216bis, `must` also the "shall" of ISO/IEC 23009-1; `apple` is the HLS Authoring Specification
 * for Apple devices, `dash-if` the low-latency module of the DASH-IF interoperability points, `own` what this project asks of itself.
 */
export type Authority = 'must' | 'should' | 'apple' | 'dash-if' | 'own';

export interface Breach {
  readonly authority: Authority;
  /** A sentence. */
  readonly text: string;
  readonly url: string;
  readonly at: Milliseconds | null;
  /** The lines that are wrong, or the headers. */
  readonly lines: readonly string[];
}

export type Verdict =
  | { readonly kind: 'kept'; readonly note: string }
  | { readonly kind: 'broken'; readonly note: string; readonly count: number; readonly breaches: readonly Breach[] }
  | { readonly kind: 'unseen'; readonly why: string };

export interface Rule {
  /** As docs/check.md counts them. */
  readonly id: string;
  readonly family: 'hls' | 'dash' | 'media';
  readonly title: string;
  readonly judge: (log: CheckLog) => Verdict;
}

/** More examples of one fault tell nothing new. */
const MOST_BREACHES = 4;

/** Collects what a rule looks at. A rule that looked at nothing was not seen; it is never kept by default. */
export class Findings {
  readonly #breaches: Breach[] = [];
  readonly #notes: string[] = [];
  #checked = 0;
  #broken = 0;

  /** Looks at one thing. `breach` is asked only where it is wrong. */
  check(kept: boolean, breach: () => Breach): void {
    this.#checked++;
    if (kept) return;
    this.#broken++;
    const found = breach();
    // The gravest kinds are never crowded out by others.
    const alike = this.#breaches.filter(({ authority }) => authority === found.authority).length;
    if (alike < MOST_BREACHES) this.#breaches.push(found);
  }

  note(text: string): void {
    if (!this.#notes.includes(text)) this.#notes.push(text);
  }

  get checked(): number {
    return this.#checked;
  }

  get broken(): number {
    return this.#broken;
  }

  /** @param unit what was counted, such as "parts" */
  verdict(unit: string, whyUnseen: string): Verdict {
    if (this.#checked === 0) return { kind: 'unseen', why: [whyUnseen, ...this.#notes].join('; ') };
    const counted = this.#checked === 1 ? unit.replace(/s$/, '') : unit;
    const note = [`${this.#checked} ${counted}`, ...this.#notes].join('; ');
    if (this.#broken === 0) return { kind: 'kept', note };
    return { kind: 'broken', note, count: this.#broken, breaches: this.#breaches };
  }
}
