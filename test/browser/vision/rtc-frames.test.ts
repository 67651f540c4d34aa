/** <rtc-frames> before there is any server: attributes, words, and what it must not do by itself. */
import { expect, fixture, html, oneEvent } from '@open-wc/testing';
import type { RtcFrames } from '../../../src/components/rtc-frames/rtc-frames.ts';
import type { RtcErrorDetail, RtcLogDetail } from '../../../src/ui/events.ts';
import '../../../src/define/rtc-frames.ts';

/** A port that nothing listens on. */
const NOWHERE = 'http://127.0.0.1:9';

describe('<rtc-frames>', () => {
  it('asks for no camera by itself, and can be used by everybody', async () => {
    const { mediaDevices } = navigator;
    const real = mediaDevices.getUserMedia;
    let asked = 0;
    mediaDevices.getUserMedia = (constraints) => {
      asked += 1;
      return real.call(mediaDevices, constraints);
    };
    try {
      const element = await fixture<RtcFrames>(html`<rtc-frames server=${NOWHERE} autostart></rtc-frames>`);
      await element.updateComplete;
      expect(element.state).to.equal('idle');
      expect(asked).to.equal(0);
      await expect(element).to.be.accessible();
    } finally {
      mediaDevices.getUserMedia = real;
    }
  });

  it('says in words what is wrong with its name, before it asks for the camera', async () => {
    const element = await fixture<RtcFrames>(html`<rtc-frames server=${NOWHERE} frames-id="Not A Name"></rtc-frames>`);
    const told = oneEvent(element, 'rtc-error') as Promise<CustomEvent<RtcErrorDetail>>;
    const outcome = await element.start().then(
      () => 'started',
      ({ code }) => code,
    );
    expect(outcome).to.equal('invalid');
    expect((await told).detail.code).to.equal('invalid');
    await element.updateComplete;
    expect(element.state).to.equal('failed');
    expect(element.shadowRoot?.querySelector('[role=alert]')?.textContent).to.contain('Not A Name');
    await expect(element).to.be.accessible();
  });

  it('warns of what it does not know, and goes on with its defaults', async () => {
    const heard: string[] = [];
    const listen = (event: Event): void => {
      heard.push((event as CustomEvent<RtcLogDetail>).detail.message);
    };
    addEventListener('rtc-log', listen);
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
    canvas.getContext('2d')?.fillRect(0, 0, 10, 10);
    const stream = canvas.captureStream();
    const element = await fixture<RtcFrames>(
      html`<rtc-frames server=${NOWHERE} transport="datachannel" interval="1000"><video muted .srcObject=${stream}></video></rtc-frames>`,
    );
    const starting = element.start().then(
      () => 'started',
      ({ code }) => code,
    );
    await oneEvent(element, 'rtc-error');
    expect(element.state).to.equal('connecting');
    expect(heard.filter((text) => text.includes('datachannel'))).to.have.length(1);
    expect(heard.filter((text) => text.includes('interval'))).to.have.length(1);
    element.stop();
    expect(await starting).to.equal('aborted');
    expect(element.state).to.equal('idle');
    removeEventListener('rtc-log', listen);
    for (const track of stream.getTracks()) track.stop();
  });
});
