/**
 * What pages did before they had encoders: a MediaRecorder gives its bytes once a second, a socket carries them, and another end of it plays
 * them as they come. Runs in the page; resolves with the milliseconds until the first picture.
 */
export async function recordAsBefore(video: HTMLVideoElement, options: { url: string; bitrate: number }): Promise<number> {
  const started = performance.now();
  const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  const mimeType = 'video/webm;codecs=vp8,opus';
  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`${options.url}/before`);
    socket.binaryType = 'arraybuffer';
    await new Promise((resolve) => {
      socket.onopen = resolve;
    });
    return socket;
  };
  const [from, to] = [await open(), await open()];
  const source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await new Promise((resolve) => source.addEventListener('sourceopen', resolve, { once: true }));
  const buffer = source.addSourceBuffer(mimeType);
  const waiting: ArrayBuffer[] = [];
  const append = (): void => {
    const next = buffer.updating ? undefined : waiting.shift();
    if (next !== undefined) buffer.appendBuffer(next);
  };
  buffer.addEventListener('updateend', append);
  to.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    waiting.push(data);
    append();
  };
  const shown = new Promise<number>((resolve) => video.requestVideoFrameCallback(() => resolve(performance.now() - started)));
  const recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: options.bitrate });
  recorder.ondataavailable = async ({ data }) => from.send(await data.arrayBuffer());
  recorder.start(1000);
  return shown;
}
