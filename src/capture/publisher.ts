/**
 * From the camera's frames to encoded ones on their way: feeds, encoders and clocks of one broadcast. Runs in a worker, or on the page where
 * none can be had.
 *
 *   idle ──attach──▶ measuring ──start──▶ preparing ──encoders described──▶ joining ──key frame acknowledged──▶ live
 *                                                                                                                │  ▲
 *                                                                                                connection lost │  │ acknowledged
 *                                                                                                                ▼  │
 *                                                                                                        reconnecting
 *   stop(), from any of them ──▶ ending ──▶ ended          a failure, from any of them ──▶ ended
 */
import { GlasscastError } from '../protocol/errors.ts';
import type { StreamReply, TrackDescription } from '../protocol/messages/stream.ts';
import type { Milliseconds } from '../protocol/units.ts';
import type { TimerId } from '../workers/worker-timers.ts';
import { AudioTrackEncoder } from './audio-track-encoder.ts';
import { AUDIO_TRACK, type EncodedFrame, TIMESCALE } from './encoded-track.ts';
import { totalBitrate } from './layer-plan.ts';
import {
  type Card,
  type InputName,
  type MediaFeeds,
  type PictureFeed,
  type PublisherEvent,
  type PublisherState,
  type SoundFeed,
  toErrorData,
} from './publisher-events.ts';
import type { EncodingOptions, LayerCount, StreamInfo, UplinkOptions } from './publisher-options.ts';
import { PictureScene } from './scene/picture-scene.ts';
import { SoundScene } from './scene/sound-scene.ts';
import { TrackClocks } from './track-clocks.ts';
import { Transmitter, type TransmitterEnvironment } from './transmitter.ts';
import { VideoLayers } from './video-layers.ts';

/** A microphone that gives no sound for so long does not hold up the picture. */
const AUDIO_PATIENCE: Milliseconds = 2_000;
/** An encoder that was given pictures and gives none back for so long does not work. */
const ENCODER_PATIENCE: Milliseconds = 4_000;
const VIDEO_PATIENCE: Milliseconds = 10_000;
/** Clocks that do not settle do not hold up the start either. */
const CLOCK_PATIENCE: Milliseconds = 1_500;
const JOIN_PATIENCE: Milliseconds = 15_000;
const NOTICE_INTERVAL: Milliseconds = 10_000;
/** By then the first frames of another source have come. */
const NEW_CLOCK: Milliseconds = 500;
const REPORT: Milliseconds = 1_000;

export class Publisher {
  readonly #environment: TransmitterEnvironment;
  readonly #emit: (event: PublisherEvent) => void;
  readonly #clocks = new TrackClocks();
  #state: PublisherState = 'idle';
  #picture: PictureScene | null = null;
  /** Null where the broadcast has no sound. */
  #sound: SoundScene | null = null;
  #video: VideoLayers | null = null;
  #audio: AudioTrackEncoder | null = null;
  /** Smallest layer first; empty until the encoders have described them. */
  #videoTracks: readonly TrackDescription[] = [];
  #audioTrack: TrackDescription | null = null;
  /** When the video encoder gave its first output. */
  #describedAt: Milliseconds = 0;
  #transmitter: Transmitter | null = null;
  readonly #timers = new Set<TimerId>();
  #reporting: TimerId | undefined;
  #noticed = { message: '', at: 0 };
  #reported = { at: 0, encoded: 0 };

  constructor(environment: TransmitterEnvironment, emit: (event: PublisherEvent) => void) {
    this.#environment = environment;
    this.#emit = emit;
  }

  get state(): PublisherState {
    return this.#state;
  }

  /** Takes over the feeds and measures their clocks from now on; nothing is encoded yet. */
  attach(feeds: MediaFeeds): void {
    if (this.#state !== 'idle') return;
    this.#setState('measuring');
    const { now, timers } = this.#environment;
    this.#picture = new PictureScene({
      now,
      timers,
      origin: () => this.#clocks.videoOrigin,
      frame: (frame, made) => this.#onVideo(frame, made),
      ended: (input, cause) => this.#inputEnded(input, cause),
    });
    this.#picture.setMain(feeds.video);
    if (feeds.audio !== null) this.#replaceSound(feeds.audio);
  }

  start(encoding: EncodingOptions, uplink: UplinkOptions): void {
    if (this.#state !== 'measuring') return;
    this.#setState('preparing');
    this.#transmitter = new Transmitter(
      {
        uplink,
        bitrate: totalBitrate(encoding),
        tracks: () => this.#tracks(),
        clocks: () => this.#clocks.reported(this.#tracks().map(({ id }) => id)),
      },
      {
        joined: (reply) => this.#onJoined(reply),
        dropped: () => this.#onDropped(),
        ended: (error) => this.#fail(error),
        keyFrameNeeded: () => this.#video?.requestKeyFrame(),
        keyFrameAcknowledged: () => this.#onKeyFrameAcknowledged(),
        rate: (bitrate) => this.#video?.setBitrate(bitrate),
        trouble: (error) => this.#onTrouble(error),
        notice: (error) => this.#notice(error),
      },
      this.#environment,
    );
    this.#video = new VideoLayers(
      encoding,
      {
        tracks: (tracks) => this.#onVideoTracks(tracks),
        frame: (track, frame) => this.#send(track, frame),
        trouble: (error) => this.#notice(error),
        failed: (error) => this.#fail(error, true),
      },
      this.#environment.now,
    );
    if (this.#sound !== null) this.#openAudio();
    this.#after(ENCODER_PATIENCE, () => {
      if (this.#videoTracks.length === 0 && (this.#video?.encoded ?? 0) > 0)
        this.#fail(new GlasscastError('codec-unsupported', 'The video encoder of this browser gives nothing.'), true);
    });
    this.#after(VIDEO_PATIENCE, () => {
      if (this.#videoTracks.length === 0)
        this.#fail(new GlasscastError('media', 'The camera gives no pictures. Is another program using it?'));
    });
  }

  /** Another feed from here on, in the same session. Null: a card for `main`, nothing for `inset`, silence for `sound`. */
  replace(input: InputName, feed: PictureFeed | SoundFeed | null): void {
    if (this.#picture === null || this.#state === 'ending' || this.#state === 'ended') {
      void feed?.cancel();
      return;
    }
    if (input === 'sound') this.#replaceSound(feed as SoundFeed | null);
    else if (input === 'inset') this.#picture.setInset(feed as PictureFeed | null);
    else this.#picture.setMain(feed as PictureFeed | null);
    // Sources differ in how long their frames take.
    if (input !== 'inset' && feed !== null) this.#after(NEW_CLOCK, () => this.#transmitter?.clocksChanged());
  }

  /** Shows a card in place of the picture, and sends silence; null goes on. */
  setCard(card: Card | null): void {
    this.#picture?.setCard(card);
    this.#sound?.setMuted(card !== null);
  }

  /** Other rates, fewer layers, another size: from here on, in the same session. */
  setEncoding(encoding: EncodingOptions): void {
    if (this.#video === null || this.#state === 'ending' || this.#state === 'ended') return;
    const layers = Math.min(encoding.layers ?? 1, this.#video.most) as LayerCount;
    this.#video.options = { ...encoding, layers };
    this.#transmitter?.setBitrate(totalBitrate({ ...encoding, layers }));
  }

  setToken(token: string): void {
    this.#transmitter?.setToken(token);
  }

  setInfo(info: StreamInfo): void {
    this.#transmitter?.setInfo(info);
  }

  /** Tells the server that the broadcast is over, and frees everything. */
  async stop(): Promise<void> {
    if (this.#state === 'ending' || this.#state === 'ended') return;
    this.#setState('ending');
    this.#releaseMedia();
    await this.#transmitter?.end();
    this.#setState('ended');
  }

  #replaceSound(feed: SoundFeed | null): void {
    if (this.#sound === null) {
      if (feed === null) return;
      const { now, timers } = this.#environment;
      this.#sound = new SoundScene({
        now,
        timers,
        origin: () => this.#clocks.soundOrigin,
        block: (block, made) => this.#onAudio(block, made),
        ended: (cause) => this.#inputEnded('sound', cause),
      });
    }
    this.#sound.setFeed(feed);
    // A session's renditions are fixed: the server begins another one with what is added.
    if (this.#video !== null && this.#audio === null) this.#openAudio();
  }

  #openAudio(): void {
    this.#audio = new AudioTrackEncoder({
      track: (track) => this.#onAudioTrack(track),
      frame: (frame) => this.#send(AUDIO_TRACK, frame),
      failed: (error) => this.#onAudioFailed(error),
    });
  }

  #inputEnded(input: InputName, cause: unknown): void {
    this.#emit({ type: 'input-ended', input, error: cause === null ? null : toErrorData(cause) });
  }

  #onVideo(frame: VideoFrame, made: boolean): void {
    if (!made) this.#clocks.frameArrived(frame.timestamp, this.#environment.now());
    this.#joinWhenReady();
    if (this.#video === null || !this.#isWanted(this.#videoTracks.length > 0)) {
      frame.close();
      return;
    }
    this.#video.encode(frame);
  }

  #onAudio(block: AudioData, made: boolean): void {
    const now = this.#environment.now();
    const end = block.timestamp + (block.numberOfFrames * TIMESCALE) / block.sampleRate;
    if (!made) this.#clocks.blockArrived(end, now);
    if (this.#audio === null || !this.#isWanted(this.#audioTrack !== null)) {
      block.close();
      return;
    }
    const encoded = this.#audio.encode(block);
    if (encoded !== null) this.#clocks.blockEncoded(encoded, now);
  }

  /** Until its encoder has described the track, and while the stream is joined, a frame is worth encoding. */
  #isWanted(described: boolean): boolean {
    return !described || this.#transmitter?.joined === true;
  }

  #onVideoTracks(tracks: readonly TrackDescription[]): void {
    const first = this.#videoTracks.length === 0;
    if (first) this.#describedAt = this.#environment.now();
    this.#videoTracks = tracks;
    void this.#transmitter?.tracksChanged();
    if (first && this.#audio !== null && this.#audioTrack === null) this.#after(AUDIO_PATIENCE, () => this.#joinWithoutAudio());
    this.#joinWhenReady();
  }

  #onAudioTrack(track: TrackDescription): void {
    this.#audioTrack = track;
    void this.#transmitter?.tracksChanged();
    this.#joinWhenReady();
  }

  #joinWithoutAudio(): void {
    if (this.#state !== 'preparing') return;
    this.#audioLost(new GlasscastError('media', 'The microphone gives no sound; going live without it.'));
    this.#joinWhenReady();
  }

  #joinWhenReady(): void {
    if (this.#state !== 'preparing' || this.#videoTracks.length === 0) return;
    if (this.#audio !== null && this.#audioTrack === null) return;
    // Joined earlier, the first report of a clock would be wrong, and sound and picture apart until the server has slewed it away.
    if (!this.#clocksSettled()) return;
    this.#setState('joining');
    this.#after(JOIN_PATIENCE, () => {
      if (this.#state === 'joining') this.#fail(new GlasscastError('network', 'The server does not take the broadcast. Try again.'));
    });
    this.#transmitter?.open();
  }

  #clocksSettled(): boolean {
    if (this.#environment.now() - this.#describedAt > CLOCK_PATIENCE) return true;
    return this.#clocks.settled(this.#audio !== null);
  }

  #tracks(): TrackDescription[] {
    return this.#audioTrack === null ? [...this.#videoTracks] : [...this.#videoTracks, this.#audioTrack];
  }

  #onJoined(reply: StreamReply): void {
    this.#emit({
      type: 'joined',
      session: reply.session,
      epoch: reply.epoch,
      publishKey: reply.publish_key,
      playback: reply.playback,
    });
    this.#video?.restartGrid();
    this.#audio?.restart();
    this.#startReporting();
  }

  #onDropped(): void {
    // Who was never live is still joining, and is told when that takes too long.
    if (this.#state === 'live') this.#setState('reconnecting');
  }

  #onTrouble(error: GlasscastError): void {
    // Whoever pressed Start wants to know now; once live, the connection tries for as long as it takes.
    if (this.#state === 'preparing' || this.#state === 'joining') this.#fail(error);
    else this.#notice(error);
  }

  #onKeyFrameAcknowledged(): void {
    if (this.#state === 'joining' || this.#state === 'reconnecting') this.#setState('live');
  }

  #send(track: number, frame: EncodedFrame): void {
    this.#clocks.encoded(track === AUDIO_TRACK ? 'audio' : 'video', frame.timestamp);
    this.#transmitter?.send(track, frame);
  }

  #startReporting(): void {
    const { timers, now } = this.#environment;
    this.#reported = { at: now(), encoded: this.#video?.encoded ?? 0 };
    timers.clearInterval(this.#reporting);
    this.#reporting = timers.setInterval(() => this.#report(), REPORT);
  }

  #report(): void {
    const { now } = this.#environment;
    const encoded = this.#video?.encoded ?? 0;
    const at = now();
    const frameRate = ((encoded - this.#reported.encoded) * 1_000) / Math.max(1, at - this.#reported.at);
    this.#reported = { at, encoded };
    const layers = this.#video?.review() ?? [];
    const videoCodec = this.#videoTracks.at(-1)?.codec ?? null;
    const audioCodec = this.#audioTrack?.codec ?? null;
    this.#emit({
      type: 'report',
      report: {
        bitrate: Math.round(this.#transmitter?.throughput ?? 0),
        targetBitrate: this.#video?.bitrate ?? 0,
        frameRate,
        width: this.#video?.size.width ?? 0,
        height: this.#video?.size.height ?? 0,
        droppedFrames: (this.#video?.dropped ?? 0) + (this.#transmitter?.dropped ?? 0),
        uplinkDelay: this.#transmitter?.delay ?? 0,
        videoCodec,
        audioCodec,
        epoch: this.#transmitter?.epoch ?? 0,
        encoder: `WebCodecs H.264${audioCodec === null ? '' : audioCodec === 'opus' ? ' + Opus' : ' + AAC'}`,
        layers,
        limited: this.#video?.limited ?? 'none',
        transport: this.#transmitter?.transport ?? 'channel',
      },
    });
  }

  /** What goes wrong many times a second is told once. */
  #notice(error: unknown): void {
    const data = toErrorData(error);
    const now = this.#environment.now();
    if (data.message === this.#noticed.message && now - this.#noticed.at < NOTICE_INTERVAL) return;
    this.#noticed = { message: data.message, at: now };
    this.#emit({ type: 'notice', error: data });
  }

  /** Viewers should not lose the sound of a broadcast that another encoder could go on with; one that begins goes on without. */
  #onAudioFailed(error: unknown): void {
    if (this.#audioTrack === null) this.#audioLost(error);
    else this.#fail(error, true);
  }

  #audioLost(error: unknown): void {
    this.#sound?.close();
    this.#sound = null;
    this.#audio?.close();
    this.#audio = null;
    if (this.#state === 'ending' || this.#state === 'ended') return;
    this.#notice(error);
    this.#joinWhenReady();
  }

  /** @param encoder whether another kind of encoder might do better */
  #fail(error: unknown, encoder = false): void {
    if (this.#state === 'ending' || this.#state === 'ended') return;
    this.#releaseMedia();
    this.#transmitter?.close();
    this.#setState('ended');
    this.#emit({ type: 'failed', error: toErrorData(error), encoder });
  }

  #releaseMedia(): void {
    const { timers } = this.#environment;
    for (const id of this.#timers) timers.clearTimeout(id);
    this.#timers.clear();
    timers.clearInterval(this.#reporting);
    this.#picture?.close();
    this.#sound?.close();
    this.#video?.close();
    this.#audio?.close();
  }

  #after(delay: Milliseconds, callback: () => void): void {
    this.#timers.add(this.#environment.timers.setTimeout(callback, delay));
  }

  #setState(state: PublisherState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#emit({ type: 'state', state });
  }
}
