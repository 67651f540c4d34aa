/** Walks the boxes of ISO base media files (ISO/IEC 14496-12 §4.2), as far as the bytes go. */

export interface Box {
  readonly type: string;
  /** What is inside, header excluded. */
  readonly view: DataView;
}

/** The boxes of a range, one after the other. Ends quietly at a box that is not whole: what is cut off cannot be judged. */
export function* boxes(view: DataView, start = 0): Generator<Box> {
  let at = start;
  while (at + 8 <= view.byteLength) {
    const short = view.getUint32(at);
    const type = fourcc(view, at + 4);
    const long = short === 1 && at + 16 <= view.byteLength;
    const header = long ? 16 : 8;
    const size = short === 0 ? view.byteLength - at : long ? Number(view.getBigUint64(at + 8)) : short;
    if (size < header || at + size > view.byteLength) return;
    yield { type, view: new DataView(view.buffer, view.byteOffset + at + header, size - header) };
    at += size;
  }
}

/** The first box at the end of a path of types; null where there is none. */
export function find(view: DataView, ...path: readonly string[]): DataView | null {
  const [type, ...rest] = path;
  for (const box of boxes(view)) {
    if (box.type === type) return rest.length === 0 ? box.view : find(box.view, ...rest);
  }
  return null;
}

export function fourcc(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Reads what may end in the middle of a field: that is a `RangeError` of DataView, and no fault of ours. */
export function unlessCut<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return otherwise;
    throw error;
  }
}
