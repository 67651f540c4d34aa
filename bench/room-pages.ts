/** A call of two with `rtc-room`. The functions run in pages. */

/** Adds a room that joins at once; resolves with the milliseconds until the first remote frame was shown. */
export function startRoom(room: string, selector: string): Promise<number> {
  const started = performance.now();
  const element = document.createElement('rtc-room');
  element.setAttribute('room', room);
  element.setAttribute('no-prejoin', '');
  document.body.append(element);
  return new Promise((resolve) => {
    const look = (): void => {
      const [video] = deepQuery(selector);
      if (video instanceof HTMLVideoElement) video.requestVideoFrameCallback(() => resolve(performance.now() - started));
      else requestAnimationFrame(look);
    };
    look();
  });
}
