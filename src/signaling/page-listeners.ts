/** Calls `make`; whatever it begins to listen to on the page ends with the signal. For code that is not ours and never stops listening. */
export function listeningUntil<T>(signal: AbortSignal, make: () => T): T {
  if (typeof window === 'undefined') return make();
  const targets: EventTarget[] = [window, window.document];
  const own = targets.map((target) => Object.getOwnPropertyDescriptor(target, 'addEventListener'));
  for (const target of targets) {
    const listen = target.addEventListener;
    target.addEventListener = (type, listener, options) => {
      listen.call(target, type, listener, { ...(typeof options === 'boolean' ? { capture: options } : options), signal });
    };
  }
  try {
    return make();
  } finally {
    for (const [index, target] of targets.entries()) {
      const before = own[index];
      if (before === undefined) Reflect.deleteProperty(target, 'addEventListener');
      else Object.defineProperty(target, 'addEventListener', before);
    }
  }
}
