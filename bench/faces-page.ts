/** What runs in the page of `bench faces`: a camera with a face and a clock, ways to draw on it, and a reader of the clock. */
import type { OverlaidTrack, OverlaidTrackOptions } from '../src/capture/overlay/overlaid-track.ts';
import type { OverlayRequest } from '../src/vision/overlay.ts';

export interface FaceCameraOptions {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  readonly portrait: string;
}

/** What a run has come to since it was last asked. */
export interface FacesReading {
  /** Milliseconds from the camera's picture to the reader, one a frame. */
  readonly latencies: number[];
  readonly detections: number | null;
  readonly longTasks: number;
  readonly longest: number;
  readonly dropped: number | null;
}

interface FacesBench {
  open(camera: FaceCameraOptions, way: FacesWay): Promise<void>;
  read(): FacesReading;
}

export type FacesWay =
  | { readonly kind: 'camera' }
  | {
      readonly kind: 'overlaid';
      readonly overlays: readonly OverlayRequest[];
      readonly module: string;
      readonly model: string;
      readonly wasm: string;
    }
  | { readonly kind: 'page-loop'; readonly library: string; readonly model: string; readonly wasm: string };

declare global {
  var facesBench: FacesBench;
}

/** Self-contained: it runs in the page before anything else. */
export function installFacesBench(): void {
  const COLUMNS = 21;

  /** Worker: draws the portrait, moving, and above it the time in 40 cells, as the clock camera does. */
  const CAMERA = `onmessage = ({ data: { writable, portrait, width, height, frameRate } }) => {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', { alpha: false });
    const writer = writable.getWriter();
    const size = height * 0.9;
    setInterval(() => {
      const now = performance.timeOrigin + performance.now();
      context.fillStyle = '#678';
      context.fillRect(0, 0, width, height);
      context.drawImage(portrait, (width - size) / 2 + Math.sin(now / 900) * width * 0.1, height * 0.12, size, size);
      let value = Math.floor(now) % 2 ** 40;
      for (let bit = 0; bit < 40; bit++) {
        context.fillStyle = value % 2 === 1 ? '#fff' : '#000';
        value = Math.floor(value / 2);
        context.fillRect((bit % 20) * width / ${COLUMNS}, Math.floor(bit / 20) * height / 16, width / ${COLUMNS} + 1, height / 16 + 1);
      }
      writer.write(new VideoFrame(canvas, { timestamp: Math.round(performance.now() * 1000) }));
    }, 1000 / frameRate);
  };`;

  /** Worker: the milliseconds that each frame's clock is behind. */
  const READER = `onmessage = async ({ data: readable }) => {
    const context = new OffscreenCanvas(${COLUMNS}, 2).getContext('2d', { willReadFrequently: true });
    const reader = readable.getReader();
    for (;;) {
      const { done, value: frame } = await reader.read();
      if (done) break;
      const now = performance.timeOrigin + performance.now();
      const { displayWidth: width, displayHeight: height } = frame;
      for (let row = 0; row < 2; row++) context.drawImage(frame, 0, height * (row / 16 + 0.02), width, height * 0.02, 0, row, ${COLUMNS}, 1);
      frame.close();
      const { data } = context.getImageData(0, 0, ${COLUMNS}, 2);
      let drawn = 0;
      for (let bit = 39; bit >= 0; bit--) drawn = drawn * 2 + (data[(Math.floor(bit / 20) * ${COLUMNS} + (bit % 20)) * 4] > 127 ? 1 : 0);
      postMessage((now % 2 ** 40) - drawn);
    }
  };`;

  const workerOf = (source: string): Worker => new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));

  let latencies: number[] = [];
  let detected = 0;
  let longTasks: number[] = [];
  let overlaid: OverlaidTrack | null = null;
  let way: FacesWay = { kind: 'camera' };
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
    entryTypes: ['longtask'],
  });

  async function openCamera({ portrait, ...options }: FaceCameraOptions): Promise<MediaStreamTrack> {
    const picture = await createImageBitmap(await (await fetch(portrait)).blob());
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    workerOf(CAMERA).postMessage({ ...options, portrait: picture, writable: track.writable }, [track.writable, picture]);
    return track;
  }

  async function openOverlaid(camera: MediaStreamTrack, asked: Extract<FacesWay, { kind: 'overlaid' }>): Promise<MediaStreamTrack> {
    const { openOverlaidTrack } = (await import(asked.module)) as {
      openOverlaidTrack(input: MediaStreamTrack, options: OverlaidTrackOptions): Promise<OverlaidTrack>;
    };
    const { model, wasm, overlays } = asked;
    overlaid = await openOverlaidTrack(camera, {
      overlays,
      vision: { model: new URL(model, location.href).href, wasm: new URL(wasm, location.href).href },
      notice: (error) => console.error(error.message, String(error.cause)),
    });
    return overlaid.track;
  }

  /** As pages did it: on each animation frame the video is drawn on a canvas, looked at, and drawn on; the canvas is the track. */
  async function openPageLoop(camera: MediaStreamTrack, asked: Extract<FacesWay, { kind: 'page-loop' }>): Promise<MediaStreamTrack> {
    const { FaceLandmarker, FilesetResolver } = (await import(asked.library)) as typeof import('@mediapipe/tasks-vision');
    const landmarker = await FaceLandmarker.createFromOptions(await FilesetResolver.forVisionTasks(asked.wasm), {
      baseOptions: { modelAssetPath: asked.model, delegate: 'CPU' },
      runningMode: 'VIDEO',
    });
    const video = document.createElement('video');
    video.muted = true;
    video.srcObject = new MediaStream([camera]);
    await video.play();
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('no canvas');
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    let last = -1;
    const loop = (): void => {
      requestAnimationFrame(loop);
      if (video.currentTime === last) return;
      last = video.currentTime;
      context.drawImage(video, 0, 0);
      const { faceLandmarks } = landmarker.detectForVideo(video, performance.now());
      detected++;
      context.strokeStyle = '#0f0';
      for (const points of faceLandmarks)
        for (const { start, end } of FaceLandmarker.FACE_LANDMARKS_CONTOURS) {
          const [from, to] = [points[start], points[end]];
          if (from === undefined || to === undefined) continue;
          context.beginPath();
          context.moveTo(from.x * canvas.width, from.y * canvas.height);
          context.lineTo(to.x * canvas.width, to.y * canvas.height);
          context.stroke();
        }
    };
    loop();
    const [track] = canvas.captureStream(30).getVideoTracks();
    if (track === undefined) throw new Error('the canvas has no track');
    return track;
  }

  globalThis.facesBench = {
    async open(options, asked) {
      way = asked;
      const camera = await openCamera(options);
      let track = camera;
      if (asked.kind === 'overlaid') track = await openOverlaid(camera, asked);
      if (asked.kind === 'page-loop') track = await openPageLoop(camera, asked);
      const reader = workerOf(READER);
      reader.onmessage = ({ data }: MessageEvent<number>) => latencies.push(data);
      const { readable } = new MediaStreamTrackProcessor({ track: track as MediaStreamVideoTrack });
      reader.postMessage(readable, [readable]);
    },
    read() {
      const figures = overlaid?.figures;
      const detections = way.kind === 'page-loop' ? detected : (figures?.detection?.rate ?? null);
      const reading = {
        latencies,
        detections,
        longTasks: longTasks.length,
        longest: Math.max(0, ...longTasks),
        dropped: figures?.dropped ?? null,
      };
      latencies = [];
      longTasks = [];
      detected = 0;
      return reading;
    },
  };
}
