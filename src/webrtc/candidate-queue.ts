/**
 * Candidates of one peer that came before the description they belong to.
 *
 * A candidate is usable once a remote description with its ufrag has been applied (RFC 8838 §9: a candidate of another ICE
 * generation must not be fed to this one). Those of a description that never comes (an offer that lost a glare) are forgotten when a
 * later negotiation is described.
 */
export interface Candidate {
  readonly candidate: string;
  readonly sdpMid?: string | null | undefined;
  readonly sdpMLineIndex?: number | null | undefined;
  readonly usernameFragment?: string | null | undefined;
}

/** As it is said to the other side. */
export function candidateOf({ candidate, sdpMid, sdpMLineIndex, usernameFragment }: RTCIceCandidate): Candidate {
  return { candidate, sdpMid, sdpMLineIndex, usernameFragment };
}

interface Waiting {
  readonly n: number;
  readonly candidate: Candidate;
}

/** More than a peer gathers in several restarts; a bound on what a misbehaving one can make us keep. */
const MAX_WAITING = 256;

export class CandidateQueue {
  #ufrags: ReadonlySet<string> = new Set();
  #described = -1;
  #waiting: Waiting[] = [];

  get waiting(): number {
    return this.#waiting.length;
  }

  /** True when the candidate can be given to the peer connection now; otherwise it is kept, or dropped as outdated. */
  add(candidate: Candidate, n: number): boolean {
    if (this.#matches(candidate, n)) return true;
    if (n >= this.#described && this.#waiting.length < MAX_WAITING) this.#waiting.push({ n, candidate });
    return false;
  }

  /** A remote description of negotiation `n` has been applied: returns the candidates that waited for it, in order. */
  describe(sdp: string, n: number): Candidate[] {
    this.#ufrags = ufragsOf(sdp);
    this.#described = n;
    const usable = this.#waiting.filter((entry) => this.#matches(entry.candidate, entry.n));
    this.#waiting = this.#waiting.filter((entry) => entry.n > n && !usable.includes(entry));
    return usable.map((entry) => entry.candidate);
  }

  #matches(candidate: Candidate, n: number): boolean {
    const ufrag = ufragOf(candidate);
    return ufrag === null ? n === this.#described : this.#ufrags.has(ufrag);
  }
}

/** The `a=ice-ufrag` of every section; they differ where sections are not bundled. */
export function ufragsOf(sdp: string): ReadonlySet<string> {
  return new Set(Array.from(sdp.matchAll(/^a=ice-ufrag:(\S+)/gm), (match) => match[1] ?? ''));
}

/** Named by the browser, or, where it leaves the field out, inside the candidate line (RFC 8839 §5.1, extension `ufrag`). */
function ufragOf(candidate: Candidate): string | null {
  return candidate.usernameFragment ?? /\bufrag (\S+)/.exec(candidate.candidate)?.[1] ?? null;
}
