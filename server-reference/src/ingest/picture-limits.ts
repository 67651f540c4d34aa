/** How large pictures may be: what the decoders of phones and televisions still take. */

const MAX_SIDE = 4096;
/** H.264 level 5.2, times ten. */
const MAX_LEVEL = 52;

/** Why H.264 of this kind is not taken; null where it is. */
export function pictureRefusal({
  codec,
  width,
  height,
}: {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
}): string | null {
  if (width > MAX_SIDE || height > MAX_SIDE) return `The pictures are ${width}x${height}; ${MAX_SIDE}x${MAX_SIDE} is the most.`;
  const level = Number.parseInt(codec.slice(-2), 16);
  return level > MAX_LEVEL ? `The pictures are H.264 of level ${level / 10}; ${MAX_LEVEL / 10} is the most.` : null;
}
