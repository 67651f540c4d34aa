/**
 * How one part of the server tells others: a message for everyone who listens on a topic. Messages are plain data, so that an
 * implementation may carry them between processes.
 */
export interface Message {
  /** A Phoenix frame, encoded once for all. */
  readonly frame: Frame;
  /** The subscriber that shall not get it: who caused it. */
  readonly except?: string;
  /** The room that it speaks of, where only those who may see the room get it. */
  readonly room?: string;
}

/** Text or binary, as it goes over the wire. */
export type Frame = string | Uint8Array;

export type Deliver = (message: Message) => void;

export interface PubSub {
  /** Listens until the returned function is called. */
  subscribe(topic: string, deliver: Deliver): () => void;
  publish(topic: string, message: Message): void;
}
