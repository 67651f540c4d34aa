/** Real playback by hls.js, of a recording that the page makes itself, and what the element says when there is nothing to play. */
import { aTimeout, expect, fixture, html, oneEvent } from '@open-wc/testing';
import type { HlsViewer } from '../../../src/components/hls-viewer/hls-viewer.ts';
import '../../../src/define/hls-viewer.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { makeRecording, type Recording } from './recording.ts';

const text = (element: HlsViewer): string => element.shadowRoot?.textContent?.replace(/\s+/g, ' ').trim() ?? '';
const reaches = (element: HlsViewer, state: string): Promise<void> => waitUntil(() => element.state === state, `state ${state}`);

describe('<hls-viewer>', () => {
  let recording: Recording;

  before(async () => {
    recording = await makeRecording(2);
  });

  it('plays a recording from the first to the last picture, with sound', async () => {
    const element = await fixture<HlsViewer>(html`<hls-viewer src=${recording.url} autoplay></hls-viewer>`);
    const seen: string[] = [];
    for (const type of ['loadedmetadata', 'playing', 'timeupdate', 'ended']) {
      element.addEventListener(type, () => seen.includes(type) || seen.push(type));
    }
    await oneEvent(element, 'ended');
    await reaches(element, 'ended');
    expect(seen).to.have.members(['loadedmetadata', 'playing', 'timeupdate', 'ended']);
    expect([element.videoWidth, element.videoHeight]).to.deep.equal([320, 180]);
    expect(element.currentTime).to.be.closeTo(recording.seconds, 0.2);
    expect(element.duration).to.be.closeTo(recording.seconds, 0.2);
    // Chromium counts what its audio decoder has taken in.
    expect((element.nativeEl as unknown as { webkitAudioDecodedByteCount: number }).webkitAudioDecodedByteCount).to.be.greaterThan(1_000);
  });

  it('hands out the engine, with its levels', async () => {
    const element = await fixture<HlsViewer>(html`<hls-viewer src=${recording.url} muted></hls-viewer>`);
    await reaches(element, 'playing');
    expect(element.api?.name).to.equal('hls.js');
    expect(element.api?.levels.map(({ width, height }) => [width, height])).to.deep.equal([[320, 180]]);
    expect(element.currentSrc).to.equal(recording.url);
  });

  it('has a play button of its own where nothing else could start it', async () => {
    const element = await fixture<HlsViewer>(html`<hls-viewer src=${recording.url} muted></hls-viewer>`);
    await reaches(element, 'playing');
    await waitUntil(() => element.shadowRoot?.querySelector('[part="play-button"]'));
    element.shadowRoot?.querySelector<HTMLButtonElement>('[part="play-button"]')?.click();
    await oneEvent(element, 'playing');
    await element.updateComplete;
    expect(element.shadowRoot?.querySelector('[part="play-button"]')).to.equal(null);
  });

  it('keeps the focus when its play button has done its work', async () => {
    const element = await fixture<HlsViewer>(html`<hls-viewer src=${recording.url} muted loop></hls-viewer>`);
    await reaches(element, 'playing');
    await waitUntil(() => element.shadowRoot?.querySelector('[part="play-button"]'));
    const button = element.shadowRoot?.querySelector<HTMLButtonElement>('[part="play-button"]');
    button?.focus();
    button?.click();
    await oneEvent(element, 'playing');
    await waitUntil(() => button?.isConnected === false);
    expect(element.shadowRoot?.activeElement).to.equal(element.nativeEl);
  });

  it('leaves the controls of the browser in reach of the keyboard', async () => {
    const element = await fixture<HlsViewer>(html`<hls-viewer src=${recording.url} muted controls></hls-viewer>`);
    await reaches(element, 'playing');
    await element.updateComplete;
    expect(element.nativeEl.controls).to.equal(true);
    expect(element.nativeEl.hasAttribute('tabindex')).to.equal(false);
  });

  it('says politely that it plays', async () => {
    const element = await fixture<HlsViewer>(html`<hls-viewer src=${recording.url} muted autoplay loop></hls-viewer>`);
    const status = element.shadowRoot?.querySelector('[role="status"]');
    await reaches(element, 'playing');
    await element.updateComplete;
    expect(status?.textContent).to.equal('The broadcast plays');
    expect(status?.getAttribute('aria-live')).to.equal('polite');
  });

  it('lets a long failure be read at 160 px', async () => {
    const frame = await fixture<HTMLElement>(html`<div><hls-viewer stream="Not A Name, and a long one at that"></hls-viewer></div>`);
    frame.style.inlineSize = '160px';
    const element = frame.querySelector('hls-viewer');
    if (element === null) throw new Error('there is no element');
    await reaches(element, 'failed');
    await element.updateComplete;
    const curtain = element.shadowRoot?.querySelector('.curtain');
    const top = curtain?.getBoundingClientRect().top ?? Number.NaN;
    expect(element.shadowRoot?.querySelector('[role="alert"]')?.getBoundingClientRect().top).to.be.at.least(top);
    expect(getComputedStyle(curtain ?? element).overflowY).to.equal('auto');
    expect(curtain?.scrollWidth).to.be.at.most(160);
  });

  it('goes on playing when it is moved, and is empty after it was removed', async () => {
    const element = await fixture<HlsViewer>(html`<hls-viewer src=${recording.url} autoplay muted loop></hls-viewer>`);
    await oneEvent(element, 'playing');
    const { api } = element;
    const other = document.createElement('div');
    document.body.append(other);
    other.append(element);
    await aTimeout(400);
    expect(element.api).to.equal(api);
    other.remove();
    await waitUntil(() => element.api === null);
    expect(element.state).to.equal('idle');
    expect(element.readyState).to.equal(0);
  });

  it('plays another source when src changes', async () => {
    const second = await makeRecording(1);
    const element = await fixture<HlsViewer>(html`<hls-viewer src=${recording.url} muted></hls-viewer>`);
    await reaches(element, 'playing');
    element.src = second.url;
    await waitUntil(() => element.currentSrc === second.url && element.duration < 1.5, 'the second recording');
  });

  it('waits in plain words for a playlist that is not there', async () => {
    const element = await fixture<HlsViewer>(html`<hls-viewer src="/nothing/index.m3u8" muted controls></hls-viewer>`);
    await reaches(element, 'waiting');
    expect(text(element)).to.contain('Waiting for the broadcast…');
    expect(element.shadowRoot?.querySelector('[role="status"]')).to.not.equal(null);
    await expect(element).to.be.accessible();
  });

  it('says in plain words that a name cannot be a stream', async () => {
    const element = await fixture<HlsViewer>(html`<hls-viewer stream="Not A Name"></hls-viewer>`);
    await reaches(element, 'failed');
    await element.updateComplete;
    expect(element.shadowRoot?.querySelector('[role="alert"]')?.textContent).to.contain('“Not A Name” is not the name of a stream');
    expect(element.error?.message).to.contain('Not A Name');
    await expect(element).to.be.accessible();
  });

  it('says that what it found is not a playlist', async () => {
    const page = URL.createObjectURL(new Blob(['<!doctype html>'], { type: 'text/html' }));
    const element = await fixture<HlsViewer>(html`<hls-viewer src=${page}></hls-viewer>`);
    await reaches(element, 'failed');
    await element.updateComplete;
    expect(text(element)).to.contain('not an HLS playlist');
  });

  it('tells each change of its state', async () => {
    const states: string[] = [];
    const element = document.createElement('hls-viewer');
    element.addEventListener('rtc-state', (event) => states.push((event as CustomEvent<{ state: string }>).detail.state));
    element.src = recording.url;
    element.muted = true;
    document.body.append(element);
    await reaches(element, 'playing');
    expect(states).to.deep.equal(['waiting', 'loading', 'playing']);
    element.remove();
  });

  it('warns of a latency that cannot be, and uses its own', async () => {
    const element = await fixture<HlsViewer>(html`<div></div>`).then((parent) => {
      const made = document.createElement('hls-viewer');
      made.setAttribute('target-latency', '99');
      made.src = recording.url;
      const warning = oneEvent(made, 'rtc-log');
      parent.append(made);
      return warning.then(() => made);
    });
    expect(element.api?.targetLatency ?? null).to.equal(null);
  });
});
