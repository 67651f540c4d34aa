import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Log } from '../telemetry/log.ts';
import { answerBinding } from './stun.ts';

export interface StunServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface StunOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly host: string;
  readonly log: Log;
}

/** Throws an Error that says what to do where the port cannot be had. */
export async function startStun({ port, host, log }: StunOptions): Promise<StunServer> {
  const socket = createSocket(isIP(host) === 6 ? { type: 'udp6', ipv6Only: false } : { type: 'udp4' });
  try {
    await bind(socket, port, host);
  } catch (error) {
    socket.close();
    const why = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' ? 'the port is taken' : String(error);
    throw new Error(`no STUN on ${port}: ${why}. Give another one with --stun-port, or none with --no-stun`, { cause: error });
  }
  socket.on('message', (datagram, from) => {
    const answer = answerBinding(datagram, from);
    // Anyone may send from where no answer can go, so that is no warning.
    if (answer !== null)
      socket.send(answer, from.port, from.address, (error) => error && log.debug({ err: error }, 'a STUN answer was not sent'));
  });
  socket.on('error', (error) => log.warn({ err: error }, 'the STUN socket broke'));
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function bind(socket: Socket, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}
