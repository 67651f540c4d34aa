/** Reads MPDs for tests: what the rules speak of, strict about its form. */

export interface ListedRepresentation {
  readonly id: string;
  readonly bandwidth: number;
  readonly timescale: number;
  readonly startNumber: number;
  readonly presentationTimeOffset: number;
  readonly availabilityTimeOffset: string | null;
  readonly availabilityTimeComplete: string | null;
  readonly initialization: string;
  readonly media: string;
  /** Ticks. */
  readonly segments: readonly { readonly start: number; readonly duration: number }[];
}

export interface ListedPeriod {
  readonly id: string;
  /** Seconds. */
  readonly start: number;
  readonly representations: readonly ListedRepresentation[];
}

export interface Manifest {
  readonly text: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly periods: readonly ListedPeriod[];
}

function attributesOf(tag: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = '', value = ''] of tag.matchAll(/([\w:]+)="([^"]*)"/g)) found[name] = value;
  return found;
}

const blocks = (text: string, name: string): string[] =>
  [...text.matchAll(new RegExp(`<${name}[ >][\\s\\S]*?</${name}>`, 'g'))].map(([block]) => block);
const opening = (block: string): Record<string, string> => attributesOf(/<[^>]*>/.exec(block)?.[0] ?? '');

/** ISO 8601, of which only seconds are used. */
export function seconds(duration: string | undefined): number {
  const [, value] = /^PT([\d.]+)S$/.exec(duration ?? '') ?? [];
  if (value === undefined) throw new Error(`not a duration in seconds: ${duration}`);
  return Number(value);
}

function representation(block: string): ListedRepresentation {
  const template = opening(blocks(block, 'SegmentTemplate')[0] ?? '');
  const { id = '', bandwidth } = opening(block);
  return {
    id,
    bandwidth: Number(bandwidth),
    timescale: Number(template['timescale']),
    startNumber: Number(template['startNumber']),
    presentationTimeOffset: Number(template['presentationTimeOffset']),
    availabilityTimeOffset: template['availabilityTimeOffset'] ?? null,
    availabilityTimeComplete: template['availabilityTimeComplete'] ?? null,
    initialization: template['initialization'] ?? '',
    media: template['media'] ?? '',
    segments: [...block.matchAll(/<S t="(\d+)" d="(\d+)"\/>/g)].map(([, start, duration]) => ({
      start: Number(start),
      duration: Number(duration),
    })),
  };
}

export function parseManifest(text: string): Manifest {
  const [root] = /<MPD [^>]*>/.exec(text) ?? [];
  if (root === undefined) throw new Error(`not an MPD: ${text.slice(0, 200)}`);
  const periods = blocks(text, 'Period').map((block) => {
    const { id = '', start } = opening(block);
    return { id, start: seconds(start), representations: blocks(block, 'Representation').map(representation) };
  });
  return { text, attributes: attributesOf(root), periods };
}
