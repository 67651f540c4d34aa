/** From the feeds to encoded frames: scenes, clocks and encoders of one broadcast. Knows nothing of a server. */
import type { TrackDescription } from '../protocol/messages/stream.ts';
import type { BitsPerSecond, Milliseconds } from '../protocol/units.ts';
import type { Timers } from '../workers/worker-timers.ts';
import { AudioTrackEncoder } from './audio-track-encoder.ts';
import type { ReportedTrack } from './clock-reporter.ts';
import { AUDIO_TRACK, type EncodedFrame, TIMESCALE } from './encoded-track.ts';
import type { Card, InputName, MediaFeeds, PictureFeed, SoundFeed } from './publisher-events.ts';
import type { EncodingOptions, LayerCount } from './publisher-options.ts';
import { PictureScene } from './scene/picture-scene.ts';
import { SoundScene } from './scene/sound-scene.ts';
import { TrackClocks } from './track-clocks.ts';
import { VideoLayers } from './video-layers.ts';

export interface MediaLineHandler {
  /** Whether frames are taken; until a track is described its frames are encoded all the same. */
  isWanted(): boolean;
  /** A track was described, or a frame has come that says more of its clock. */
  advanced(): void;
  /** What is sent has another format: its frames follow. */
  tracksChanged(): void;
  frame(track: number, frame: EncodedFrame): void;
  inputEnded(input: InputName, cause: unknown): void;
  /** The main feed goes on and gives nothing. */
  mainStands(times: number): void;
  /** Something failed, and the rest goes on. */
  notice(error: unknown): void;
  /** The encoders are lost. */
  failed(error: unknown): void;
}

/** Clocks that do not settle do not hold up the start. */
const CLOCK_PATIENCE: Milliseconds = 1_500;

export class MediaLine {
  readonly #handler: MediaLineHandler;
  readonly #now: () => Milliseconds;
  readonly #timers: Timers;
  readonly #clocks = new TrackClocks();
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

  constructor(environment: { readonly now: () => Milliseconds; readonly timers: Timers }, handler: MediaLineHandler) {
    this.#now = environment.now;
    this.#timers = environment.timers;
    this.#handler = handler;
  }

  /** Null until it encodes. */
  get video(): VideoLayers | null {
    return this.#video;
  }

  get hasPictures(): boolean {
    return this.#videoTracks.length > 0;
  }

  /** Sound is to be sent, and its encoder has not described it. */
  get waitsForSound(): boolean {
    return this.#audio !== null && this.#audioTrack === null;
  }

  /** Everything that is to be sent is described, and it is known when it was captured. */
  get isReady(): boolean {
    if (!this.hasPictures || this.waitsForSound) return false;
    // Joined earlier, the first report of a clock would be wrong, and sound and picture apart until the server has slewed it away.
    return this.#now() - this.#describedAt > CLOCK_PATIENCE || this.#clocks.settled(this.#audio !== null);
  }

  get tracks(): TrackDescription[] {
    return this.#audioTrack === null ? [...this.#videoTracks] : [...this.#videoTracks, this.#audioTrack];
  }

  /** When what the tracks hold was captured. */
  get clocks(): readonly ReportedTrack[] {
    return this.#clocks.reported(this.tracks.map(({ id }) => id));
  }

  /** Takes over the feeds and measures their clocks from now on; nothing is encoded yet. */
  attach(feeds: MediaFeeds): void {
    this.#picture = new PictureScene({
      now: this.#now,
      timers: this.#timers,
      origin: () => this.#clocks.videoOrigin,
      frame: (frame, made) => this.#onVideo(frame, made),
      ended: (input, cause) => this.#handler.inputEnded(input, cause),
      stands: (times) => this.#handler.mainStands(times),
    });
    this.#picture.setMain(feeds.video);
    if (feeds.audio !== null) this.#replaceSound(feeds.audio);
  }

  encode(encoding: EncodingOptions): void {
    this.#video = new VideoLayers(
      encoding,
      {
        tracks: (tracks) => this.#onVideoTracks(tracks),
        // What joins anew has to know; the server reads it in the bitstream.
        resized: (tracks) => {
          this.#videoTracks = tracks;
        },
        frame: (track, frame) => this.#send(track, frame),
        trouble: (error) => this.#handler.notice(error),
        failed: (error) => this.#handler.failed(error),
      },
      this.#now,
    );
    if (this.#sound !== null) this.#openAudio();
  }

  /** Another feed from here on. Null: a card for `main`, nothing for `inset`, silence for `sound`. */
  replace(input: InputName, feed: PictureFeed | SoundFeed | null): void {
    if (input === 'sound') this.#replaceSound(feed as SoundFeed | null);
    else if (input === 'inset') this.#picture?.setInset(feed as PictureFeed | null);
    else this.#picture?.setMain(feed as PictureFeed | null);
  }

  /** Shows a card in place of the picture, and gives silence; null goes on. */
  setCard(card: Card | null): void {
    this.#picture?.setCard(card);
    this.#sound?.setMuted(card !== null);
  }

  /** @param bitrate of all layers together, at the most */
  setBitrate(bitrate: BitsPerSecond): void {
    this.#video?.setBitrate(bitrate);
  }

  /** As many layers as there can be. */
  layersOf({ layers = 1 }: EncodingOptions): LayerCount {
    return Math.min(layers, this.#video?.most ?? 1) as LayerCount;
  }

  setEncoding(encoding: EncodingOptions): void {
    if (this.#video !== null) this.#video.options = encoding;
  }

  /** Joined: the next picture is a key frame. */
  restart(): void {
    this.#video?.restartGrid();
    this.#audio?.restart();
  }

  /** It goes on without, where no sound has come. */
  dropSound(error: unknown): void {
    this.#sound?.close();
    this.#sound = null;
    this.#audio?.close();
    this.#audio = null;
    this.#handler.notice(error);
    this.#handler.advanced();
  }

  close(): void {
    this.#picture?.close();
    this.#sound?.close();
    this.#video?.close();
    this.#audio?.close();
  }

  #replaceSound(feed: SoundFeed | null): void {
    if (this.#sound === null) {
      if (feed === null) return;
      this.#sound = new SoundScene({
        now: this.#now,
        timers: this.#timers,
        origin: () => this.#clocks.soundOrigin,
        block: (block, made) => this.#onAudio(block, made),
        ended: (cause) => this.#handler.inputEnded('sound', cause),
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

  #onVideo(frame: VideoFrame, made: boolean): void {
    if (!made) this.#clocks.frameArrived(frame.timestamp, this.#now());
    this.#handler.advanced();
    if (this.#video === null || (this.hasPictures && !this.#handler.isWanted())) {
      frame.close();
      return;
    }
    this.#video.encode(frame);
  }

  #onAudio(block: AudioData, made: boolean): void {
    const now = this.#now();
    const end = block.timestamp + (block.numberOfFrames * TIMESCALE) / block.sampleRate;
    if (!made) this.#clocks.blockArrived(end, now);
    if (this.#audio === null || (this.#audioTrack !== null && !this.#handler.isWanted())) {
      block.close();
      return;
    }
    const encoded = this.#audio.encode(block);
    if (encoded !== null) this.#clocks.blockEncoded(encoded, now);
  }

  #onVideoTracks(tracks: readonly TrackDescription[]): void {
    if (!this.hasPictures) this.#describedAt = this.#now();
    this.#videoTracks = tracks;
    this.#handler.tracksChanged();
    this.#handler.advanced();
  }

  #onAudioTrack(track: TrackDescription): void {
    this.#audioTrack = track;
    this.#handler.tracksChanged();
    this.#handler.advanced();
  }

  #send(track: number, frame: EncodedFrame): void {
    this.#clocks.encoded(track === AUDIO_TRACK ? 'audio' : 'video', frame.timestamp);
    this.#handler.frame(track, frame);
  }

  /** Viewers should not lose the sound of a broadcast that another encoder could go on with; one that begins goes on without. */
  #onAudioFailed(error: unknown): void {
    if (this.#audioTrack === null) this.dropSound(error);
    else this.#handler.failed(error);
  }
}
