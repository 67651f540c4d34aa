/** `frames:<id>` and `POST /frames/:id`: pictures in, faces out. */
import * as v from 'valibot';
import { VersionField } from './envelope.ts';

export const FramesJoinSchema = v.object({ ...VersionField });

const Share = v.number();

/** All coordinates are shares of the picture's width and height, 0 to 1. */
export const DetectedFaceSchema = v.object({
  box: v.object({ x: Share, y: Share, width: Share, height: Share }),
  /** How sure the detector is, 0 to 1. */
  score: v.number(),
  /** Points `[x, y]`; how many, and which is which, is the detector's. The one that ships gives the 68 of iBUG 300-W. */
  landmarks: v.optional(v.array(v.tuple([Share, Share]))),
});
export type DetectedFace = v.InferOutput<typeof DetectedFaceSchema>;

export const FramesReplySchema = v.object({
  faces: v.array(DetectedFaceSchema),
  /** Of the picture that was looked at, in pixels, upright as its orientation says. */
  width: v.number(),
  height: v.number(),
  /** What decoding and detection took on the server, in milliseconds. */
  ms: v.number(),
});
export type FramesReply = v.InferOutput<typeof FramesReplySchema>;
