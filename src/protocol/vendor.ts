/** Paths, on a server of ours, of what elements load beside the SDK. */
export const VENDOR = {
  /** The folder of MediaPipe's WebAssembly. Its name holds the version, so that it can be cached for ever. */
  wasm: '/vendor/tasks-vision-0.10.35',
  /** The Face Landmarker bundle. */
  faceModel: '/vendor/models/face_landmarker.task',
} as const;
