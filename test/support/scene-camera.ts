/** A camera that a test turns: to a portrait or away from it, upright or on its side. Runs in pages, so it uses nothing from outside itself. */
export interface Scene {
  /** Whether the portrait stands before it; otherwise there are blue bars that move. */
  readonly portrait: boolean;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

declare global {
  /** Turns the camera. */
  function turnCamera(scene: Scene): void;
}

/** Replaces `getUserMedia`, before any script of the page runs. `portrait` is a data URL, and scaled to fill the picture's width. */
export function installSceneCamera(portrait: string, first: Scene): void {
  const image = new Image();
  image.src = portrait;
  let scene = first;
  Object.defineProperty(globalThis, 'turnCamera', {
    value: (next: Scene) => {
      scene = next;
    },
  });
  navigator.mediaDevices.getUserMedia = async (constraints = {}) => {
    await image.decode();
    const stream = new MediaStream();
    if (!constraints.video) return stream;
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('no 2d context');
    const draw = (): void => {
      if (canvas.width !== scene.width || canvas.height !== scene.height)
        Object.assign(canvas, { width: scene.width, height: scene.height });
      const side = Math.max(canvas.width, canvas.height);
      const sway = Math.sin(performance.now() / 500) * 10;
      if (scene.portrait) context.drawImage(image, (canvas.width - side) / 2 + sway, 0, side, side);
      for (let bar = 0; bar < 8 && !scene.portrait; bar++) {
        context.fillStyle = `hsl(220 60% ${bar * 10}%)`;
        context.fillRect((bar * canvas.width) / 8 + sway, 0, canvas.width / 8 + 1, canvas.height);
      }
    };
    draw();
    const timer = setInterval(draw, 33);
    for (const track of canvas.captureStream(30).getVideoTracks()) {
      const stop = track.stop.bind(track);
      track.stop = () => {
        clearInterval(timer);
        stop();
      };
      stream.addTrack(track);
    }
    return stream;
  };
}
