/** A room's channel whose server is the test: it answers joins and says what it is told to. */
type Frame = readonly [joinRef: string | null, ref: string | null, topic: string, event: string, payload: Record<string, unknown>];

class ScriptedSocket {
  readyState = 0;
  readonly bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; wasClean: boolean }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly #room: ScriptedRoom;

  constructor(room: ScriptedRoom) {
    this.#room = room;
    room.sockets.push(this);
    queueMicrotask(() => {
      if (this.readyState !== 0) return;
      this.readyState = 1;
      this.onopen?.();
    });
  }

  send(text: string): void {
    if (this.readyState === 1) this.#room.receive(this, JSON.parse(text) as Frame);
  }

  close(code = 1000): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    queueMicrotask(() => this.onclose?.({ code, wasClean: code === 1000 }));
  }

  hear(frame: Frame): void {
    queueMicrotask(() => this.readyState === 1 && this.onmessage?.({ data: JSON.stringify(frame) }));
  }
}

export class ScriptedRoom {
  readonly sockets: ScriptedSocket[] = [];
  /** What was pushed, without heartbeats. */
  readonly pushes: { readonly event: string; readonly payload: Record<string, unknown> }[] = [];
  readonly localId: string;
  #joinRef: string | null = null;
  #topic = '';

  constructor(localId: string) {
    this.localId = localId;
  }

  readonly WebSocket = ((room) =>
    class extends ScriptedSocket {
      constructor() {
        super(room);
      }
    })(this);

  receive(socket: ScriptedSocket, [joinRef, ref, topic, event, payload]: Frame): void {
    const answer = (response: object): void => socket.hear([joinRef, ref, topic, 'phx_reply', { status: 'ok', response }]);
    if (event === 'phx_join') {
      this.#joinRef = joinRef;
      this.#topic = topic;
      answer({
        peer_id: this.localId,
        resume: 'key',
        ice_servers: [],
        max_peers: 8,
        topology: 'mesh',
        generation: 0,
        me: { can: [] },
      });
      return;
    }
    if (event !== 'heartbeat') this.pushes.push({ event, payload });
    answer({});
  }

  /** Says something to whoever joined. */
  push(event: string, payload: Record<string, unknown>): void {
    this.sockets.at(-1)?.hear([this.#joinRef, null, this.#topic, event, payload]);
  }

  /** Closes the channel, as a server does that wants nobody back. */
  closeChannel(): void {
    this.sockets.at(-1)?.hear([this.#joinRef, this.#joinRef, this.#topic, 'phx_close', {}]);
  }

  /** What was pushed of an event. */
  pushed(event: string): Record<string, unknown>[] {
    return this.pushes.filter((push) => push.event === event).map(({ payload }) => payload);
  }
}
