/** The server as a process: its command line, its exit codes, its end. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import { greeting } from '../../server-reference/src/cli/greeting.ts';
import { run } from '../../server-reference/src/cli/run.ts';
import { encodeChunk } from '../../src/protocol/index.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer } from '../support/server.ts';
import { videoFrame, videoTrack } from '../support/simulated-broadcast.ts';
import { Stopwatch } from '../support/stopwatch.ts';
import { RawSocket } from '../support/wire.ts';

const MAIN = new URL('../../server-reference/src/main.ts', import.meta.url).pathname;
const SECRET = 'a secret of more than thirty-two bytes';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

let data: string;
before(async () => {
  data = await mkdtemp(join(tmpdir(), 'glasscast-process-'));
});
after(() => rm(data, { recursive: true }));

/** The environment holds what the test gives and nothing of the machine's own settings. */
function start(args: string[], env: Record<string, string> = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env['PATH'], ...env }, cwd: data });
}

async function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const [out, error, [code]] = await Promise.all([
    child.stdout.setEncoding('utf8').toArray(),
    child.stderr.setEncoding('utf8').toArray(),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, out: out.join(''), error: error.join('') };
}

/** The command line in a process of its own. */
const runProcess = (args: string[], env?: Record<string, string>): Promise<Ended> => ended(start(args, env));

/** The same within this process, for commands that end by themselves. */
async function runHere(args: string[], env: Record<string, string>): Promise<Ended> {
  const out: string[] = [];
  const error: string[] = [];
  const code = await run(args, env, { out: (text) => void out.push(text), error: (text) => void error.push(text) });
  return { code, out: out.join(''), error: error.join('') };
}

/** Resolves with the URL once the server says that it listens; the rest of its lines go on being read. */
function listening(child: ChildProcessWithoutNullStreams, lines: Record<string, unknown>[] = []): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const entry = JSON.parse(line) as Record<string, unknown>;
      lines.push(entry);
      if (typeof entry['url'] === 'string') resolve(entry['url']);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
}

describe('the command line', () => {
  test('--help names every flag and ends with 0', async () => {
    const { code, out } = await runHere(['--help'], {});
    assert.equal(code, 0);
    for (const word of [
      '--port',
      '--host',
      '--data',
      '--public',
      '--origins',
      '--no-stun',
      '--part-duration',
      'GLASSCAST_SECRET',
      'PHOENIX_TOKEN_SALT',
      'token --room',
    ]) {
      assert.ok(out.includes(word), `${word} is missing`);
    }
  });

  test("--version is the package's", async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../server-reference/package.json', import.meta.url), 'utf8'));
    assert.deepEqual(await runProcess(['--version']), { code: 0, out: `${version}\n`, error: '' });
  });

  test('token prints a token that the server takes', async () => {
    const { code, out, error } = await runHere(['token', '--room', 'team', '--can', 'join,publish', '--name', 'Ada', '--ttl', '2h'], {
      GLASSCAST_SECRET: SECRET,
    });
    assert.deepEqual([code, error], [0, '']);
    const { name, grants, exp = 0, iat = 0 } = decodeJwt(out.trim());
    assert.deepEqual([name, grants, exp - iat], ['Ada', [{ room: 'team', can: ['join', 'publish'] }], 7200]);
    const child = start(['--port', '0', '--stun-port', '0', '--host', '127.0.0.1', '--auto-create'], { GLASSCAST_SECRET: SECRET });
    const url = await listening(child);
    const socket = await RawSocket.open(`${url.replace('http', 'ws')}/socket`, `vsn=2.0.0&token=${out.trim()}`);
    assert.equal((await socket.join('room:team')).status, 'ok');
    child.kill('SIGTERM');
    await socket.closed;
    await once(child, 'exit');
  });

  const refusals: [name: string, args: string[], env: Record<string, string>, said: RegExp][] = [
    ['an unknown flag', ['--prot', '4000'], {}, /--prot.*--help/],
    ['a stray word', ['serve'], {}, /serve.*--help/],
    ['a port out of range', ['--port', '70000'], {}, /--port 70000: give a whole number from 0 to 65535/],
    ['a port that is no number', [], { PORT: 'http' }, /PORT http: give a whole number/],
    ['a foreign address without a secret', ['--host', '0.0.0.0'], {}, /--host 0\.0\.0\.0: without a secret.*GLASSCAST_SECRET/],
    ['a short secret', [], { GLASSCAST_SECRET: 'short' }, /GLASSCAST_SECRET has 5 bytes and needs at least 32.*openssl rand/],
    ['half of the Phoenix settings', [], { PHOENIX_SECRET_KEY_BASE: 'x' }, /PHOENIX_TOKEN_SALT is not: set both/],
    ['a permission that does not exist', ['--public', 'join,fly'], {}, /--public join,fly: "fly" is not a permission/],
    ['an origin with a path', ['--origins', 'https://a.example/x'], {}, /--origins .*is not an origin/],
    ['a public URL with a path', ['--public-url', 'https://a.example/live'], {}, /--public-url .*scheme and host alone/],
    ['a duration without a unit', ['--part-duration', '200'], {}, /--part-duration 200: give a duration with its unit/],
    [
      'parts longer than half a segment',
      ['--part-duration', '600ms', '--segment-duration', '1s'],
      {},
      /--part-duration 600ms.*at most 500ms/,
    ],
    ['a window under three segments', ['--window', '4s'], {}, /--window 4000ms.*at least 6000ms/],
    ['a TURN server without its secret', ['--turn-url', 'turn:t.example:3478'], {}, /TURN_SECRET belong together/],
    ['contradicting STUN flags', ['--no-stun', '--stun-port', '3478'], {}, /contradict/],
    ['an unknown log level', ['--log-level', 'loud'], {}, /--log-level loud: choose from/],
    ['a data directory that is a file', ['--data', MAIN, '--port', '0', '--no-stun'], {}, /--data .*Give a directory that can be written/],
    ['a token without a secret', ['token', '--room', 'a', '--can', 'join'], {}, /GLASSCAST_SECRET is not set/],
    ['a token for nothing', ['token', '--can', 'join'], { GLASSCAST_SECRET: SECRET }, /--room or --stream is missing/],
    ['a token that allows nothing', ['token', '--room', 'a'], { GLASSCAST_SECRET: SECRET }, /--can is missing/],
    [
      'a token for a room that cannot be',
      ['token', '--room', 'A b', '--can', 'join'],
      { GLASSCAST_SECRET: SECRET },
      /--room and --stream take a name/,
    ],
  ];
  for (const [name, args, env, said] of refusals) {
    test(`${name} ends with 2 and one line that says what to do`, async () => {
      const { code, out, error } = await runHere(args, env);
      assert.match(error, said);
      assert.deepEqual([code, out, error.trim().split('\n').length], [2, '', 1], error);
      assert.ok(!error.includes(SECRET));
    });
  }

  test('a taken port ends with 2 and the remedy', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { code, error } = await runProcess(['--port', String((taken.address() as AddressInfo).port), '--no-stun']);
    taken.close();
    assert.equal(code, 2);
    assert.match(error, /something else listens there\. Give another port, or 0.*--port 0/);
    assert.equal(error.trim().split('\n').length, 1);
  });
});

describe('a running server', () => {
  test('takes a free port for PORT=0, prints it, and says what it decided', async () => {
    const lines: Record<string, unknown>[] = [];
    const child = start(['--no-stun'], { PORT: '0' });
    const url = await listening(child, lines);
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    assert.deepEqual([lines[0]?.['stun'], lines[0]?.['autoCreate'], lines[0]?.['part']], ['off', true, '200ms']);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  test('logs nothing but JSON where no terminal is, the addresses of its pages among it', async () => {
    const lines: Record<string, unknown>[] = [];
    const child = start(['--port', '0', '--no-stun']);
    const url = (await listening(child, lines)).replace('127.0.0.1', 'localhost');
    const { demo, call, live, watch } = lines.at(-1) ?? {};
    assert.deepEqual(
      [demo, call, live, watch],
      ['', 'call.html', 'live.html', 'watch.html'].map((page) => `${url}/${page}`),
    );
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  test('outlives whoever reads its log, and says so once', async () => {
    const child = start(['--port', '0', '--no-stun', '--log-level', 'debug']);
    const url = await listening(child);
    const said = child.stderr.setEncoding('utf8').toArray();
    child.stdout.destroy();
    for (let count = 0; count < 5; count++) assert.equal((await fetch(`${url}/healthz`)).status, 200);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.match((await said).join(''), /^glasscast-server: nobody reads the log any more: .*\n$/);
  });

  test('greets whoever starts it at a terminal with the pages to open', async () => {
    await using server = await startTestServer();
    const text = greeting(server);
    for (const page of ['', 'call.html', 'live.html', 'watch.html']) assert.ok(text.includes(` http://localhost:${server.port}/${page}\n`));
    assert.match(text, / faceModel +none; to have one: glasscast-server models\n/);
    assert.match(text, /Development mode: .*on this machine alone/);
    const mirror = new URL('https://ada:hidden@cdn.example.org/live/');
    await using known = await startTestServer({ secret: SECRET, publicUrl: new URL('https://live.example.org'), mirror });
    assert.match(greeting(known), / https:\/\/live\.example\.org\/call\.html\n/);
    assert.match(greeting(known), / mirror +cdn\.example\.org\n/);
    assert.ok(!greeting(known).includes(SECRET) && !greeting(known).includes('hidden'));
  });

  test('starts with a warning and the remedy where the STUN port is taken', async () => {
    const taken = createSocket('udp4').bind(0, '127.0.0.1');
    await once(taken, 'listening');
    const lines: Record<string, unknown>[] = [];
    const child = start(['--port', '0', '--stun-port', String(taken.address().port)]);
    const url = await listening(child, lines);
    const warning = lines.find(({ level }) => level === 40);
    assert.match(String(warning?.['msg']), /the port is taken.*--stun-port.*--no-stun/);
    const hello = (await (await fetch(`${url}/api/hello`)).json()) as { features: Record<string, boolean> };
    assert.equal(hello.features['stun'], false);
    taken.close();
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  test('drains on SIGTERM: not ready, sockets closed with 1012, ended with 0 within five seconds', async () => {
    const child = start(['--port', '0', '--no-stun']);
    const url = await listening(child);
    const socket = await RawSocket.open(`${url.replace('http', 'ws')}/socket`);
    await socket.join('room:team');
    // A client that never answers the close keeps the server waiting, and in that time it can be asked.
    const stubborn = await stubbornSocket(url);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    assert.equal(await statusOf(`${url}/readyz`, agent), 200);

    using ending = new Stopwatch();
    child.kill('SIGTERM');
    assert.deepEqual(await socket.closed, { code: 1012, reason: 'the server restarts' });
    assert.equal(await statusOf(`${url}/readyz`, agent), 503);
    assert.equal(await statusOf(`${url}/healthz`, agent), 200);
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    ending.assertBelow(5000);
    stubborn.destroy();
    agent.destroy();
  });

  test('drains on SIGTERM during a live broadcast: the broadcaster hears why, who waits for a part gets the end', async () => {
    const child = start(['--port', '0', '--no-stun']);
    const server = await listening(child);
    const publisher = await Publisher.connect({ server, stream: 'show', tracks: [videoTrack()] });
    const frame = (time: number) =>
      new Uint8Array(encodeChunk([{ track: 0, key: false, duration: 0, dts: time * 1e6, cts: 0, data: videoFrame(time === 10) }]));
    await publisher.push('clock', { track: 0, dts: 10e6, wall_ms: Date.now() - 1500, offset_ms: 0 });
    for (let index = 0; index < 45; index++) await publisher.push('chunk', frame(10 + Math.round((index / 30) * 1e6) / 1e6));
    const playlist = `${server}/live/show/${publisher.session.session}/v0/media.m3u8`;
    assert.equal((await fetch(playlist)).status, 200);
    const held = fetch(`${playlist}?_HLS_msn=1`);
    // Behind the held request on another connection: when it is answered, the held one has arrived.
    await fetch(`${server}/healthz`);
    using ending = new Stopwatch();
    child.kill('SIGTERM');
    assert.match(await (await held).text(), /#EXT-X-ENDLIST/);
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    ending.assertBelow(5000);
    assert.ok(publisher.pushes.some(({ event, payload }) => event === 'stopped' && JSON.stringify(payload).includes('draining')));
  });

  test('keeps its rooms over a restart', async () => {
    const first = start(['--port', '0', '--no-stun', '--data', join(data, 'kept')]);
    const made = await fetch(`${await listening(first)}/api/rooms`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'Kept' }),
    });
    assert.equal(made.status, 201);
    first.kill('SIGTERM');
    await once(first, 'exit');
    const second = start(['--port', '0', '--no-stun', '--data', join(data, 'kept')]);
    const rooms = await (await fetch(`${await listening(second)}/api/rooms`)).json();
    second.kill('SIGTERM');
    await once(second, 'exit');
    assert.deepEqual(rooms, { rooms: [{ slug: 'kept', title: 'Kept', peers: 0, max_peers: 8 }] });
  });
});

/** A WebSocket that has been opened and will never say another word. */
async function stubbornSocket(url: string): Promise<import('node:net').Socket> {
  const { request } = await import('node:http');
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const sent = request(`${url}/socket/websocket?vsn=2.0.0`, { headers });
  sent.end();
  const [, socket] = (await once(sent, 'upgrade')) as [unknown, import('node:net').Socket];
  // The cut-off at the end is what it waits for.
  socket.on('error', () => socket.destroy());
  return socket;
}

function statusOf(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    }).once('error', reject);
  });
}
