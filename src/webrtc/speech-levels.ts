import type { Milliseconds } from '../protocol/units.ts';

/** Who speaks, by id; oneself is {@link SELF}. */
export interface Speech {
  readonly speaking: ReadonlySet<string>;
  /** The last other one who spoke. */
  readonly active: string | null;
}

export const SELF = 'self';

/** From 0 to 1: some -34 dB, above the noise of a room and below a quiet voice. */
const AUDIBLE = 0.02;
/** Two of so many samples are audible: somebody speaks. A click is one. */
const SAMPLES = 3;
const ATTACK = 2;
/** Longer than the gaps between words. */
const RELEASE: Milliseconds = 600;
/** Whoever has just become active stays so for this long, */
const SHORTEST_TURN: Milliseconds = 1500;
/** and gives way to somebody louder by this, while both speak. */
const LOUDER = 1.5;
/** Share of the newest sample in the level that speakers are compared by. */
const NEWEST = 0.3;

interface Voice {
  /** Whether the latest samples were audible, newest last. */
  audible: boolean[];
  heardAt: Milliseconds;
  level: number;
  speaking: boolean;
}

/** Levels, a few times a second, become who speaks. */
export class SpeechLevels {
  readonly #voices = new Map<string, Voice>();
  #speech: Speech = { speaking: new Set(), active: null };
  #turnSince: Milliseconds = 0;

  get speech(): Speech {
    return this.#speech;
  }

  /**
   * Takes one level from 0 to 1 for each participant that has sound; who is left out has none, and does not speak.
   * @returns null when nothing has changed
   */
  update(levels: ReadonlyMap<string, number>, now: Milliseconds): Speech | null {
    for (const id of this.#voices.keys()) if (!levels.has(id)) this.#voices.delete(id);
    for (const [id, level] of levels) this.#hear(id, level, now);
    const speaking = new Set([...this.#voices].filter(([, voice]) => voice.speaking).map(([id]) => id));
    return this.#change({ speaking, active: this.#choose(now) });
  }

  /** Somebody left: they are not the one who spoke last. */
  remove(id: string): Speech | null {
    this.#voices.delete(id);
    const { speaking, active } = this.#speech;
    const others = new Set(speaking);
    others.delete(id);
    return this.#change({ speaking: others, active: active === id ? null : active });
  }

  #hear(id: string, level: number, now: Milliseconds): void {
    const voice = this.#voices.get(id) ?? { audible: [], heardAt: Number.NEGATIVE_INFINITY, level: 0, speaking: false };
    this.#voices.set(id, voice);
    voice.level += (level - voice.level) * NEWEST;
    voice.audible = [...voice.audible, level >= AUDIBLE].slice(-SAMPLES);
    if (level >= AUDIBLE) voice.heardAt = now;
    if (voice.audible.filter(Boolean).length >= ATTACK) voice.speaking = true;
    else if (now - voice.heardAt >= RELEASE) voice.speaking = false;
  }

  #choose(now: Milliseconds): string | null {
    const { active } = this.#speech;
    const speakers = [...this.#voices].filter(([id, { speaking }]) => id !== SELF && speaking);
    const loudest = speakers.reduce<(typeof speakers)[number] | null>((one, other) => {
      return one === null || other[1].level > one[1].level ? other : one;
    }, null);
    if (loudest === null || loudest[0] === active) return active;
    const current = active === null ? undefined : this.#voices.get(active);
    const keeps = current?.speaking && (now - this.#turnSince < SHORTEST_TURN || loudest[1].level < current.level * LOUDER);
    if (keeps) return active;
    this.#turnSince = now;
    return loudest[0];
  }

  #change(next: Speech): Speech | null {
    const { speaking, active } = this.#speech;
    const same = next.active === active && next.speaking.size === speaking.size && [...next.speaking].every((id) => speaking.has(id));
    if (same) return null;
    this.#speech = next;
    return next;
  }
}
