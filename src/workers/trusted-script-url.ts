/**
 * Under `require-trusted-types-for 'script'` a worker's address has to come out of a policy. Ours is called `glasscast`, exists
 * once a page (a second copy of the SDK must not create it again), and lets through nothing but `http:`, `https:` and `blob:`.
 */
interface ScriptUrlPolicy {
  createScriptURL(url: string): unknown;
}

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): ScriptUrlPolicy;
}

const POLICY_KEY = Symbol.for('glasscast.trusted-types');

function checkScriptUrl(url: string): string {
  const { protocol } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:' && protocol !== 'blob:') {
    throw new TypeError(`a script may not come from a ${protocol} URL`);
  }
  return url;
}

/** The address as a TrustedScriptURL where the browser has Trusted Types, else the checked string. */
export function trustedScriptUrl(url: string): string | URL {
  const scope = globalThis as typeof globalThis & { trustedTypes?: PolicyFactory; [POLICY_KEY]?: ScriptUrlPolicy };
  if (scope.trustedTypes === undefined) return checkScriptUrl(url);
  scope[POLICY_KEY] ??= scope.trustedTypes.createPolicy('glasscast', { createScriptURL: checkScriptUrl });
  // The DOM types know strings and URLs only; the constructor takes the trusted object.
  return scope[POLICY_KEY].createScriptURL(url) as string;
}
