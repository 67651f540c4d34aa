/** `--mirror` to Debian's nginx with its WebDAV module, from which ffmpeg plays the stream. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findFfprobe } from '../../tools/find-program.ts';
import { trackDescriptions } from '../support/clip-player.ts';
import { encodeClip } from '../support/encoded-clip.ts';
import { nginxMissing, startNginx } from '../support/nginx.ts';
import { Publisher } from '../support/publisher.ts';
import { startTestServer } from '../support/server.ts';

const missing = nginxMissing();

test('ffmpeg plays a stream from a server that knows nothing but PUT', missing === null ? {} : { skip: missing }, async () => {
  await using nginx = await startNginx(
    (port, folder) =>
      `types { application/vnd.apple.mpegurl m3u8; video/mp4 mp4 m4s; }\nserver { listen 127.0.0.1:${port}; root ${folder}/www; client_max_body_size 0;\n` +
      `location / { dav_methods PUT DELETE; create_full_put_path on; } }`,
  );
  const clip = await encodeClip();
  {
    await using server = await startTestServer({ mirror: new URL('/live/', nginx.url) });
    const tracks = trackDescriptions(clip);
    const publisher = await Publisher.connect({ server: server.url, stream: 'demo', tracks });
    await publisher.play(clip, { duration: 8, fast: true });
    await publisher.end();
    // The server's end gives the last playlists time to go out.
  }
  const url = `${nginx.url}/live/demo/index.m3u8`;
  const { stdout, stderr } = await promisify(execFile)(findFfprobe(), [
    ...['-v', 'warning', '-count_packets', '-show_entries', 'stream=codec_name,nb_read_packets', '-of', 'csv=p=0', url],
  ]);
  assert.equal(stderr, '');
  const lines = stdout.trim().split('\n').sort();
  assert.ok(
    lines.some((line) => line === 'h264,240'),
    stdout,
  );
  assert.ok(
    lines.some((line) => /^opus,(399|400|401)$/.test(line)),
    stdout,
  );
});
