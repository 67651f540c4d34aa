/** What people do beside looking at each other: a screen to share, and what their pages send each other. */
import type { Page } from 'puppeteer-core';

/** Pictures of the others' cameras, and of their screens. */
export const CAMERA = 'rtc-tile:not([local]):not([source=screen]) >>> video';
export const SCREEN = 'rtc-tile[source=screen]:not([local]) >>> video';

/** Runs in the page: stands for a user who shares a screen that moves, and sounds unless told otherwise. */
export function shareCanvas(withSound = true): void {
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 360;
    const context = canvas.getContext('2d');
    let hue = 0;
    setInterval(() => {
      hue = (hue + 40) % 360;
      if (context === null) return;
      context.fillStyle = `hsl(${hue} 80% 50%)`;
      context.fillRect(0, 0, canvas.width, canvas.height);
    }, 100);
    const screen = canvas.captureStream(10);
    if (!withSound) return screen;
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    const destination = audio.createMediaStreamDestination();
    tone.connect(destination);
    tone.start();
    return new MediaStream([...screen.getTracks(), ...destination.stream.getTracks()]);
  };
}

/** Runs in the page: keeps what other pages sent. */
export function keepMessages(): void {
  const kept: unknown[] = [];
  Object.assign(globalThis, { messages: kept });
  addEventListener('rtc-message', (event) => kept.push((event as CustomEvent<{ data: unknown }>).detail.data));
}

export const messages = (page: Page): Promise<unknown[]> =>
  page.evaluate(() => (globalThis as unknown as { messages: unknown[] }).messages);
