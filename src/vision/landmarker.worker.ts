/** A thin shell around {@link LandmarkerClient}: one a client, all with the same model and WebAssembly. */
import { GlasscastError } from '../protocol/errors.ts';
import { LandmarkerClient } from './landmarker/landmarker-client.ts';
import { LandmarkerSource } from './landmarker/landmarker-source.ts';
import type { FromLandmarkerWorker, ToLandmarkerWorker } from './landmarker/messages.ts';

const post = (message: FromLandmarkerWorker): void => postMessage(message);
const source = new LandmarkerSource();
const clients = new Map<number, LandmarkerClient>();

addEventListener('message', ({ data }: MessageEvent<ToLandmarkerWorker>) => {
  if (data.type === 'close') {
    clients.get(data.client)?.close();
    clients.delete(data.client);
    return;
  }
  const { client: id, port, settings } = data;
  const client = new LandmarkerClient(port, { make: (lost, avoidGpu) => source.make(settings, lost, avoidGpu) });
  clients.set(id, client);
  client.open().then(
    () => post({ type: 'ready', client: id }),
    (cause) => {
      client.close();
      clients.delete(id);
      const { code, message } = cause instanceof GlasscastError ? cause : new GlasscastError('unsupported', String(cause));
      post({ type: 'failed', client: id, code, message });
    },
  );
});
