/**
 * Measures glass to glass: a camera that shows the time in 40 binary cells, and a reader of those cells at the viewer. Once a second
 * the camera flashes a square and clicks the microphone in the same task, so that sound and picture can be compared as well.
 * Both run in pages, so they use nothing from outside themselves.
 */

export interface ClockCameraOptions {
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
  /** Draws in a worker: a page that nobody sees does not draw, and its timers sleep. */
  readonly unseen?: boolean;
  /** Much of the picture is noise, which an encoder can only spend bits on. */
  readonly busy?: boolean;
}

/** Replaces `getUserMedia`, before any script of the page runs. */
export function installClockCamera({ width, height, frameRate, unseen = false, busy = false }: ClockCameraOptions): void {
  /** Draws the time; returns whether a new second has begun. Self-contained: a worker is given its text. */
  function clockPainter(context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D, noisy: boolean): () => boolean {
    const columns = 21;
    const { width, height } = context.canvas;
    let flashed = -1;
    let flashUntil = 0;
    return () => {
      const now = performance.timeOrigin + performance.now();
      let value = Math.floor(now) % 2 ** 40;
      // A moving background gives the encoder honest work.
      context.fillStyle = `hsl(${(now / 20) % 360} 40% 40%)`;
      context.fillRect(0, height / 2, width, height / 2);
      context.fillStyle = '#888';
      context.fillRect((now / 4) % width, height * 0.75, width / 8, height / 5);
      for (let patch = 0; noisy && patch < 150; patch++) {
        context.fillStyle = `hsl(${Math.random() * 360} 60% ${Math.random() * 100}%)`;
        context.fillRect(Math.random() * width, height * (0.3 + 0.7 * Math.random()), 12, 12);
      }
      const cellWidth = width / columns;
      const cellHeight = height / 8;
      for (let bit = 0; bit < 40; bit++) {
        context.fillStyle = value % 2 === 1 ? '#fff' : '#000';
        value = Math.floor(value / 2);
        context.fillRect((bit % 20) * cellWidth, Math.floor(bit / 20) * cellHeight, cellWidth + 1, cellHeight + 1);
      }
      const second = Math.floor(now / 1000);
      const flashes = second !== flashed && flashed !== -1;
      flashed = second;
      if (flashes) flashUntil = now + 200;
      context.fillStyle = now < flashUntil ? '#fff' : '#000';
      context.fillRect(20 * cellWidth, 0, cellWidth, 2 * cellHeight);
      return flashes;
    };
  }

  const startCamera = (onFlash: () => void): MediaStreamTrack => {
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('no 2d context');
    const paint = clockPainter(context, busy);
    const draw = (): void => {
      if (paint()) onFlash();
    };
    draw();
    const timer = setInterval(draw, 1000 / frameRate);
    const [track] = canvas.captureStream(frameRate).getVideoTracks();
    if (track === undefined) throw new Error('the canvas has no track');
    const stop = track.stop.bind(track);
    track.stop = () => {
      clearInterval(timer);
      stop();
    };
    return track;
  };

  const startUnseenCamera = (onFlash: () => void): MediaStreamTrack => {
    const source = `${clockPainter}
      onmessage = ({ data: { writable, width, height, frameRate, busy } }) => {
        const canvas = new OffscreenCanvas(width, height);
        const paint = clockPainter(canvas.getContext('2d'), busy);
        const writer = writable.getWriter();
        setInterval(() => {
          if (paint()) postMessage('flash');
          writer.write(new VideoFrame(canvas, { timestamp: (performance.timeOrigin + performance.now()) * 1000 }));
        }, 1000 / frameRate);
      };`;
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    interface Policies {
      createPolicy(name: string, rules: { createScriptURL(text: string): string }): { createScriptURL(text: string): string };
    }
    const { trustedTypes } = globalThis as { trustedTypes?: Policies };
    const policy = trustedTypes?.createPolicy('clock-camera', { createScriptURL: (text) => text });
    const worker = new Worker(policy?.createScriptURL(url) ?? url);
    worker.onmessage = onFlash;
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    worker.postMessage({ writable: track.writable, width, height, frameRate, busy }, [track.writable]);
    const stop = track.stop.bind(track);
    track.stop = () => {
      worker.terminate();
      stop();
    };
    return track;
  };

  navigator.mediaDevices.getUserMedia = async (constraints = {}) => {
    const stream = new MediaStream();
    let click = (): void => undefined;
    if (constraints.audio) {
      const context = new AudioContext({ sampleRate: 48_000, latencyHint: 'interactive' });
      await context.resume();
      const destination = context.createMediaStreamDestination();
      // An inaudible hum keeps silence suppression from cutting the first click.
      const hum = context.createOscillator();
      const humGain = new GainNode(context, { gain: 0.002 });
      hum.connect(humGain).connect(destination);
      hum.start();
      click = () => {
        const burst = new OscillatorNode(context, { frequency: 1000 });
        burst.connect(new GainNode(context, { gain: 0.8 })).connect(destination);
        burst.start();
        burst.stop(context.currentTime + 0.05);
      };
      for (const track of destination.stream.getAudioTracks()) stream.addTrack(track);
    }
    if (constraints.video) stream.addTrack((unseen ? startUnseenCamera : startCamera)(() => click()));
    return stream;
  };
}

export interface Cells {
  /** When the camera drew the picture, in milliseconds since the epoch modulo 2⁴⁰. */
  readonly drawn: number;
  readonly flash: boolean;
}

declare global {
  /** Reads the cells of the picture that the video shows now. */
  function readCells(video: HTMLVideoElement): Cells;
}

/** Makes `readCells` known to the page. */
export function installCellReader(): void {
  const columns = 21;
  const canvas = document.createElement('canvas');
  canvas.width = columns;
  canvas.height = 2;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('no 2d context');
  const readCells = (video: HTMLVideoElement): Cells => {
    // The strip with the cells, one pixel a cell, taken from the middle of each row so that edges do not bleed.
    const { videoWidth: width, videoHeight: height } = video;
    for (let row = 0; row < 2; row++) context.drawImage(video, 0, height * (row / 8 + 0.04), width, height * 0.045, 0, row, columns, 1);
    const { data } = context.getImageData(0, 0, columns, 2);
    const lit = (row: number, column: number): boolean => (data[(row * columns + column) * 4] ?? 0) > 127;
    let drawn = 0;
    for (let bit = 39; bit >= 0; bit--) drawn = drawn * 2 + (lit(Math.floor(bit / 20), bit % 20) ? 1 : 0);
    return { drawn, flash: lit(0, 20) };
  };
  Object.defineProperty(globalThis, 'readCells', { value: readCells });
}

export interface GlassReport {
  /** Milliseconds from the camera's picture to the viewer's, one a frame shown. */
  readonly latencies: number[];
  /** Sound behind picture in milliseconds (negative: ahead), one a flash. */
  readonly offsets: number[];
  readonly stalls: number;
  readonly seconds: number;
}

/** Reads the cells back on every frame that the element shows. */
export async function readClock(video: HTMLVideoElement, options: { seconds: number; sound: boolean }): Promise<GlassReport> {
  const latencies: number[] = [];
  const flashes: number[] = [];
  const clicks: number[] = [];
  let stalls = 0;
  const onWaiting = (): void => {
    stalls++;
  };
  video.addEventListener('waiting', onWaiting);

  let context: AudioContext | undefined;
  let poll: ReturnType<typeof setInterval> | undefined;
  if (options.sound) {
    context = new AudioContext({ latencyHint: 'interactive' });
    await context.resume();
    const analyser = new AnalyserNode(context, { fftSize: 2048 });
    if (video.srcObject instanceof MediaStream) {
      context.createMediaStreamSource(video.srcObject).connect(analyser);
    } else {
      context.createMediaElementSource(video).connect(analyser);
      analyser.connect(context.destination);
    }
    const samples = new Float32Array(analyser.fftSize);
    const rate = context.sampleRate;
    let quietUntil = 0;
    poll = setInterval(() => {
      const now = performance.now();
      if (now < quietUntil) return;
      analyser.getFloatTimeDomainData(samples);
      const onset = samples.findIndex((sample) => Math.abs(sample) > 0.1);
      if (onset <= 0) return;
      clicks.push(now - ((samples.length - onset) / rate) * 1000);
      quietUntil = now + 500;
    }, 5);
  }

  let flashing = true;
  const started = performance.now();
  await new Promise<void>((resolve) => {
    const limit = setTimeout(resolve, (options.seconds + 5) * 1000);
    const look: VideoFrameRequestCallback = (_now, frame) => {
      const { drawn, flash } = readCells(video);
      const latency = ((performance.timeOrigin + performance.now()) % 2 ** 40) - drawn;
      // A frame whose cells were damaged in coding shows an absurd time.
      if (latency > -50 && latency < 60_000) latencies.push(latency);
      if (flash && !flashing) flashes.push(Math.max(performance.now(), frame.expectedDisplayTime));
      flashing = flash;
      if (performance.now() - started > options.seconds * 1000) {
        clearTimeout(limit);
        resolve();
      } else {
        video.requestVideoFrameCallback(look);
      }
    };
    video.requestVideoFrameCallback(look);
  });
  clearInterval(poll);
  video.removeEventListener('waiting', onWaiting);
  await context?.close();
  const offsets = flashes.flatMap((flash) => {
    const nearest = clicks.reduce<number | undefined>(
      (best, at) => (best === undefined || Math.abs(at - flash) < Math.abs(best - flash) ? at : best),
      undefined,
    );
    return nearest === undefined || Math.abs(nearest - flash) > 450 ? [] : [nearest - flash];
  });
  return { latencies, offsets, stalls, seconds: (performance.now() - started) / 1000 };
}
