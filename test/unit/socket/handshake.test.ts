import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readProtocols, refuseVersion, tokenInQuery } from '../../../server-reference/src/socket/handshake.ts';
import { familiesOf, routeTopic, textLimit } from '../../../server-reference/src/socket/topics.ts';
import { redactUrl } from '../../../server-reference/src/telemetry/redact.ts';

describe('the subprotocols of a handshake', () => {
  const header = (base64: string): string => `phoenix, base64url.bearer.phx.${base64}`;

  test('hold a token in either alphabet, padded or not', () => {
    // The bytes of this token give + and / in one alphabet, - and _ in the other.
    const token = 'a~>?b?>~\u00ff';
    const standard = Buffer.from(token).toString('base64');
    assert.match(standard, /[+/]/);
    for (const text of [standard, standard.replace(/=/g, ''), Buffer.from(token).toString('base64url')]) {
      assert.deepEqual(readProtocols(header(text)), { phoenix: true, token });
    }
  });

  test('that do not decode are a token all the same, a bad one', () => {
    assert.notEqual(readProtocols(header('***')).token, null);
  });

  test('may be absent', () => {
    assert.deepEqual(readProtocols(undefined), { phoenix: false, token: null });
    assert.deepEqual(readProtocols('chat, superchat'), { phoenix: false, token: null });
  });
});

describe('the query of a handshake', () => {
  test('holds a token under either name, and empty ones are none', () => {
    assert.equal(tokenInQuery(new URLSearchParams('token=a&user_token=b')), 'a');
    assert.equal(tokenInQuery(new URLSearchParams('token=&user_token=b')), 'b');
    assert.equal(tokenInQuery(new URLSearchParams('')), null);
  });

  test('says 2.0.0', () => {
    assert.equal(refuseVersion('2.0.0'), null);
    assert.match(refuseVersion(null) ?? '', /vsn=2\.0\.0/);
    assert.match(refuseVersion('1.0.0') ?? '', /not 1\.0\.0/);
  });
});

describe('topics', () => {
  const families = familiesOf(
    [
      ['lobby', 10],
      ['room', 1000],
    ].map(([family, maxTextBytes]) => ({
      family: String(family),
      maxTextBytes: Number(maxTextBytes),
      join: () => ({ ok: false, response: { reason: 'server' } }) as const,
    })),
  );

  test('lead to their family', () => {
    assert.equal(routeTopic(families, 'room:team')?.name, 'team');
    assert.equal(routeTopic(families, 'room:Team')?.nameIsValid, false);
    assert.equal(routeTopic(families, 'lobby')?.nameIsValid, true);
    for (const topic of ['room', 'lobby:x', 'nothing:x', '', ':', 'toString']) assert.equal(routeTopic(families, topic), undefined, topic);
  });

  test('tell the limit of a frame from its beginning', () => {
    assert.equal(textLimit(families, '["1","2","room:team","offer",{}]'), 1000);
    assert.equal(textLimit(families, ' [ null , 5 , "lobby" , "x",{}]'), 10);
    for (const text of ['["1","2","\\u0072oom:team","offer"', '["room:team"', 'x'.repeat(600), '', '[{"a":"room:x"},']) {
      assert.equal(textLimit(families, text), 64 * 1024, text.slice(0, 40));
    }
  });
});

describe('an address in the log', () => {
  test('keeps the names of its parameters and the values of the harmless ones', () => {
    assert.equal(redactUrl('/live/a/index.m3u8?_HLS_msn=5&token=secret'), '/live/a/index.m3u8?_HLS_msn=5&token=…');
    assert.equal(
      redactUrl('/socket/websocket?vsn=2.0.0&user_token=secret&password=x'),
      '/socket/websocket?vsn=2.0.0&user_token=…&password=…',
    );
    assert.equal(redactUrl('/plain'), '/plain');
  });
});
