/**
 * Timers for pages in the background: browsers slow a hidden page's timers down to one a minute, a worker's not.
 * In: `{set: id, delay, repeat}` and `{clear: id}`. Out: the id, each time it is due.
 */
import type { TimerRequest } from './worker-timers.ts';

const running = new Map<number, ReturnType<typeof setTimeout>>();

addEventListener('message', ({ data }: MessageEvent<TimerRequest>) => {
  if ('clear' in data) {
    // One clear serves both: timeouts and intervals share one list of ids (HTML, "timers").
    clearTimeout(running.get(data.clear));
    running.delete(data.clear);
    return;
  }
  const { set: id, delay, repeat } = data;
  const due = (): void => {
    if (!repeat) running.delete(id);
    postMessage(id);
  };
  running.set(id, repeat ? setInterval(due, delay) : setTimeout(due, delay));
});
