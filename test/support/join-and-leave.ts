/** Joins a room and leaves it, again and again: by its methods, or with an element that comes and goes. Runs in the page. */
import './deep.ts';

export interface Visits {
  readonly room: string;
  readonly times: number;
  /** `leave` keeps the element and calls its methods; `remove` takes it away, and each time there is a new one. */
  readonly how: 'leave' | 'remove';
}

/** Each visit lasts until the other one is connected. Resolves when the last is over. */
export async function visit({ room, times, how }: Visits): Promise<void> {
  interface Visited extends HTMLElement {
    readonly peers: readonly { readonly link: string }[];
    join(): Promise<void>;
    leave(): Promise<void>;
  }
  const until = async (wanted: () => boolean): Promise<void> => {
    const end = performance.now() + 15_000;
    while (!wanted()) {
      if (performance.now() > end) throw new Error('the other one was not met');
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  };
  const add = (): Visited => {
    const element = document.createElement('rtc-room') as Visited;
    element.setAttribute('room', room);
    document.body.append(element);
    return element;
  };
  let element = document.querySelector<Visited>('rtc-room') ?? add();
  for (let time = 0; time < times; time++) {
    if (!element.isConnected) element = add();
    await element.join();
    await until(() => element.peers.length === 1 && element.peers[0]?.link === 'connected');
    if (how === 'leave') await element.leave();
    else element.remove();
  }
}
