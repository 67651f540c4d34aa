import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { completeConfig } from '../../../server-reference/src/config/config.ts';
import { ConfigError } from '../../../server-reference/src/config/config-error.ts';
import { readSettings } from '../../../server-reference/src/config/read.ts';
import { bitrate, duration } from '../../../server-reference/src/config/values.ts';

const SECRET = 'a secret of more than thirty-two bytes';
const config = (args: string[] = [], env: Record<string, string> = {}) => completeConfig(readSettings(args, env));

describe('settings', () => {
  test('of a flag win over the environment, which wins over the default', () => {
    assert.equal(config().port, 4000);
    assert.equal(config([], { PORT: '5000' }).port, 5000);
    assert.equal(config(['--port', '6000'], { PORT: '5000' }).port, 6000);
  });

  test('that are empty in the environment are not set', () => {
    assert.equal(config([], { PORT: '', GLASSCAST_SECRET: '' }).mode, 'development');
  });

  test('without a secret mean development: all is public, on this machine', () => {
    const { mode, host, autoCreate, origins, public: can } = config();
    assert.deepEqual([mode, host, autoCreate, origins, can.includes('operate')], ['development', '127.0.0.1', true, ['loopback'], true]);
  });

  test('with a secret mean production: watching is public, on every address', () => {
    const { mode, host, autoCreate, origins, public: can } = config([], { GLASSCAST_SECRET: SECRET });
    assert.deepEqual([mode, host, autoCreate, origins, can], ['production', '0.0.0.0', false, [], ['watch']]);
  });

  test('with a JWKS address or Phoenix secrets mean production too', () => {
    assert.equal(config([], { GLASSCAST_JWKS_URL: 'https://id.example/jwks' }).mode, 'production');
    const { mode, phoenix } = config([], { PHOENIX_SECRET_KEY_BASE: 'k', PHOENIX_TOKEN_SALT: 's' });
    assert.deepEqual([mode, phoenix], ['production', { secretKeyBase: 'k', salt: 's' }]);
  });

  test('take other names of this machine without a secret, and no others', () => {
    for (const host of ['localhost', '127.0.0.2', '::1']) assert.equal(config(['--host', host]).host, host);
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'example.org']) assert.throws(() => config(['--host', host]), ConfigError);
  });

  test('say yes and no in flags and variables', () => {
    assert.equal(config(['--no-auto-create']).autoCreate, false);
    assert.equal(config([], { GLASSCAST_AUTO_CREATE: 'off' }).autoCreate, false);
    assert.equal(config(['--trust-proxy']).trustProxy, true);
    assert.equal(config(['--no-stun']).stunPort, null);
    assert.equal(config([]).stunPort, 3478);
  });

  test('hold lists', () => {
    assert.deepEqual(config(['--public', 'join, watch'], { GLASSCAST_SECRET: SECRET }).public, ['join', 'watch']);
    assert.deepEqual(config(['--public', 'none'], { GLASSCAST_SECRET: SECRET }).public, []);
    assert.deepEqual(config(['--origins', 'https://A.example:443,loopback']).origins, ['https://a.example', 'loopback']);
  });

  test('say how a mirror whose password has a % is written', () => {
    assert.throws(
      () => config(['--mirror', 'https://ada:100%sure@cdn.example.org/']),
      /--mirror https:\/\/…@cdn\.example\.org\/: write % as %25/,
    );
    assert.equal(config(['--mirror', 'https://ada:100%25sure@cdn.example.org/']).mirror?.password, '100%25sure');
  });

  test('never repeat a secret in an error', () => {
    assert.throws(
      () => config([], { GLASSCAST_JWKS_URL: 'hunter2' }),
      (error: Error) => !error.message.includes('hunter2'),
    );
  });

  test('read durations and bit rates with their units', () => {
    assert.deepEqual(['200ms', '1.5s', '2h'].map(duration(0, 1e9)), [200, 1500, 7_200_000]);
    assert.deepEqual(['20M', '800k', '64000', '2.5M'].map(bitrate), [20_000_000, 800_000, 64_000, 2_500_000]);
    for (const text of ['', '2', 's', '2 s', '-1s', '1e3s', '2x']) assert.throws(() => duration(0, 1e9)(text), text);
    for (const text of ['', 'M', '20m', '-1M', '20Mbit']) assert.throws(() => bitrate(text), text);
  });
});
