/** Meshes in one page that hear each other without a server: for tests of real peer connections. */
import { createPeerConnection } from '../../src/webrtc/create-peer-connection.ts';
import type { LinkState } from '../../src/webrtc/link-interface.ts';
import { Mesh, type MeshMessage } from '../../src/webrtc/mesh.ts';
import { NO_TRACKS, type SlotTracks } from '../../src/webrtc/slots.ts';
import { realmTimers } from '../../src/workers/worker-timers.ts';

export class LinkedMeshes {
  readonly meshes = new Map<string, Mesh>();
  /** Everything that was said, as `from event to`. */
  readonly said: string[] = [];
  /** Messages for which this says false are lost. */
  passes: (from: string, message: MeshMessage) => boolean = () => true;
  readonly connections: RTCPeerConnection[] = [];

  add(id: string, tracks: SlotTracks = NO_TRACKS): Mesh {
    const mesh = new Mesh({
      localId: id,
      configuration: {},
      timers: realmTimers,
      tracks,
      createPeerConnection: (configuration) => {
        const connection = createPeerConnection(configuration);
        this.connections.push(connection);
        return connection;
      },
      send: (message) => {
        this.said.push(`${id} ${message.event} ${message.to}`);
        // As over a network: never within the sender's own step.
        queueMicrotask(() => this.passes(id, message) && this.#deliver(id, message));
        return true;
      },
    });
    this.meshes.set(id, mesh);
    return mesh;
  }

  announce(): void {
    const present = [...this.meshes.keys()].map((id) => ({ id, away: false }));
    for (const mesh of this.meshes.values()) mesh.handlePresence(present);
  }

  close(): void {
    for (const mesh of this.meshes.values()) mesh.close();
  }

  #deliver(from: string, message: MeshMessage): void {
    const mesh = this.meshes.get(message.to);
    if (message.event === 'ping') mesh?.handlePing(from);
    else if (message.event === 'offer') mesh?.handleOffer(from, message.n, message.sdp.sdp);
    else if (message.event === 'answer') mesh?.handleAnswer(from, message.n, message.sdp.sdp);
    else mesh?.handleCandidate(from, message.n, message.candidate);
  }
}

/** Resolves when the link to `id` is in the state. */
export function linkIs(mesh: Mesh, id: string, wanted: LinkState): Promise<void> {
  if (mesh.linkState(id) === wanted) return Promise.resolve();
  return new Promise((resolve) => {
    const unlisten = mesh.on('state', (change) => {
      if (change.id !== id || change.state !== wanted) return;
      unlisten();
      resolve();
    });
  });
}

/** A picture that changes all the time, and the way to end it. */
export function movingPicture(): { track: MediaStreamTrack; stop(): void } {
  const canvas = document.createElement('canvas');
  canvas.width = 160;
  canvas.height = 120;
  const context = canvas.getContext('2d');
  let hue = 0;
  const timer = setInterval(() => {
    hue = (hue + 25) % 360;
    if (context === null) return;
    context.fillStyle = `hsl(${hue} 90% 50%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }, 40);
  const [track] = canvas.captureStream().getVideoTracks();
  if (track === undefined) throw new Error('a canvas that captures nothing');
  return {
    track,
    stop: () => {
      clearInterval(timer);
      track.stop();
    },
  };
}

/** Shows a track from here on; `frame` resolves with the next one of its frames that is shown. */
export async function showing(track: MediaStreamTrack): Promise<{ frame(): Promise<unknown>; end(): void }> {
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = new MediaStream([track]);
  await video.play();
  return {
    frame: () => new Promise((resolve) => video.requestVideoFrameCallback(resolve)),
    end: () => {
      video.srcObject = null;
    },
  };
}

/** Resolves with the first frame of a track that is shown. */
export async function firstFrame(track: MediaStreamTrack): Promise<void> {
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = new MediaStream([track]);
  await video.play();
  await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  video.srcObject = null;
}
