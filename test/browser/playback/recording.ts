/**
 * A short HLS recording made in the page: pictures and a tone, encoded by the browser and packaged by the server's own writer, behind
 * `blob:` addresses. So playback is tested on real media without a server and without files.
 */
import type { Frame, OpusConfig, VideoConfig } from '../../../server-reference/src/hub/media.ts';
import { writeFragment } from '../../../server-reference/src/packaging/fragment.ts';
import { initSection } from '../../../server-reference/src/packaging/init-section.ts';

const TIMESCALE = 90_000;
const FRAME_RATE = 20;
const WIDTH = 320;
const HEIGHT = 180;

export interface Recording {
  /** Of the multivariant playlist. */
  readonly url: string;
  readonly seconds: number;
}

export async function makeRecording(seconds: number): Promise<Recording> {
  const video = await encodeVideo(seconds);
  const audio = await encodeAudio(seconds);
  const videoList = mediaPlaylist(seconds, initSection(video.config), writeFragment('video', 1, video.frames));
  const audioList = mediaPlaylist(seconds, initSection(audio.config), writeFragment('audio', 1, audio.frames));
  const lines = [
    '#EXTM3U',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="main",DEFAULT=YES,AUTOSELECT=YES,URI="${audioList}"`,
    `#EXT-X-STREAM-INF:BANDWIDTH=600000,CODECS="${video.config.codec},opus",RESOLUTION=${WIDTH}x${HEIGHT},FRAME-RATE=${FRAME_RATE},AUDIO="audio"`,
    videoList,
  ];
  return { url: address([lines.join('\n')], 'application/vnd.apple.mpegurl'), seconds };
}

function mediaPlaylist(seconds: number, init: BlobPart, fragment: BlobPart): string {
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.ceil(seconds)}`,
    '#EXT-X-PLAYLIST-TYPE:VOD',
    `#EXT-X-MAP:URI="${address([init], 'video/mp4')}"`,
    `#EXTINF:${seconds.toFixed(3)},`,
    address([fragment], 'video/mp4'),
    '#EXT-X-ENDLIST',
  ];
  return address([lines.join('\n')], 'application/vnd.apple.mpegurl');
}

const address = (parts: BlobPart[], type: string): string => URL.createObjectURL(new Blob(parts, { type }));

async function encodeVideo(seconds: number): Promise<{ config: VideoConfig; frames: Frame[] }> {
  const frames: Frame[] = [];
  let config: VideoConfig | undefined;
  const duration = TIMESCALE / FRAME_RATE;
  const encoder = new VideoEncoder({
    output: (chunk, metadata) => {
      const { codec, description } = metadata?.decoderConfig ?? {};
      if (codec !== undefined && description !== undefined) {
        const avcC = new Uint8Array(description as ArrayBuffer);
        config = { kind: 'video', family: 'avc', codec, timescale: TIMESCALE, width: WIDTH, height: HEIGHT, avcC };
      }
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      frames.push({ rendition: 'v0', dts: frames.length * duration, cts: 0, duration, key: chunk.type === 'key', data });
    },
    error: (error) => {
      throw error;
    },
  });
  encoder.configure({
    codec: 'avc1.42e01e',
    width: WIDTH,
    height: HEIGHT,
    bitrate: 400_000,
    framerate: FRAME_RATE,
    latencyMode: 'realtime',
    avc: { format: 'avc' },
  });
  const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no 2d context');
  for (let index = 0; index < seconds * FRAME_RATE; index++) {
    context.fillStyle = `hsl(${index * 9} 70% 50%)`;
    context.fillRect(0, 0, WIDTH, HEIGHT);
    const picture = new VideoFrame(canvas, { timestamp: (index * 1_000_000) / FRAME_RATE });
    encoder.encode(picture, { keyFrame: index === 0 });
    picture.close();
  }
  await encoder.flush();
  encoder.close();
  if (config === undefined) throw new Error('the encoder gave no configuration');
  return { config, frames };
}

async function encodeAudio(seconds: number): Promise<{ config: OpusConfig; frames: Frame[] }> {
  const frames: Frame[] = [];
  const encoder = new AudioEncoder({
    output: (chunk) => {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      frames.push({ rendition: 'a0', dts: frames.length * 960, cts: 0, duration: 960, key: true, data });
    },
    error: (error) => {
      throw error;
    },
  });
  encoder.configure({ codec: 'opus', sampleRate: 48_000, numberOfChannels: 1, bitrate: 64_000 });
  for (let index = 0; index < seconds * 10; index++) {
    const samples = Float32Array.from({ length: 4_800 }, (_, at) => 0.3 * Math.sin(((index * 4_800 + at) * 2 * Math.PI * 440) / 48_000));
    const sound = new AudioData({
      format: 'f32-planar',
      sampleRate: 48_000,
      numberOfFrames: 4_800,
      numberOfChannels: 1,
      timestamp: index * 100_000,
      data: samples,
    });
    encoder.encode(sound);
    sound.close();
  }
  await encoder.flush();
  encoder.close();
  const config: OpusConfig = {
    kind: 'audio',
    family: 'opus',
    codec: 'opus',
    timescale: 48_000,
    channels: 1,
    preSkip: 312,
    inputSampleRate: 48_000,
    outputGain: 0,
  };
  return { config, frames };
}
