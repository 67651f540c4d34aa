/** What is said of a part that does not come, with a server that has it, has it no more, or is gone. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { GlasscastError } from '../../../src/protocol/errors.ts';
import { loaded, missingPart } from '../../../src/signaling/missing-part.ts';

const http = createServer((request, response) => response.writeHead(request.url === '/chunks/new-2.js' ? 200 : 404).end());
let origin = '';

/** As browsers reject `import()`. */
const refused = (path: string): TypeError => new TypeError(`Failed to fetch dynamically imported module: ${origin}${path}`);

before(async () => {
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});

after(() => http.close());

test('a part that the server has no more is one of an earlier version, and the page is to be reloaded', async () => {
  const cause = refused('/chunks/old-1.js');
  const error = await missingPart(cause);
  assert.equal(error.code, 'version');
  assert.match(error.message, /Reload the page/);
  assert.equal(error.cause, cause);
});

test('a part that is there was kept back by the network', async () => {
  assert.equal((await missingPart(refused('/chunks/new-2.js'))).code, 'network');
});

test('where the server does not answer, or the browser does not say which part it was, the network is named and the page', async () => {
  for (const cause of [new TypeError('error loading http://127.0.0.1:9/a.js'), new TypeError('Importing a module script failed.')]) {
    const { code, message } = await missingPart(cause);
    assert.equal(code, 'network');
    assert.match(message, /reload the page/);
  }
});

test('what is loaded is given, and what was refused for a reason of its own keeps it', async () => {
  assert.equal(await loaded(Promise.resolve(7)), 7);
  const own = new GlasscastError('unsupported', 'Not here.');
  await assert.rejects(loaded(Promise.reject(own)), own);
});
