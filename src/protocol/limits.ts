/** Sizes and counts that both sides keep to. */
export const LIMITS = {
  /** Text frame on `room`, `sfu` and `stream` topics, in bytes: the SDP of 13 peers passes 64 KiB. */
  signalingFrameBytes: 1024 * 1024,
  /** Text frame on every other topic, in bytes. */
  textFrameBytes: 64 * 1024,
  /** Binary frame, in bytes. */
  binaryFrameBytes: 2 * 1024 * 1024,
  /** A picture sent to be looked at, encoded, in bytes. */
  pictureBytes: 512 * 1024,
  /** Pixels of its longer side. */
  pictureSide: 4096,
  channelsPerSocket: 100,
  /** Characters of a name or a title. */
  name: 80,
  /** A dropped peer keeps its id, and a dropped broadcaster its stream, for this long. */
  resumeMs: 30_000,
  heartbeatMs: 30_000,
  /** The server closes a socket that has been silent for this long. */
  silenceMs: 60_000,
  /** The server pushes `token_expiring` this long before a token ends. */
  tokenWarningMs: 60_000,
  tracksPerStream: 8,
  /** What a broadcaster may ask of its stream's packaging: of a part, of a segment, and what stays to be rewound. */
  partDurationMs: { min: 50, max: 1_000 },
  segmentDurationMs: { min: 500, max: 10_000 },
  windowS: { min: 2, max: 120 },
  /** Code points of one chat message. */
  chatCharacters: 500,
  /** Messages that a newcomer is shown. */
  chatHistory: 100,
  /** A peer may send this many messages … */
  chatBurst: 10,
  /** … in this time. */
  chatBurstMs: 10_000,
  /** Messages beside a stream that a newcomer is shown. */
  liveChatHistory: 50,
  /** Beside a stream a viewer may write once in this time. */
  liveChatPaceMs: 1_000,
  /** Who was kicked is refused for this long. */
  banMs: 10 * 60_000,
} as const;
