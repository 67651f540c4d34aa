/** A camera that a test turns: to a portrait or away from it, upright or on its side. Runs in pages, so it uses nothing from outside itself. */
export interface Scene {
  /** Whether the portrait stands before it; otherwise there are blue bars that move. */
  readonly portrait: boolean;
  /** Its head alone, so often, in rows of three. Default: all of it, once. */
  readonly heads?: number;
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
      const { heads } = scene;
      if (scene.portrait && heads === undefined) context.drawImage(image, (canvas.width - side) / 2 + sway, 0, side, side);
      if (scene.portrait && heads !== undefined) {
        context.fillStyle = '#808080';
        context.fillRect(0, 0, canvas.width, canvas.height);
        const [width, height] = [canvas.width / 3, canvas.height / Math.ceil(heads / 3)];
        for (let head = 0; head < heads; head++) {
          const [x, y] = [(head % 3) * width + sway, Math.floor(head / 3) * height];
          // Where the head is in the portrait of the fixtures, in shares of it.
          context.drawImage(image, image.width * 0.25, 0, image.width * 0.4, image.height * 0.45, x, y, width, height);
        }
      }
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
