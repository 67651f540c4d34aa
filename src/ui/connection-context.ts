import { ContextRoot, createContext } from '@lit/context';
import type { Connection, TokenProvider } from '../signaling/connection.ts';

/** What an `rtc-connection` hands to the elements inside it. */
export interface SharedConnection {
  readonly server: string | null;
  readonly token: string | undefined;
  readonly tokenProvider: TokenProvider | undefined;
  readonly socketPath: string;
  /** The shared socket; each acquire is matched by one release. */
  acquire(): Connection;
  release(): void;
}

export const connectionContext = createContext<SharedConnection | undefined>(Symbol.for('glasscast.connection'));

let root: ContextRoot | undefined;

/** Answers an element that asked for a context before the element around it was defined. Without a document there is nothing to do. */
export function ensureContextRoot(): void {
  if (root !== undefined || typeof document === 'undefined') return;
  root = new ContextRoot();
  root.attach(document.documentElement);
}
