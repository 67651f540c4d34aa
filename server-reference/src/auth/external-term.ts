/**
 * Reads the few shapes of Erlang's external term format that a Phoenix.Token holds: integers, binaries, tuples, lists, maps and the
 * atoms that serve as their keys. Every other tag is refused, so that nothing else of that format can be reached from outside.
 */

export type Term = string | number | boolean | null | TermTuple | readonly Term[] | ReadonlyMap<string, Term>;

export interface TermTuple {
  readonly tuple: readonly Term[];
}

export class TermError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TermError';
  }
}

const VERSION = 131;
const TAG = {
  smallInteger: 97,
  integer: 98,
  smallTuple: 104,
  nil: 106,
  list: 108,
  binary: 109,
  smallBig: 110,
  map: 116,
  atom: 118,
  smallAtom: 119,
  latin1Atom: 100,
} as const;

const MAX_DEPTH = 16;

class TermReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text = new TextDecoder('utf-8', { fatal: true });
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.byteLength;
  }

  #take(length: number): number {
    const start = this.#offset;
    if (length > this.#bytes.byteLength - start) throw new TermError('the term is cut short');
    this.#offset = start + length;
    return start;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  #u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  #u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  #string(length: number): string {
    const start = this.#take(length);
    try {
      return this.#text.decode(this.#bytes.subarray(start, start + length));
    } catch {
      throw new TermError('a string is not UTF-8');
    }
  }

  #atom(length: number): Term {
    const name = this.#string(length);
    if (name === 'true' || name === 'false') return name === 'true';
    return name === 'nil' ? null : name;
  }

  #smallBig(): number {
    const length = this.u8();
    const negative = this.u8() !== 0;
    if (length > 8) throw new TermError('an integer is out of range');
    const start = this.#take(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index--) value = (value << 8n) | BigInt(this.#bytes[start + index] ?? 0);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new TermError('an integer is out of range');
    return negative ? -Number(value) : Number(value);
  }

  #terms(count: number, depth: number): Term[] {
    // Each term takes at least one byte: a count beyond that is a lie, refused before anything is made.
    if (count > this.#bytes.byteLength - this.#offset) throw new TermError('the term is cut short');
    return Array.from({ length: count }, () => this.term(depth + 1));
  }

  #list(depth: number): Term[] {
    const items = this.#terms(this.#u32(), depth);
    if (this.u8() !== TAG.nil) throw new TermError('an improper list');
    return items;
  }

  #map(depth: number): ReadonlyMap<string, Term> {
    const flat = this.#terms(this.#u32() * 2, depth);
    const map = new Map<string, Term>();
    for (let index = 0; index < flat.length; index += 2) {
      const key = flat[index];
      if (typeof key !== 'string') throw new TermError('a map key is neither a string nor an atom');
      map.set(key, flat[index + 1] ?? null);
    }
    return map;
  }

  term(depth: number): Term {
    if (depth > MAX_DEPTH) throw new TermError('the term is nested too deeply');
    const tag = this.u8();
    switch (tag) {
      case TAG.smallInteger:
        return this.u8();
      case TAG.integer:
        return this.#view.getInt32(this.#take(4));
      case TAG.smallBig:
        return this.#smallBig();
      case TAG.binary:
        return this.#string(this.#u32());
      case TAG.smallAtom:
        return this.#atom(this.u8());
      case TAG.atom:
      case TAG.latin1Atom:
        return this.#atom(this.#u16());
      case TAG.smallTuple:
        return { tuple: this.#terms(this.u8(), depth) };
      case TAG.nil:
        return [];
      case TAG.list:
        return this.#list(depth);
      case TAG.map:
        return this.#map(depth);
      default:
        throw new TermError(`the tag ${tag} is not allowed`);
    }
  }
}

/** Throws {@link TermError} and nothing else. */
export function decodeTerm(bytes: Uint8Array): Term {
  const reader = new TermReader(bytes);
  if (reader.u8() !== VERSION) throw new TermError('not an external term');
  const term = reader.term(0);
  if (!reader.atEnd) throw new TermError('bytes behind the term');
  return term;
}

export function isTuple(term: Term | undefined): term is TermTuple {
  return typeof term === 'object' && term !== null && 'tuple' in term;
}

/** Maps become objects and tuples arrays, for the schemas to judge. */
export function toPlain(term: Term): unknown {
  if (typeof term !== 'object' || term === null) return term;
  if (term instanceof Map) return Object.fromEntries([...term].map(([key, value]) => [key, toPlain(value)]));
  if (isTuple(term)) return term.tuple.map(toPlain);
  return (term as readonly Term[]).map(toPlain);
}
