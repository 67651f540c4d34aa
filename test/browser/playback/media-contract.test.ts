/** The element stands in for a `<video>`: whatever code does to one, it can do to this. */
import { expect, fixture, html, oneEvent } from '@open-wc/testing';
import { HlsViewer } from '../../../src/components/hls-viewer/hls-viewer.ts';
import '../../../src/define/hls-viewer.ts';

const viewer = (): Promise<HlsViewer> => fixture<HlsViewer>(html`<hls-viewer></hls-viewer>`);

describe('the media contract of <hls-viewer>', () => {
  it('has every member that media-chrome and players use', async () => {
    const element = await viewer();
    const members = [
      ...['play', 'pause', 'load', 'canPlayType', 'addTextTrack', 'requestPictureInPicture', 'getVideoPlaybackQuality', 'setSinkId'],
      ...['autoplay', 'buffered', 'controls', 'currentSrc', 'currentTime', 'defaultMuted', 'defaultPlaybackRate', 'duration', 'ended'],
      ...['error', 'loop', 'muted', 'networkState', 'paused', 'playbackRate', 'played', 'poster', 'preservesPitch', 'readyState'],
      ...['seekable', 'seeking', 'src', 'textTracks', 'volume', 'videoWidth', 'videoHeight', 'HAVE_ENOUGH_DATA', 'NETWORK_IDLE'],
    ];
    for (const member of members) expect(member in element, member).to.equal(true);
    expect(HlsViewer).to.have.property('HAVE_FUTURE_DATA', 3);
  });

  it('starts like a video that has no source', async () => {
    const element = await viewer();
    const video = document.createElement('video');
    for (const name of ['paused', 'ended', 'seeking', 'readyState', 'networkState', 'currentTime', 'volume', 'muted', 'error'] as const) {
      expect(element[name], name).to.equal(video[name]);
    }
    expect(Number.isNaN(element.duration)).to.equal(true);
    expect(element.currentSrc).to.equal('');
  });

  it('keeps what was set before it was defined', async () => {
    const early = document.createElement('late-viewer') as HlsViewer;
    early.volume = 0.25;
    early.muted = true;
    early.playbackRate = 1.5;
    early.autoplay = true;
    document.body.append(early);
    customElements.define('late-viewer', class extends HlsViewer {});
    await early.updateComplete;
    expect([early.volume, early.muted, early.playbackRate, early.autoplay]).to.deep.equal([0.25, true, 1.5, true]);
    expect(early.nativeEl.volume).to.equal(0.25);
    early.remove();
  });

  it('reflects the attributes of a video', async () => {
    const element = await fixture<HlsViewer>(html`<hls-viewer autoplay controls loop muted poster="/poster.jpg"></hls-viewer>`);
    expect([element.autoplay, element.controls, element.loop, element.muted, element.defaultMuted]).to.deep.equal(Array(5).fill(true));
    expect(element.nativeEl.poster).to.equal(`${location.origin}/poster.jpg`);
    element.loop = false;
    element.autoplay = false;
    await element.updateComplete;
    expect(element.hasAttribute('loop') || element.hasAttribute('autoplay')).to.equal(false);
  });

  it('does not unmute when it is moved', async () => {
    const element = await fixture<HlsViewer>(html`<hls-viewer muted></hls-viewer>`);
    element.muted = false;
    element.parentElement?.append(element);
    expect(element.muted).to.equal(false);
  });

  it('repeats the events of its video, which do not bubble', async () => {
    const element = await viewer();
    let above = 0;
    document.addEventListener('volumechange', () => above++);
    setTimeout(() => {
      element.volume = 0.5;
    });
    const event = await oneEvent(element, 'volumechange');
    expect(event.target).to.equal(element);
    expect(event.bubbles).to.equal(false);
    expect(above).to.equal(0);
  });
});
