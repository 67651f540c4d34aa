import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hostnameOf, isLoopbackHost } from '../../../server-reference/src/net/loopback.ts';
import { SiteGuard } from '../../../server-reference/src/net/site-guard.ts';

const production = { mode: 'production', publicUrl: null, origins: [] } as const;

describe('loopback', () => {
  test('names and addresses of this machine are told from others', () => {
    for (const host of [
      'localhost',
      'LOCALHOST',
      'localhost:4000',
      'localhost.',
      'app.localhost',
      '127.0.0.1',
      '127.9.9.9:80',
      '::1',
      '[::1]',
      '[::1]:4000',
    ]) {
      assert.ok(isLoopbackHost(host), host);
    }
    for (const host of [
      '',
      'example.org',
      'localhost.example.org',
      'xlocalhost',
      '127.0.0.1.example.org',
      '0.0.0.0',
      '10.0.0.1',
      '::',
      '[fe80::1]',
      '128.0.0.1',
    ]) {
      assert.ok(!isLoopbackHost(host), host);
    }
  });

  test('a host name comes without port, brackets and final dot', () => {
    assert.deepEqual(['A.Example:1', '[::1]:2', 'a.', '', '['].map(hostnameOf), ['a.example', '::1', 'a', '', '']);
  });
});

describe('the guard', () => {
  test('in production answers to addresses, its own name and its public one', () => {
    const guard = new SiteGuard({ ...production, publicUrl: new URL('https://live.example.org') });
    for (const host of ['live.example.org', 'LIVE.example.org:443', '203.0.113.5:4000', '[2001:db8::1]:4000', 'localhost:4000'])
      guard.checkHost(host);
    for (const host of ['evil.example', 'x.live.example.org', undefined]) assert.throws(() => guard.checkHost(host), { status: 421 });
  });

  test('in development answers to this machine alone', () => {
    const guard = new SiteGuard({ mode: 'development', publicUrl: null, origins: ['loopback'] });
    guard.checkHost('127.0.0.1:4000');
    assert.throws(() => guard.checkHost('192.168.1.5:4000'), { status: 421 });
  });

  test('lets in its own origin, those that are listed, and whoever is no page', () => {
    const guard = new SiteGuard({ ...production, origins: ['https://www.example.org'] });
    const allowed = (origin?: string, host = '203.0.113.5:4000') => guard.allowsOrigin({ origin, host });
    assert.ok(allowed(undefined));
    assert.ok(allowed('http://203.0.113.5:4000'));
    assert.ok(allowed('https://www.example.org'));
    assert.ok(!allowed('https://www.example.org:444'));
    assert.ok(!allowed('http://203.0.113.5:4001'));
    assert.ok(!allowed('http://localhost:4000'));
    assert.ok(!allowed('null'));
    assert.ok(!allowed('not an origin'));
  });

  test('lets in everybody where * says so, and sandboxed pages where null does', () => {
    assert.ok(new SiteGuard({ ...production, origins: ['*'] }).allowsOrigin({ origin: 'https://any.example', host: 'x' }));
    assert.ok(new SiteGuard({ ...production, origins: ['null'] }).allowsOrigin({ origin: 'null', host: 'x' }));
  });
});
