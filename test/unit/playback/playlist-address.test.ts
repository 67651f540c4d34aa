import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseEngine } from '../../../src/playback/choose-engine.ts';
import { readProbe } from '../../../src/playback/playlist-probe.ts';
import { playlistUrl, sameOrigin, withToken } from '../../../src/playback/token-url.ts';

describe('the address of a playlist', () => {
  it('carries the token as a query parameter', () => {
    assert.equal(withToken('https://a.example/live/x/index.m3u8', 'ab.c+/='), 'https://a.example/live/x/index.m3u8?token=ab.c%2B%2F%3D');
  });
  it('keeps what the query already has, and an old token is replaced', () => {
    assert.equal(withToken('https://a.example/i.m3u8?x=1&token=old', 'new'), 'https://a.example/i.m3u8?x=1&token=new');
  });
  it('is unchanged without a token', () => {
    assert.equal(withToken('https://a.example/i.m3u8?x=1', undefined), 'https://a.example/i.m3u8?x=1');
    assert.equal(withToken('https://a.example/i.m3u8', ''), 'https://a.example/i.m3u8');
  });
  it('of a stream lies below the server, with or without a path', () => {
    assert.equal(playlistUrl('https://a.example', 'launch'), 'https://a.example/live/launch/index.m3u8');
    assert.equal(playlistUrl('https://a.example/video', 'launch'), 'https://a.example/video/live/launch/index.m3u8');
  });
  it('on another port or scheme is another server, which gets no token', () => {
    assert.equal(sameOrigin('https://a.example/x', 'https://a.example'), true);
    assert.equal(sameOrigin('https://a.example:8443/x', 'https://a.example'), false);
    assert.equal(sameOrigin('http://a.example/x', 'https://a.example'), false);
    assert.equal(sameOrigin('https://b.example/x', 'https://a.example'), false);
  });
});

describe('what a look at the playlist tells', () => {
  const codeOf = (status: number, text = ''): string => {
    const result = readProbe(status, text);
    return 'error' in result ? `${result.kind} ${result.error.code}` : result.kind;
  };
  it('200 with #EXTM3U is a playlist', () => assert.equal(codeOf(200, '#EXTM3U\n'), 'playlist'));
  it('404 and 410 mean nothing there yet, or no more', () => {
    assert.equal(codeOf(404), 'absent');
    assert.equal(codeOf(410), 'absent');
  });
  it('401 and 403 mean that a token is needed, and waiting is no use', () => {
    assert.equal(codeOf(401), 'refused unauthorized');
    assert.equal(codeOf(403), 'refused unauthorized');
  });
  it('429 and 5xx pass', () => {
    assert.equal(codeOf(429), 'unreachable server');
    assert.equal(codeOf(503), 'unreachable server');
  });
  it('any other text is not a playlist', () => assert.equal(codeOf(200, '<!doctype html>'), 'refused media'));
});

describe('the engine', () => {
  it('is hls.js wherever there are Media Source Extensions, also where the browser says it plays HLS', () => {
    assert.equal(chooseEngine({ MediaSource: class {} }, true), 'hls.js');
    assert.equal(chooseEngine({ ManagedMediaSource: class {} }, true), 'hls.js');
  });
  it('is the browser itself where they are missing', () => assert.equal(chooseEngine({}, true), 'native'));
  it('is none where neither is there', () => assert.equal(chooseEngine({}, false), null));
});
